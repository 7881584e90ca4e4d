#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/functions/native_support.h"
#include "engine/values/datetime_text.h"
#include "engine/values/json.h"
#include "engine/values/number_text.h"
#include "engine/values/value_text.h"

namespace engine::native {
namespace {

using Kind = JsonValue::Kind;

/// The value of a cell, which is canonical text.
JsonValue cell(Row& row, std::size_t column) {
  std::string problem;
  auto value = parse_json(row.text(column), problem);
  return value ? *std::move(value) : JsonValue{};
}

void parse(Row& row) {
  const std::string_view text = row.text(0);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return row.set_null();
  std::string problem;
  const auto value = parse_json(text, problem);
  if (!value) return row.fail(100069, "22P02", "Error parsing JSON: " + problem);
  row.set_text(canonical(*value));
}

void give(Row& row, const JsonValue* value) {
  if (!value || value->kind == Kind::Undefined) return row.set_null();
  row.set_text(canonical(*value));
}
void key(Row& row) {
  const JsonValue base = cell(row, 0);
  give(row, base.find(row.text(1)));
}
/// An exact match wins over one that differs in case.
void key_ignore_case(Row& row) {
  const JsonValue base = cell(row, 0);
  const std::string_view wanted = row.text(1);
  const JsonValue* found = base.find(wanted);
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  for (const JsonMember& member : base.members)
    if (!found && std::ranges::equal(member.first, wanted, {}, upper, upper)) found = &member.second;
  give(row, found);
}
const JsonValue* item(const JsonValue& base, std::int64_t index) {
  return index >= 0 && static_cast<std::size_t>(index) < base.items.size()
             ? &base.items[static_cast<std::size_t>(index)]
             : nullptr;
}
void index(Row& row) {
  const JsonValue base = cell(row, 0);
  give(row, item(base, row.i64(1)));
}
void path(Row& row) {
  const JsonValue base = cell(row, 0);
  const JsonValue* here = &base;
  const std::string_view text = row.text(1);
  for (std::size_t i = 0; i < text.size() && here;) {
    if (text[i] == '.' || text[i] == ':')
      ++i;
    else if (text[i] == '[') {
      const auto end = std::min(text.find(']', i), text.size());
      std::string_view inside = text.substr(i + 1, end - i - 1);
      std::int64_t position = 0;
      if (inside.size() >= 2 && (inside[0] == '\'' || inside[0] == '"'))
        here = here->find(inside.substr(1, inside.size() - 2));
      else {
        std::from_chars(inside.data(), inside.data() + inside.size(), position);
        here = item(*here, position);
      }
      i = end + 1;
    } else {
      const auto end = std::min(text.find_first_of(".[", i), text.size());
      here = here->find(text.substr(i, end - i));
      i = end;
    }
  }
  give(row, here);
}

void text(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind == Kind::Null) return row.set_null();
  row.set_text(value.kind == Kind::String ? value.text : canonical(value));
}

void refuse(Row& row, std::string_view type) {
  row.fail(100071, "22000", fmt::format("Failed to cast variant value {} to {}", row.text(0), type));
}

void to_number(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind == Kind::Null) return row.set_null();
  base::Int128 digits = 0;
  const std::string_view source =
      value.kind == Kind::Boolean ? (value.text == "true" ? "1" : "0") : std::string_view(value.text);
  if (value.kind == Kind::Array || value.kind == Kind::Object ||
      read_number(source, row.i32(1), row.option(), digits) != NumberProblem::None)
    return refuse(row, "FIXED");
  row.set_digits(digits);
}
void to_real(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind == Kind::Null) return row.set_null();
  const auto real = value.kind == Kind::Array || value.kind == Kind::Object ? std::nullopt : read_float(value.text);
  if (!real) return refuse(row, "REAL");
  row.set(*real);
}
void to_flag(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind == Kind::Null) return row.set_null();
  const auto flag = value.kind == Kind::Array || value.kind == Kind::Object ? std::nullopt : read_boolean(value.text);
  if (!flag) return refuse(row, "BOOLEAN");
  row.set(*flag);
}
void to_day(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind == Kind::Null) return row.set_null();
  static const auto kAuto = DateTimeFormat::parse("AUTO");
  const auto parts = value.kind == Kind::String ? read_date(value.text, *kAuto) : std::nullopt;
  if (!parts) return refuse(row, "DATE");
  row.set(parts->days);
}
/// option(): 1 gives an instant (LTZ), 0 the wall clock (NTZ).
void to_moment(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind == Kind::Null) return row.set_null();
  static const auto kAuto = DateTimeFormat::parse("AUTO");
  const bool scalar = value.kind == Kind::String || value.kind == Kind::Number;
  const auto parts = scalar ? read_timestamp(value.text, *kAuto) : std::nullopt;
  if (!parts) return refuse(row, row.option() ? "TIMESTAMP_LTZ" : "TIMESTAMP_NTZ");
  const std::int64_t wall = parts->days * 86'400'000'000LL + parts->ns_of_day / 1000;
  if (row.option() == 0) return row.set(wall);
  if (parts->offset_minutes) return row.set(wall - *parts->offset_minutes * 60'000'000LL);
  const auto zone = TimeZone::find(row.text(1));
  const std::int64_t seconds = wall / 1'000'000 - (wall % 1'000'000 < 0 ? 1 : 0);
  row.set((zone ? zone->instant_of(seconds) : seconds) * 1'000'000 + (wall - seconds * 1'000'000));
}

