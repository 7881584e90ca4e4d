#include "flow/record/path.h"

#include <algorithm>

#include "flow/record/convert.h"
#include "flow/record/number_text.h"
#include "flow/record/path_tree.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

/// What the batch's arena holds may be changed by who owns the batch.
template <class T>
T* changeable(const T* value) {
  return const_cast<T*>(value);
}

Selected below(const Selected& parent, std::string_view name, const DataType& type, const Value* place, Row* owner) {
  Selected made{.name = std::string(name),
                .type = type,
                .value = *place,
                .place = changeable(place),
                .owner = owner,
                .above = {parent}};
  return made;
}

const DataType kAny{};

const DataType& element_of(const DataType& type, Type wanted) {
  return type.type == wanted && type.element != nullptr ? *type.element : kAny;
}

/// A field of a record or a name of an object; where there is none, the place where it would be.
std::optional<Selected> child(const Selected& parent, std::string_view name) {
  if (parent.value.kind == Kind::Record) {
    Row& row = *changeable(parent.value.row);
    if (const auto index = row.schema->find(name))
      return below(parent, (*row.schema)[*index].name, (*row.schema)[*index].type, &row.fields[*index], &row);
    for (const auto& entry : row.extra)
      if (entry.name == name) return below(parent, name, type_of(entry.value), &entry.value, &row);
    return Selected{.name = std::string(name),
                    .type = {},
                    .value = Value::of(Kind::Missing, std::int64_t{0}),
                    .place = nullptr,
                    .owner = &row,
                    .above = {parent}};
  }
  if (parent.value.kind == Kind::Map) {
    for (const auto& entry : parent.value.entries())
      if (entry.name == name) return below(parent, name, element_of(parent.type, Type::Map), &entry.value, nullptr);
  }
  return std::nullopt;
}

std::vector<Selected> children(const Selected& parent) {
  std::vector<Selected> found;
  if (parent.value.kind == Kind::Record) {
    Row& row = *changeable(parent.value.row);
    for (std::size_t i = 0; i < row.schema->size(); ++i)
      found.push_back(below(parent, (*row.schema)[i].name, (*row.schema)[i].type, &row.fields[i], &row));
    for (const auto& entry : row.extra)
      found.push_back(below(parent, entry.name, type_of(entry.value), &entry.value, &row));
  } else if (parent.value.kind == Kind::Map) {
    for (const auto& entry : parent.value.entries())
      found.push_back(below(parent, entry.name, element_of(parent.type, Type::Map), &entry.value, nullptr));
  }
  return found;
}

/// Fields of the records below, those in arrays too, but not of maps.
void descend(const Selected& parent, const std::string* name, std::vector<Selected>& found) {
  if (parent.value.kind == Kind::Array) {
    for (const auto& item : parent.value.items())
      if (item.kind == Kind::Record || item.kind == Kind::Map)
        descend(below(parent, parent.name, element_of(parent.type, Type::Array), &item, nullptr), name, found);
    return;
  }
  if (parent.value.kind != Kind::Record && parent.value.kind != Kind::Map) return;
  for (const auto& field : children(parent)) {
    if (name == nullptr || field.name == *name) found.push_back(field);
    descend(field, name, found);
  }
}

std::vector<Selected> items(const PathNode& node, const Selected& parent) {
  std::vector<Selected> found;
  if (parent.value.kind == Kind::Map && node.ranges.empty()) return children(parent);
  if (parent.value.kind != Kind::Array) return found;
  const auto size = static_cast<std::int64_t>(parent.value.size);
  const auto add = [&](std::int64_t index) {
    found.push_back(below(parent, parent.name, element_of(parent.type, Type::Array),
                          &parent.value.elements[static_cast<std::size_t>(index)], nullptr));
  };
  if (node.ranges.empty())
    for (std::int64_t i = 0; i < size; ++i) add(i);
  for (const auto& range : node.ranges) {
    const auto from = range.from < 0 ? range.from + size : range.from;
    const auto to = range.to < 0 ? range.to + size : range.to;
    for (auto i = std::max<std::int64_t>(from, 0); i <= std::min(to, size - 1); ++i) add(i);
  }
  return found;
}

std::optional<int> compare(const Value& left, const Value& right) {
  const auto number = [](const Value& value) -> std::optional<double> {
    if (value.is_number()) return real_of(value);
    if (value.is_text()) return parse_double(value.text());
    return std::nullopt;
  };
  if (left.is_number() || right.is_number()) {
    const auto a = number(left), b = number(right);
    if (a && b) return *a < *b ? -1 : *a > *b ? 1 : 0;
    if (!left.is_null() && !right.is_null()) return std::nullopt;
  }
  if (left.is_null() || right.is_null()) return std::nullopt;
  return plain_text(left).compare(plain_text(right));
}

base::Result<bool> holds(const PathNode& condition, const Selected& context, PathScope& scope);

