#include "flow/record/json_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/record/inference.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

constexpr std::size_t kRows = 1000, kBytes = std::size_t{8} << 20;

class JsonReader final : public Reader {
 public:
  JsonReader(std::unique_ptr<TextSource> source, SchemaPtr schema, const JsonReadOptions& options)
      : objects_(std::move(source), options.rules, options.start),
        schema_(std::move(schema)),
        options_(options),
        converter_(options.formats) {}
  base::Status begin() { return converter_.check(); }
  const SchemaPtr& schema() const override { return schema_; }

  base::Status read(Batch& batch) override {
    batch.clear();
    while (batch.rows.size() < kRows && batch.arena.used() < kBytes) {
      bool waited = false;
      TRY(const auto object, objects_.next(batch.arena, batch.rows.empty(), waited));
      if (!object) return {};
      ++number_;
      auto row = json_row(*object, *schema_, converter_, options_.read, batch.arena);
      if (!row) {
        auto error = row.error();
        error.message = fmt::format("record {}: {}", number_, error.message);
        return base::fail(std::move(error));
      }
      batch.rows.push_back(*row);
    }
    return {};
  }

 private:
  JsonObjects objects_;
  const SchemaPtr schema_;
  const JsonReadOptions options_;
  const Converter converter_;
  std::uint64_t number_ = 0;
};

base::Result<Value> json_field(const Value& value, const DataType& type, std::string_view field,
                               const Converter& converter, const ReadOptions& options, Arena& arena);

/// A value that the schema says nothing certain about: as it is, but for objects.
base::Result<Value> raw_field(const Value& value, const DataType* type, const Converter& converter,
                              const ReadOptions& options, Arena& arena) {
  if (value.kind == Kind::Map) {
    if (type != nullptr && type->type == Type::Map) return value;
    if (type != nullptr && type->type == Type::Choice) {
      for (const bool strict : {true, false})
        for (const auto& option : type->options) {
          if (option.type != Type::Record || option.record == nullptr) continue;
          TRY(const auto row, json_row(value, *option.record, converter, options, arena));
          const auto made = Value::of(arena.make(row));
          if (converter.fits(made, option, strict)) return made;
        }
      return value;
    }
    if (type != nullptr && type->type == Type::Record && type->record != nullptr) {
      TRY(const auto row, json_row(value, *type->record, converter, options, arena));
      return Value::of(arena.make(row));
    }
    return value;
  }
  if (value.kind == Kind::Array) {
    const DataType* element = type;
    if (type != nullptr && type->type == Type::Array) element = type->element.get();
    auto items = arena.array<Value>(value.size);
    for (std::size_t i = 0; i < items.size(); ++i) {
      TRY(items[i], raw_field(value.elements[i], element, converter, options, arena));
    }
    return Value::of(std::span<const Value>(items));
  }
  const bool is_time =
      type != nullptr && (type->type == Type::Date || type->type == Type::Time || type->type == Type::Timestamp);
  if (value.kind == Kind::String && is_time) {
    const auto converted = converter.convert(value, *type, "", arena);
    if (converted) return *converted;
  }
  return value;
}

bool has_null(const Value& value) {
  switch (value.kind) {
    case Kind::Null: return true;
    case Kind::Array: return std::ranges::any_of(value.items(), has_null);
    case Kind::Map: return std::ranges::any_of(value.entries(), has_null, &Entry::value);
    default: return false;
  }
}

/// An object where a text is wanted: its own, which NiFi forgets when there is a null in it.
std::string object_text(const Value& object) {
  if (has_null(object)) return fmt::format("MapRecord[{}]", plain_text(object));
  std::string text;
  append_json(text, object, {});
  return text;
}

base::Result<Value> json_field(const Value& value, const DataType& type, std::string_view field,
                               const Converter& converter, const ReadOptions& options, Arena& arena) {
  if (value.is_null()) return Value{};
  switch (type.type) {
    case Type::Array: {
      if (value.kind != Kind::Array)
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("field '{}' is no array", field));
      if (type.element == nullptr) return value;
      auto items = arena.array<Value>(value.size);
      for (std::size_t i = 0; i < items.size(); ++i) {
        TRY(items[i], json_field(value.elements[i], *type.element, field, converter, options, arena));
      }
      return Value::of(std::span<const Value>(items));
    }
    case Type::Map: {
      if (value.kind != Kind::Map) return Value{};
      auto entries = arena.array<Entry>(value.size);
      for (std::size_t i = 0; i < entries.size(); ++i) {
        entries[i].name = value.pairs[i].name;
        TRY(entries[i].value, json_field(value.pairs[i].value, *type.element, field, converter, options, arena));
      }
      return Value::of(std::span<const Entry>(entries));
    }
    case Type::Record: {
      if (value.kind != Kind::Map) return Value{};
      if (type.record == nullptr) return value;
      TRY(const auto row, json_row(value, *type.record, converter, options, arena));
      return Value::of(arena.make(row));
    }
    case Type::Choice: {
      TRY(const auto raw, raw_field(value, &type, converter, options, arena));
      return converter.convert(raw, type, field, arena);
    }
    case Type::String:
      if (value.kind == Kind::Map) return Value::of(Kind::String, arena.text(object_text(value)));
      return converter.convert(value, type, field, arena);
    default: return converter.convert(value, type, field, arena);
  }
}

Value known_fields(const Value& object, const Schema& schema, Arena& arena) {
  std::vector<Entry> known;
  for (const auto& entry : object.entries())
    if (schema.find(entry.name)) known.push_back(entry);
  return Value::of(std::span<const Entry>(arena.copy(std::span<const Entry>(known))));
}

}  // namespace