void of_number(Row& row) {
  std::string_view number = row.text(0);
  if (number.find('.') != std::string_view::npos) {
    number = number.substr(0, number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.remove_suffix(1);
  }
  row.set_text(number);
}
void of_real(Row& row) {
  std::string number = float_text(row.real(0));
  row.set_text(number);
}
void of_text(Row& row) {
  std::string out;
  append_json_string(out, row.text(0));
  row.set_text(out);
}
void object(Row& row) {
  const char first = row.text(0).empty() ? ' ' : row.text(0)[0];
  if (first != '{') return row.text(0) == "null" ? row.set_null() : refuse(row, "OBJECT");
  row.set_text(row.text(0));
}
void array(Row& row) {
  if (row.text(0).starts_with('[')) return row.set_text(row.text(0));
  if (row.text(0) == "null") return row.set_null();
  row.set_text("[" + std::string(row.text(0)) + "]");
}

void type_of(Row& row) {
  const JsonValue value = cell(row, 0);
  switch (value.kind) {
    case Kind::Null:
    case Kind::Undefined: return row.set_text("NULL_VALUE");
    case Kind::Boolean: return row.set_text("BOOLEAN");
    case Kind::String: return row.set_text("VARCHAR");
    case Kind::Array: return row.set_text("ARRAY");
    case Kind::Object: return row.set_text("OBJECT");
    case Kind::Number:
      return row.set_text(value.text.find_first_of("eEnN") != std::string::npos ? "DOUBLE"
                          : value.text.find('.') != std::string::npos           ? "DECIMAL"
                                                                                : "INTEGER");
  }
}
void size(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind != Kind::Array) return row.set_null();
  row.set(static_cast<std::int64_t>(value.items.size()));
}
void join(Row& row) {
  const JsonValue value = cell(row, 0);
  std::string out;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i) out += row.text(1);
    if (value.items[i].kind != Kind::Null && value.items[i].kind != Kind::Undefined)
      out += value.items[i].kind == Kind::String ? value.items[i].text : canonical(value.items[i]);
  }
  row.set_text(out);
}
void object_of(Row& row) {
  std::map<std::string_view, std::string_view> members;
  for (std::size_t i = 0; i + 1 < row.count(); i += 2)
    if (!row.null(i) && !row.null(i + 1)) members[row.text(i)] = row.text(i + 1);
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    out += value;
  }
  row.set_text(out + "}");
}
void array_of(Row& row) {
  std::string out = "[";
  for (std::size_t i = 0; i < row.count(); ++i) {
    if (i) out += ',';
    if (row.null(i))
      out += "undefined";
    else
      out += row.text(i);
  }
  row.set_text(out + "]");
}
void split(Row& row) {
  std::string out = "[";
  const std::string_view whole = row.text(0), separator = row.text(1);
  for (std::size_t from = 0;;) {
    const auto end = separator.empty() ? std::string_view::npos : whole.find(separator, from);
    if (from) out += ',';
    append_json_string(out, whole.substr(from, end == std::string_view::npos ? end : end - from));
    if (end == std::string_view::npos) break;
    from = end + separator.size();
  }
  row.set_text(out + "]");
}
void contains(Row& row) {
  const JsonValue value = cell(row, 0);
  row.set(std::ranges::any_of(value.items, [&](const JsonValue& one) { return canonical(one) == row.text(1); }));
}
void keys(Row& row) {
  const JsonValue value = cell(row, 0);
  if (value.kind != Kind::Object) return row.set_null();
  std::string out = "[";
  for (const auto& [name, member] : value.members) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
  }
  row.set_text(out + "]");
}