base::Result<bool> holds_comparison(const PathNode& condition, const Selected& context, PathScope& scope) {
  TRY(const auto right, evaluate_path(*condition.arguments[1], context, scope));
  TRY(const auto left, evaluate_path(*condition.arguments[0], context, scope));
  if (right.empty()) return false;
  for (const auto& value : left) {
    const auto order = compare(value.value, right[0].value);
    const auto& symbol = condition.text;
    const bool differs = symbol == "!=";
    if (!order && differs && (value.value.is_null() != right[0].value.is_null() || !value.value.is_null())) return true;
    if (!order) continue;
    const bool fits = symbol == "="    ? *order == 0
                      : differs        ? *order != 0
                      : symbol == "<"  ? *order < 0
                      : symbol == "<=" ? *order <= 0
                      : symbol == ">"  ? *order > 0
                                       : *order >= 0;
    if (fits) return true;
  }
  return false;
}

base::Result<bool> holds(const PathNode& condition, const Selected& context, PathScope& scope) {
  if (condition.kind == PathKind::Compare) return holds_comparison(condition, context, scope);
  if (condition.text == "not") {
    TRY(const bool inner, holds(*condition.arguments[0], context, scope));
    return !inner;
  }
  TRY(const auto results, evaluate_path(condition, context, scope));
  return std::ranges::any_of(
      results, [](const Selected& result) { return result.value.kind == Kind::Boolean && result.value.whole != 0; });
}

Selection call(const PathNode& node, const Selected& context, PathScope& scope) {
  const auto& function = *node.function;
  if (function.gather != nullptr) return function.gather(node, context, scope);
  if (function.apply == nullptr) {
    TRY(const bool fits, holds(node, context, scope));
    return std::vector<Selected>{computed("", Value::of(Kind::Boolean, static_cast<std::int64_t>(fits)))};
  }
  std::vector<std::optional<std::string>> arguments;
  for (std::size_t i = 1; i < node.arguments.size(); ++i) {
    TRY(const auto values, evaluate_path(*node.arguments[i], context, scope));
    if (values.empty() || values[0].value.is_null())
      arguments.emplace_back(std::nullopt);
    else
      arguments.emplace_back(plain_text(values[0].value));
  }
  TRY(auto subjects, evaluate_path(*node.arguments[0], context, scope));
  std::vector<Selected> results;
  for (auto& subject : subjects) {
    TRY(const auto value, function.apply(subject, arguments, scope));
    auto result = computed(subject.name, value);
    result.above = std::move(subject.above);
    results.push_back(std::move(result));
  }
  return results;
}

Selection step(const PathNode& node, const Selected& from, PathScope& scope) {
  std::vector<Selected> found;
  switch (node.kind) {
    case PathKind::Here: found.push_back(from); break;
    case PathKind::Up:
      if (!from.above.empty()) {
        // The parent of an item is the record that holds its array.
        const auto* parent = &from.above[0];
        while (parent->value.kind == Kind::Array && !parent->above.empty()) parent = &parent->above[0];
        found.push_back(*parent);
      }
      break;
    case PathKind::Child:
      if (auto selected = child(from, node.text)) found.push_back(std::move(*selected));
      break;
    case PathKind::Children:  // as NiFi, without those that are null
      found = children(from);
      std::erase_if(found, [](const Selected& child) { return child.value.is_null(); });
      break;
    case PathKind::Descendant: descend(from, &node.text, found); break;
    case PathKind::Descendants: descend(from, nullptr, found); break;
    case PathKind::Items: return items(node, from);
    case PathKind::Keys:
      for (const auto& key : node.keys)
        if (auto selected = child(from, key)) found.push_back(std::move(*selected));
      break;
    case PathKind::Filter: {
      TRY(const bool fits, holds(*node.arguments[0], from, scope));
      if (fits) found.push_back(from);
      break;
    }
    default: break;
  }
  return found;
}

}  // namespace

Selected computed(std::string name, const Value& value) {
  return {.name = std::move(name), .type = type_of(value), .value = value};
}

Selection evaluate_path(const PathNode& node, const Selected& context, PathScope& scope) {
  switch (node.kind) {
    case PathKind::Root: {
      Selected root{.name = "root", .value = Value::of(&scope.record)};
      root.type = DataType{.type = Type::Record};
      return std::vector<Selected>{std::move(root)};
    }
    case PathKind::Literal: {
      const auto text = scope.arena.text(node.text);
      if (node.number) return std::vector<Selected>{computed("", Value::of(Kind::Long, *node.number))};
      return std::vector<Selected>{computed("", Value::of(Kind::String, text))};
    }
    case PathKind::Call: return call(node, context, scope);
    case PathKind::Compare: {
      TRY(const bool fits, holds(node, context, scope));
      return std::vector<Selected>{computed("", Value::of(Kind::Boolean, static_cast<std::int64_t>(fits)))};
    }
    default: break;
  }
  if (node.of == nullptr) return step(node, context, scope);
  TRY(const auto starts, evaluate_path(*node.of, context, scope));
  std::vector<Selected> found;
  for (const auto& start : starts) {
    TRY(auto more, step(node, start, scope));
    std::ranges::move(more, std::back_inserter(found));
  }
  return found;
}

