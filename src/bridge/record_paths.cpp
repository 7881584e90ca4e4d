#include "bridge/record_paths.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

#include "bridge/nested_value.h"
#include "flow/database/sql_values.h"
#include "flow/record/convert.h"
#include "flow/record/json_text.h"
#include "flow/record/path.h"
#include "flow/record/value_text.h"

namespace bridge {
namespace {

namespace record = flow::record;
using engine::duck::ScratchType;
using record::Kind;
using record::Value;
using Texts = std::span<const std::string_view>;
using Found = base::Result<std::optional<std::string>>;

/// Paths that queries ask with, compiled once.
class Paths {
 public:
  base::Result<std::shared_ptr<const record::RecordPath>> find(std::string_view text) {
    const std::lock_guard lock(paths_mutex_);
    if (const auto found = paths_.find(text); found != paths_.end()) return found->second;
    TRY(auto path, record::RecordPath::compile(text));
    auto shared = std::make_shared<const record::RecordPath>(std::move(path));
    if (paths_.size() > kMost) paths_.clear();
    paths_.emplace(text, shared);
    return shared;
  }

 private:
  static constexpr std::size_t kMost = 1000;
  std::mutex paths_mutex_;
  std::map<std::string, std::shared_ptr<const record::RecordPath>, std::less<>> paths_;
};

/// JSON objects as records, which paths go through.
class Records {
 public:
  Value of(const Value& value) {
    if (value.kind == Kind::Array) {
      auto items = arena_.array<Value>(value.size);
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = of(value.items()[i]);
      return Value::of(std::span<const Value>(items));
    }
    if (value.kind != Kind::Map) return value;
    std::vector<record::Field> fields;
    auto values = arena_.array<Value>(value.size);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& entry = value.entries()[i];
      values[i] = of(entry.value);
      fields.push_back({.name = std::string(entry.name), .type = record::type_of(values[i])});
    }
    schemas_.push_back(record::make_schema(std::move(fields)));
    return Value::of(arena_.make(record::Row{.schema = schemas_.back().get(), .fields = values.data()}));
  }
  record::Arena& arena() { return arena_; }

 private:
  record::Arena arena_;
  std::vector<record::SchemaPtr> schemas_;
};

std::string text_of(const Value& value) {
  if (value.kind != Kind::Record && value.kind != Kind::Array && value.kind != Kind::Map)
    return record::plain_text(value);
  std::string text;
  record::append_json(text, value, {});
  return text;
}

Found select(Paths& paths, Texts arguments) {
  Records records;
  TRY(const auto path, paths.find(arguments[1]));
  TRY(const auto json, record::parse_json(nested_json(arguments[0]), records.arena()));
  const auto root = records.of(json);
  std::vector<Value> found;
  const auto ask = [&](const Value& value) -> base::Status {
    if (value.kind != Kind::Record) return {};
    auto row = *value.row;
    TRY(const auto selected, path->select(row, records.arena()));
    for (const auto& each : selected)
      if (!each.value.is_null()) found.push_back(each.value);
    return {};
  };
  if (root.kind == Kind::Array) {
    for (const auto& item : root.items()) TRY_VOID(ask(item));
  } else {
    TRY_VOID(ask(root));
  }
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return text_of(found[0]);
  return text_of(Value::of(std::span<const Value>(found)));
}

/// Milliseconds, or a date as it is written.
Found date_text(Texts arguments) {
  const auto text = arguments[0];
  if (const auto date = flow::database::parse_date(text)) return std::string(text);
  char* end = nullptr;
  const std::string copy(text);
  const std::int64_t millis = std::strtoll(copy.c_str(), &end, 10);
  if (copy.empty() || *end != '\0')
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("RPATH_DATE: '{}' is no date", text));
  constexpr std::int64_t kDay = 86'400'000;
  return flow::database::sql_text(Value::of(Kind::Date, millis / kDay - (millis % kDay < 0 ? 1 : 0)));
}

Found count(Texts arguments) {
  record::Arena arena;
  TRY(const auto value, record::parse_json(nested_json(arguments[0]), arena));
  return std::to_string(value.kind == Kind::Array || value.kind == Kind::Map ? value.size : 1);
}

Found capitals(Texts arguments) {
  std::string text(arguments[0]);
  bool inside = false;
  for (char& c : text) {
    const bool small = c >= 'a' && c <= 'z', capital = c >= 'A' && c <= 'Z';
    if (small && !inside) c = static_cast<char>(c - 32);
    if (capital && inside) c = static_cast<char>(c + 32);
    inside = small || capital || (c >= '0' && c <= '9') || c < 0;
  }
  return text;
}

}  // namespace

std::vector<engine::duck::TextFunction> record_path_functions() {
  const auto paths = std::make_shared<Paths>();
  return {
      {"fr_path_text",
       {ScratchType::Bytes, ScratchType::Text},
       [paths](Texts arguments) { return select(*paths, arguments); }},
      {"fr_date_text", {ScratchType::Text}, date_text},
      {"fr_count", {ScratchType::Bytes}, count},
      {"fr_initcap", {ScratchType::Text}, capitals},
  };
}

}  // namespace bridge