// FLATTEN gives its rows as one text: rows end with RS, fields with US, NULL is GS. JSON text holds none of them.
constexpr char kRow = '\x1e', kField = '\x1f', kNull = '\x1d';

struct FlattenOptions {
  bool recursive, objects, arrays;
};
void flatten_into(std::string& out, const JsonValue& value, const std::string& base, const FlattenOptions& options) {
  const std::string whole = canonical(value);
  const auto put = [&](const std::string* name, std::int64_t position, const std::string& path_text,
                       const JsonValue& child) {
    out += name ? *name : std::string(1, kNull);
    out += kField + path_text + kField + (name ? std::string(1, kNull) : std::to_string(position)) + kField +
           canonical(child) + kField + whole + kRow;
    if (options.recursive) flatten_into(out, child, path_text, options);
  };
  if (value.kind == Kind::Object && options.objects)
    for (const auto& [name, member] : value.members) {
      const bool plain =
          !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
      put(&name, 0, plain ? (base.empty() ? name : base + "." + name) : base + "['" + name + "']", member);
    }
  if (value.kind == Kind::Array && options.arrays)
    for (std::size_t i = 0; i < value.items.size(); ++i)
      if (value.items[i].kind != Kind::Undefined)
        put(nullptr, static_cast<std::int64_t>(i), fmt::format("{}[{}]", base, i), value.items[i]);
}
void flatten(Row& row) {
  const bool outer = row.flag(1);
  std::string out;
  const std::string_view mode = row.text(3);
  if (!row.null(0)) flatten_into(out, cell(row, 0), "", {row.flag(2), mode != "ARRAY", mode != "OBJECT"});
  if (out.empty() && outer) out = fmt::format("{0}{1}{0}{1}{0}{1}{0}{1}{0}", kNull, kField);
  row.set_text(out);
}
std::optional<std::string_view> field(Row& row, int which) {
  std::string_view rest = row.text(0);
  for (int i = 0; i < which; ++i) rest.remove_prefix(std::min(rest.size(), rest.find(kField) + 1));
  rest = rest.substr(0, rest.find(kField));
  if (rest.size() == 1 && rest[0] == kNull) return std::nullopt;
  return rest;
}
void step_text(Row& row) {
  const auto found = field(row, row.option());
  if (found)
    row.set_text(*found);
  else
    row.set_null();
}
void step_index(Row& row) {
  const auto found = field(row, 2);
  if (!found) return row.set_null();
  std::int64_t value = 0;
  std::from_chars(found->data(), found->data() + found->size(), value);
  row.set(value);
}

}  // namespace