RecordPath::RecordPath(std::unique_ptr<PathNode> root) : root_(std::move(root)) {}
RecordPath::RecordPath(RecordPath&&) noexcept = default;
RecordPath& RecordPath::operator=(RecordPath&&) noexcept = default;
RecordPath::~RecordPath() = default;

base::Result<RecordPath> RecordPath::compile(std::string_view text) {
  TRY(auto root, parse_path(text));
  return RecordPath(std::move(root));
}

bool RecordPath::is_absolute() const {
  const auto* node = root_.get();
  while (node->of != nullptr) node = node->of.get();
  if (node->kind != PathKind::Call) return node->kind == PathKind::Root || node->kind == PathKind::Literal;
  // A function is as absolute as its arguments.
  return std::ranges::all_of(node->arguments, [](const PathPtr& argument) {
    const auto* start = argument.get();
    while (start->of != nullptr) start = start->of.get();
    return start->kind != PathKind::Here && start->kind != PathKind::Up;
  });
}

base::Result<std::vector<Selected>> RecordPath::select(Row& record, Arena& arena, const Selected* context) const {
  PathScope scope{record, arena};
  Selected root{.name = "root", .type = {.type = Type::Record}, .value = Value::of(&record)};
  return evaluate_path(*root_, context == nullptr ? root : *context, scope);
}

void mark_changed(const Selected& selected, Row& record) {
  record.original = nullptr;
  for (auto* at = &selected; !at->above.empty(); at = &at->above[0])
    if (at->owner != nullptr) at->owner->original = nullptr;
}

base::Status assign(const Selected& selected, const Value& value, Row& record, Arena& arena) {
  static const Converter converter{Formats{}};
  if (selected.place == nullptr && selected.owner == nullptr) return {};
  mark_changed(selected, record);
  const bool known = selected.owner == nullptr || selected.owner->schema->find(selected.name).has_value();
  if (selected.place != nullptr) {
    if (!known) {
      *selected.place = value;
      return {};
    }
    // What the field cannot hold stands there all the same: extended_schema() widens it, or who writes it fails.
    const auto converted = converter.convert(value, selected.type, selected.name, arena);
    *selected.place = converted ? *converted : value;
    return {};
  }
  auto& row = *selected.owner;
  // The same path may have selected it twice.
  for (auto& entry : row.extra)
    if (entry.name == selected.name) {
      changeable(&entry)->value = value;
      return {};
    }
  auto extra = arena.array<Entry>(row.extra.size() + 1);
  std::copy(row.extra.begin(), row.extra.end(), extra.begin());
  extra.back() = {arena.text(selected.name), value};
  row.extra = extra;
  return {};
}

namespace {

/// A text in a field of another type: only a change can have put it there.
bool is_foreign(const Value& value, const DataType& type) {
  if (value.kind != Kind::String) return false;
  return type.type < Type::Uuid || type.type == Type::Record || type.type == Type::Array || type.type == Type::Map;
}

}  // namespace

SchemaPtr extended_schema(const Row& record, const SchemaPtr& schema) {
  bool changed = false;
  auto fields = schema->fields();
  const auto extended = [&](const DataType& type, const Value& value) -> std::optional<DataType> {
    if (type.type == Type::Record && value.kind == Kind::Record && type.record != nullptr) {
      auto inner = extended_schema(*value.row, type.record);
      if (inner != type.record) return record_of(std::move(inner));
    }
    if (type.type == Type::Array && value.kind == Kind::Array && type.element != nullptr &&
        type.element->type == Type::Record && type.element->record != nullptr) {
      auto inner = type.element->record;
      for (const auto& item : value.items())
        if (item.kind == Kind::Record) inner = extended_schema(*item.row, inner);
      if (inner != type.element->record) return array_of(record_of(std::move(inner)));
    }
    return std::nullopt;
  };
  for (std::size_t i = 0; i < fields.size() && i < record.schema->size(); ++i) {
    if (is_foreign(record.fields[i], fields[i].type)) {
      fields[i].type = choice_of({fields[i].type, type_of(record.fields[i])});
      changed = true;
    } else if (auto type = extended(fields[i].type, record.fields[i])) {
      fields[i].type = std::move(*type);
      changed = true;
    }
  }
  for (const auto& entry : record.extra) {
    if (schema->find(entry.name)) continue;
    fields.push_back({.name = std::string(entry.name), .type = type_of(entry.value)});
    changed = true;
  }
  return changed ? std::make_shared<const Schema>(std::move(fields), schema->name()) : schema;
}

}  // namespace flow::record
