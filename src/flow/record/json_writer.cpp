#include "flow/record/json_writer.h"

#include <fmt/format.h>

#include <map>

#include "flow/record/json_text.h"
#include "flow/record/number_text.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

bool has_exponent(const Value& value) {
  switch (value.kind) {
    case Kind::Float:
    case Kind::Double: return plain_text(value).find('E') != std::string::npos;
    case Kind::Array:
      for (const auto& item : value.items())
        if (has_exponent(item)) return true;
      return false;
    case Kind::Map:
      for (const auto& entry : value.entries())
        if (has_exponent(entry.value)) return true;
      return false;
    default: return false;
  }
}

class JsonWriter final : public Writer {
 public:
  JsonWriter(SchemaPtr schema, const JsonWriteOptions& options, ByteSink& sink)
      : schema_(std::move(schema)), options_(options), converter_(options.formats), output_(sink) {}
  base::Status begin() {
    if (!options_.one_per_line) output_.text() += '[';
    return converter_.check();
  }
  base::Status finish() override {
    if (!options_.one_per_line) output_.text() += options_.pretty ? (count() > 0 ? " ]" : " ]") : "]";
    return output_.flush();
  }
  std::string_view mime_type() const override { return "application/json"; }

 protected:
  base::Status put(const Row& row) override {
    separate();
    arena_.clear();
    TRY_VOID(record(row, *schema_, 0));
    return output_.pass();
  }
  base::Status put_raw(const Row& row) override {
    separate();
    if (is_original(row, *schema_))
      append_json(output_.text(), *row.original, {.pretty = false, .scientific = true});
    else
      append_json(output_.text(), Value::of(&row), style());
    return output_.pass();
  }

 private:
  void separate() {
    auto& out = output_.text();
    if (options_.one_per_line) {
      if (count() > 1) out += '\n';
    } else {
      if (count() > 1)
        out += options_.pretty ? ", " : ",";
      else if (options_.pretty)
        out += ' ';
    }
  }
  JsonStyle style() const {
    return {.pretty = options_.pretty, .scientific = options_.scientific, .escape_pairs = true};
  }

  bool is_original(const Row& row, const Schema& schema) const {
    return options_.keep_original && options_.timestamps == TimestampForm::Auto && !options_.pretty &&
           keeps_original(row) && *row.schema == schema && (options_.scientific || !has_exponent(*row.original));
  }

  base::Status record(const Row& row, const Schema& schema, int depth) {
    auto& out = output_.text();
    if (is_original(row, schema)) {
      // Of that text, numbers look as Jackson prints them.
      append_json(out, *row.original, {.pretty = false, .scientific = true});
      return {};
    }
    auto& finder = finders_[&schema];
    if (!finder) finder = std::make_unique<FieldFinder>(SchemaPtr(SchemaPtr(), &schema));
    out += '{';
    bool first = true;
    for (std::size_t i = 0; i < schema.size(); ++i) {
      const auto value = finder->value(row, i);
      if (value.is_null()) {
        const bool hidden = options_.suppress == NullSuppression::Always ||
                            (options_.suppress == NullSuppression::Missing && value.kind == Kind::Missing);
        if (hidden) continue;
      }
      if (!first) out += ',';
      first = false;
      if (options_.pretty) line(depth + 1);
      append_json_text(out, schema[i].name, true);
      out += options_.pretty ? " : " : ":";
      TRY_VOID(field(value, schema[i].type, schema[i].name, depth + 1));
    }
    if (options_.pretty && !first) line(depth);
    out += options_.pretty && first ? " }" : "}";
    return {};
  }
  void line(int depth) { output_.text().append("\n").append(static_cast<std::size_t>(depth) * 2, ' '); }

  base::Status field(const Value& given, const DataType& declared, std::string_view name, int depth) {
    auto& out = output_.text();
    const auto null = [&]() -> base::Status {
      out += "null";
      return {};
    };
    if (given.is_null()) return null();
    const auto* type = declared.type == Type::Choice ? converter_.choose(given, declared) : &declared;
    if (type == nullptr) return null();
    TRY(const auto value, converter_.convert(given, *type, name, arena_));
    if (value.is_null()) return null();
    switch (type->type) {
      case Type::Timestamp:
        if (options_.timestamps == TimestampForm::Milliseconds) {
          out += plain_text(value);
          return {};
        }
        if (options_.timestamps == TimestampForm::Seconds) {
          out += fmt::format("{:.3f}", static_cast<double>(value.whole / 1000) / 1000.0);
          return {};
        }
        [[fallthrough]];
      case Type::Date:
      case Type::Time: {
        TRY(const auto text, converter_.text(value));
        // A format that leaves nothing but digits gives a number of milliseconds.
        if (parse_whole(text) && options_.timestamps != TimestampForm::Text)
          out += plain_text(value);
        else
          append_json_text(out, text, true);
        return {};
      }
      case Type::Record:
        if (value.kind == Kind::Record) {
          if (type->record != nullptr) return record(*value.row, *type->record, depth);
          return record(*value.row, *value.row->schema, depth);
        }
        append_json(out, value, style(), depth);
        return {};
      case Type::Map: {
        out += '{';
        bool first = true;
        for (const auto& entry : value.entries()) {
          if (!first) out += ',';
          first = false;
          if (options_.pretty) line(depth + 1);
          append_json_text(out, entry.name, true);
          out += options_.pretty ? " : " : ":";
          TRY_VOID(field(entry.value, *type->element, entry.name, depth + 1));
        }
        if (options_.pretty && !first) line(depth);
        out += '}';
        return {};
      }
      case Type::Array: {
        if (value.kind == Kind::Bytes || type->element == nullptr) {
          append_json(out, value, style(), depth);
          return {};
        }
        out += options_.pretty ? "[ " : "[";
        bool first = true;
        for (const auto& item : value.items()) {
          if (!first) out += options_.pretty ? ", " : ",";
          first = false;
          TRY_VOID(field(item, *type->element, name, depth));
        }
        out += options_.pretty && !first ? " ]" : "]";
        return {};
      }
      case Type::Boolean: out += value.whole != 0 ? "true" : "false"; return {};
      default:
        if (value.is_number())
          append_json_number(out, value, options_.scientific);
        else
          append_json_text(out, value.text(), true);
        return {};
    }
  }

  const SchemaPtr schema_;
  const JsonWriteOptions options_;
  const Converter converter_;
  Output output_;
  Arena arena_;
  std::map<const Schema*, std::unique_ptr<FieldFinder>> finders_;
};

}  // namespace

base::Result<std::unique_ptr<Writer>> write_json(SchemaPtr schema, const JsonWriteOptions& options, ByteSink& sink) {
  auto writer = std::make_unique<JsonWriter>(std::move(schema), options, sink);
  TRY_VOID(writer->begin());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace flow::record
