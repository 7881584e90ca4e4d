#include "flow/record/value.h"

#include <algorithm>

namespace flow::record {

void Arena::clear() {
  // One block that was made for a large value must not stay for ever.
  std::erase_if(blocks_, [](const Block& block) { return block.size > 16 * kBlock; });
  kept_.clear();
  block_ = 0;
  next_ = nullptr;
  room_ = used_ = 0;
}

void Arena::more(std::size_t size) {
  while (block_ < blocks_.size() && blocks_[block_].size < size) ++block_;
  if (block_ == blocks_.size()) {
    const auto wanted = std::max(size, block_size_);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(wanted), wanted});
  }
  next_ = blocks_[block_].memory.get();
  room_ = blocks_[block_].size;
  ++block_;
}

Row deep_copy(const Row& row, Arena& arena) {
  Row copy{.schema = row.schema};
  auto fields = arena.array<Value>(row.schema->size());
  for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = deep_copy(row.fields[i], arena);
  copy.fields = fields.data();
  if (!row.extra.empty()) copy.extra = deep_copy(Value::of(row.extra), arena).entries();
  if (row.original != nullptr) copy.original = arena.make(deep_copy(*row.original, arena));
  return copy;
}

Value deep_copy(const Value& value, Arena& arena) {
  switch (value.kind) {
    case Kind::BigInt:
    case Kind::Decimal:
    case Kind::Uuid:
    case Kind::Char:
    case Kind::Enum:
    case Kind::String:
    case Kind::Bytes: return Value::of(value.kind, arena.text(value.text()));
    case Kind::Record: return Value::of(arena.make(deep_copy(*value.row, arena)));
    case Kind::Array: {
      auto items = arena.array<Value>(value.size);
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = deep_copy(value.elements[i], arena);
      return Value::of(std::span<const Value>(items));
    }
    case Kind::Map: {
      auto entries = arena.array<Entry>(value.size);
      for (std::size_t i = 0; i < entries.size(); ++i)
        entries[i] = {arena.text(value.pairs[i].name), deep_copy(value.pairs[i].value, arena)};
      return Value::of(std::span<const Entry>(entries));
    }
    default: return value;
  }
}

Projection::Projection(const Schema& from, const Schema& to) : from_(&from), to_(&to) {
  for (const auto& field : to.fields()) {
    auto found = from.find(field.name);
    for (const auto& alias : field.aliases)
      if (!found) found = from.find(alias);
    places_.push_back(found ? static_cast<int>(*found) : -1);
  }
}

Value Projection::value(const Row& row, std::size_t index) const {
  if (places_[index] >= 0) return row.fields[places_[index]];
  for (const auto& entry : row.extra)
    if (entry.name == (*to_)[index].name) return entry.value;
  return Value::of(Kind::Missing, std::int64_t{0});
}

}  // namespace flow::record
