#include "flow/record/value_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/record/json_text.h"
#include "flow/record/number_text.h"

namespace flow::record {
namespace {

std::string item_text(const Value& value) { return value.is_null() ? "null" : plain_text(value); }

std::string joined(std::span<const Entry> entries) {
  std::string text = "{";
  for (const auto& entry : entries) {
    if (text.size() > 1) text += ", ";
    text += fmt::format("{}={}", entry.name, item_text(entry.value));
  }
  return text + "}";
}

bool has_null(const Value& value) {
  switch (value.kind) {
    case Kind::Null: return true;
    case Kind::Record: return !keeps_original(*value.row);
    case Kind::Array: return std::ranges::any_of(value.items(), has_null);
    default: return false;
  }
}

}  // namespace

bool keeps_original(const Row& row) {
  return row.original != nullptr && std::ranges::none_of(row.values(), has_null) &&
         std::ranges::none_of(row.extra, has_null, &Entry::value);
}

std::span<Entry> entries_of(const Row& row, Arena& arena) {
  auto entries = arena.array<Entry>(row.schema->size() + row.extra.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < row.schema->size(); ++i)
    if (row.fields[i].kind != Kind::Missing) entries[count++] = {(*row.schema)[i].name, row.fields[i]};
  for (const auto& entry : row.extra) entries[count++] = entry;
  return entries.first(count);
}

std::string plain_text(const Value& value) {
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: return {};
    case Kind::Boolean: return value.whole != 0 ? "true" : "false";
    case Kind::Byte:
    case Kind::Short:
    case Kind::Int:
    case Kind::Long: return fmt::format("{}", value.whole);
    case Kind::Float: return java_float(value.real);
    case Kind::Double: return java_double(value.real);
    case Kind::Timestamp:
    case Kind::Time: return fmt::format("{}", value.whole / 1000 - (value.whole % 1000 < 0 ? 1 : 0));
    case Kind::Date: return fmt::format("{}", value.whole * 86'400'000);
    case Kind::BigInt:
    case Kind::Decimal:
    case Kind::Uuid:
    case Kind::Char:
    case Kind::Enum:
    case Kind::String:
    case Kind::Bytes: return std::string(value.text());
    case Kind::Record: {
      if (keeps_original(*value.row)) {
        std::string text;
        append_json(text, *value.row->original, {});
        return text;
      }
      Arena arena;
      return fmt::format("MapRecord[{}]", joined(entries_of(*value.row, arena)));
    }
    case Kind::Array: {
      std::string text = "[";
      for (const auto& item : value.items()) text += fmt::format("{}{}", text.size() > 1 ? ", " : "", item_text(item));
      return text + "]";
    }
    case Kind::Map: return joined(value.entries());
  }
  return {};
}

}  // namespace flow::record