base::Result<Row> json_row(const Value& object, const Schema& schema, const Converter& converter,
                           const ReadOptions& options, Arena& arena) {
  auto values = arena.array<Value>(schema.size());
  for (auto& value : values) value.kind = Kind::Missing;
  std::vector<Entry> extra;
  std::size_t guess = 0;  // objects have their fields in the order of the schema, mostly
  bool all_known = true;
  for (const auto& entry : object.entries()) {
    std::optional<std::size_t> place;
    if (guess < schema.size() && schema[guess].name == entry.name)
      place = guess;
    else
      place = schema.find(entry.name);
    if (!place) {
      all_known = false;
      if (options.drop_unknown) continue;
      TRY(const auto value, raw_field(entry.value, nullptr, converter, options, arena));
      extra.push_back({entry.name, value});
      continue;
    }
    guess = *place + 1;
    const auto& field = schema[*place];
    if (options.coerce) {
      TRY(values[*place], json_field(entry.value, field.type, field.name, converter, options, arena));
    } else {
      TRY(values[*place], raw_field(entry.value, &field.type, converter, options, arena));
    }
  }
  Row row{.schema = &schema, .fields = values.data()};
  if (!extra.empty()) row.extra = arena.copy(std::span<const Entry>(extra));
  // The text that it keeps is without what the schema does not know.
  row.original = arena.make(all_known ? object : known_fields(object, schema, arena));
  return row;
}

JsonObjects::JsonObjects(std::unique_ptr<TextSource> source, JsonRules rules, std::string start)
    : buffer_(std::move(source)), rules_(rules), start_(std::move(start)), at_start_(start_.empty()) {}

base::Result<bool> JsonObjects::more(bool may_refill, bool& waited) {
  if (!may_refill) {
    waited = true;
    return false;
  }
  TRY_VOID(buffer_.refill());
  return true;
}

base::Result<std::optional<Value>> JsonObjects::next(Arena& arena, bool may_refill, bool& waited) {
  for (;;) {
    auto text = buffer_.rest();
    const auto blanks = skip_blanks(text, 0, rules_);
    buffer_.consume(blanks);
    consumed_ += blanks;
    text.remove_prefix(blanks);
    if (text.empty()) {
      if (buffer_.at_end()) return std::optional<Value>{};
      TRY(const bool read, more(may_refill, waited));
      if (!read) return std::optional<Value>{};
      continue;
    }
    const auto take = [&](std::size_t bytes) {
      buffer_.consume(bytes);
      consumed_ += bytes;
    };
    const char c = text[0];
    // What stands between objects, and what is entered on the way to the field to begin at.
    if (c == '[' || c == ',' || c == ']' || c == ':' || c == '}' || (c == '{' && !at_start_)) {
      if ((c == ']' || c == '}') && !start_.empty()) at_start_ = false;
      take(1);
      continue;
    }
    std::size_t end = 0;
    auto value = parse_json(text, end, arena, rules_);
    const bool may_go_on = value && end == text.size() && c != '{' && c != '"';  // a number, perhaps
    if ((may_go_on || (!value && value.error().kind == base::ErrorKind::Unavailable)) && !buffer_.at_end()) {
      TRY(const bool read, more(may_refill, waited));
      if (!read) return std::optional<Value>{};
      continue;
    }
    if (!value) {
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{} (of what begins at byte {} of the content)", value.error().message, consumed_));
    }
    take(end);
    if (c == '{') {
      return std::optional(*value);
    }
    if (!at_start_ && value->kind == Kind::String && value->text() == start_) {
      // The name, or a text that equals it: a colon tells.
      const auto rest = buffer_.rest();
      const auto after = skip_blanks(rest, 0, rules_);
      at_start_ = after < rest.size() && rest[after] == ':';
    }
  }
}

base::Result<std::unique_ptr<Reader>> open_json(std::shared_ptr<const Input> input, SchemaPtr schema,
                                                const JsonReadOptions& options) {
  if (options.whole_schema && !options.start.empty()) {
    // The first field of that name, level by level.
    std::vector<SchemaPtr> level{schema};
    SchemaPtr found;
    for (std::size_t i = 0; i < level.size() && found == nullptr; ++i) {
      for (const auto& field : level[i]->fields()) {
        const auto* type = field.type.type == Type::Array ? field.type.element.get() : &field.type;
        if (type == nullptr || type->type != Type::Record || type->record == nullptr) continue;
        if (field.name == options.start) found = type->record;
        level.push_back(type->record);
      }
    }
    if (found == nullptr)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the schema has no record or array of records '{}'", options.start));
    schema = std::move(found);
  }
  TRY(auto source, TextSource::open(std::move(input), "UTF-8"));
  auto reader = std::make_unique<JsonReader>(std::move(source), std::move(schema), options);
  TRY_VOID(reader->begin());
  return std::unique_ptr<Reader>(std::move(reader));
}

base::Result<SchemaPtr> infer_json(std::shared_ptr<const Input> input, const JsonReadOptions& options) {
  TRY(auto source, TextSource::open(std::move(input), "UTF-8"));
  JsonObjects objects(std::move(source), options.rules, options.start);
  const Converter converter(options.formats);
  TRY_VOID(converter.check());
  ObjectInference inference(converter);
  Arena arena;
  for (;;) {
    arena.clear();
    bool waited = false;
    TRY(const auto object, objects.next(arena, true, waited));
    if (!object) break;
    inference.add(object->entries());
  }
  return inference.schema();
}

}  // namespace flow::record