void add_variant_functions(duckdb_connection connection) {
  add(connection, {.name = "fr_v_parse", .arguments = {kText}, .result = kBlob, .run = parse});
  add(connection,
      {.name = "fr_v_try_parse", .arguments = {kText}, .result = kBlob, .run = parse, .null_if_failed = true});
  add(connection, {.name = "fr_v_key", .arguments = {kBlob, kText}, .result = kBlob, .run = key});
  add(connection, {.name = "fr_v_index", .arguments = {kBlob, kInt64}, .result = kBlob, .run = index});
  add(connection, {.name = "fr_v_path", .arguments = {kBlob, kText}, .result = kBlob, .run = path});
  add(connection, {.name = "fr_v_text", .arguments = {kBlob}, .result = kText, .run = text});
  for (const bool attempt : {false, true}) {
    const std::string prefix = attempt ? "fr_try_v_" : "fr_v_";
    for (const bool wide : {false, true})
      for (int scale = 0; scale <= (wide ? 37 : 18); ++scale)
        add(connection, {.name = scale == 0 ? fmt::format("{}int{}", prefix, wide ? 128 : 64)
                                            : fmt::format("{}dec{}_{}", prefix, wide ? 128 : 64, scale),
                         .arguments = {kBlob, kInt32},
                         .result = number(wide, scale),
                         .run = to_number,
                         .option = scale,
                         .null_if_failed = attempt});
    add(connection,
        {.name = prefix + "float", .arguments = {kBlob}, .result = kReal, .run = to_real, .null_if_failed = attempt});
    add(connection,
        {.name = prefix + "boolean", .arguments = {kBlob}, .result = kFlag, .run = to_flag, .null_if_failed = attempt});
    add(connection,
        {.name = prefix + "date", .arguments = {kBlob}, .result = kDate, .run = to_day, .null_if_failed = attempt});
    add(connection, {.name = prefix + "ntz",
                     .arguments = {kBlob, kText},
                     .result = kTimestamp,
                     .run = to_moment,
                     .null_if_failed = attempt});
    add(connection, {.name = prefix + "ltz",
                     .arguments = {kBlob, kText},
                     .result = kTimestamp,
                     .run = to_moment,
                     .option = 1,
                     .null_if_failed = attempt});
  }
  add(connection, {.name = "fr_v_of_number", .arguments = {kText}, .result = kBlob, .run = of_number});
  add(connection, {.name = "fr_v_of_float", .arguments = {kReal}, .result = kBlob, .run = of_real});
  add(connection, {.name = "fr_v_of_text", .arguments = {kText}, .result = kBlob, .run = of_text});
  add(connection, {.name = "fr_v_object", .arguments = {kBlob}, .result = kBlob, .run = object});
  add(connection, {.name = "fr_v_array", .arguments = {kBlob}, .result = kBlob, .run = array});
  add(connection, {.name = "fr_v_typeof", .arguments = {kBlob}, .result = kText, .run = type_of});
  add(connection, {.name = "fr_v_size", .arguments = {kBlob}, .result = kInt64, .run = size});
  add(connection, {.name = "fr_v_join", .arguments = {kBlob, kText}, .result = kText, .run = join});
  add(connection, {.name = "fr_v_object_of",
                   .arguments = {kText},
                   .result = kBlob,
                   .run = object_of,
                   .sees_nulls = true,
                   .any_number = true});
  add(connection, {.name = "fr_v_array_of",
                   .arguments = {kText},
                   .result = kBlob,
                   .run = array_of,
                   .sees_nulls = true,
                   .any_number = true});
  add(connection, {.name = "fr_v_split", .arguments = {kText, kText}, .result = kBlob, .run = split});
  add(connection, {.name = "fr_v_contains", .arguments = {kBlob, kBlob}, .result = kFlag, .run = contains});
  add(connection,
      {.name = "fr_v_key_ignore_case", .arguments = {kBlob, kText}, .result = kBlob, .run = key_ignore_case});
  add(connection, {.name = "fr_v_keys", .arguments = {kBlob}, .result = kBlob, .run = keys});
  add(connection, {.name = "fr_v_flatten",
                   .arguments = {kBlob, kFlag, kFlag, kText},
                   .result = kText,
                   .run = flatten,
                   .sees_nulls = true});
  add(connection, {.name = "fr_v_step_key", .arguments = {kText}, .result = kText, .run = step_text, .option = 0});
  add(connection, {.name = "fr_v_step_path", .arguments = {kText}, .result = kText, .run = step_text, .option = 1});
  add(connection, {.name = "fr_v_step_index", .arguments = {kText}, .result = kInt64, .run = step_index});
  add(connection, {.name = "fr_v_step_value", .arguments = {kText}, .result = kBlob, .run = step_text, .option = 3});
  add(connection, {.name = "fr_v_step_this", .arguments = {kText}, .result = kBlob, .run = step_text, .option = 4});
}

}  // namespace engine::native
