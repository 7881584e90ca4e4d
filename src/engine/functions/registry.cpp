#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

std::map<std::string_view, Entry> collect() {
  std::map<std::string_view, Entry> all;
  for (const auto& table :
       {conditional_entries(), numeric_entries(), text_entries(), datetime_entries(), conversion_entries(),
        aggregate_entries(), window_entries(), context_entries(), semi_structured_entries()})
    for (const Entry& entry : table) all.emplace(entry.name, entry);
  return all;
}

std::pair<std::size_t, std::size_t> arity(const Pattern& pattern) {
  const auto bar = pattern.types.find('|');
  if (bar == std::string_view::npos) return {pattern.types.size(), pattern.types.size()};
  return {bar, pattern.types.size() - 1};
}

std::multimap<std::string_view, Pattern> collect_patterns() {
  std::multimap<std::string_view, Pattern> all;
  for (const Pattern& pattern : patterns()) all.emplace(pattern.name, pattern);
  return all;
}
const std::multimap<std::string_view, Pattern>& all_patterns() {
  static const auto all = collect_patterns();
  return all;
}

LogicalType result_type(char letter) {
  switch (letter) {
    case 't': return LogicalType::text();
    case 'i': return LogicalType::number();
    case 'f': return LogicalType::real();
    case 'b': return LogicalType::boolean();
    case 'd': return LogicalType::date();
    case 'x': return LogicalType::binary();
    case 's': return LogicalType::timestamp_ntz();
    default: return LogicalType::variant();
  }
}

}  // namespace

const Entry* find_entry(std::string_view name) {
  static const auto all = collect();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

bool has_pattern(std::string_view name) { return all_patterns().contains(name); }

const Pattern* find_pattern(std::string_view name, std::size_t count) {
  const auto [from, to] = all_patterns().equal_range(name);
  for (auto it = from; it != to; ++it) {
    const auto [least, most] = arity(it->second);
    if (count >= least && count <= most) return &it->second;
  }
  return nullptr;
}

Result<BoundExpr> expand(const Pattern& pattern, Call& call) {
  std::vector<std::string> args;
  std::string types(pattern.types);
  std::erase(types, '|');
  for (std::size_t i = 0; i < call.count(); ++i) {
    switch (types[i]) {
      case 't': {
        TRY(std::string sql, call.text(i));
        args.push_back(std::move(sql));
        break;
      }
      case 'i': {
        TRY(std::string sql, call.integer(i));
        args.push_back(std::move(sql));
        break;
      }
      case 'f': {
        TRY(std::string sql, call.real(i));
        args.push_back(std::move(sql));
        break;
      }
      case 'b': {
        TRY(std::string sql, call.boolean(i));
        args.push_back(std::move(sql));
        break;
      }
      case 'v': {
        TRY(std::string sql, call.as(i, LogicalType::variant()));
        args.push_back(std::move(sql));
        break;
      }
      case 'n': {
        const TypeKind kind = call.args[i].type.kind;
        if (kind == TypeKind::Text) {
          TRY(call.args[i], bind::convert(std::move(call.args[i]), LogicalType::number(18, 5), bind::CastMode::Implicit,
                                          call.context()));
        } else if (kind == TypeKind::Null) {
          call.args[i] = bind::make_cast("NULL", LogicalType::number(), Carrier::Int64);
        } else if (kind == TypeKind::Variant) {
          TRY(call.args[i],
              bind::convert(std::move(call.args[i]), LogicalType::real(), bind::CastMode::Implicit, call.context()));
        } else if (kind != TypeKind::Number && kind != TypeKind::Float) {
          return base::fail(call.wrong_types());
        }
        args.push_back(to_sql(call.args[i]));
        break;
      }
      default: args.push_back(to_sql(call.args[i]));
    }
  }
  std::string sql;
  for (std::size_t i = 0; i < pattern.sql.size(); ++i) {
    if (pattern.sql[i] == '{' && i + 2 < pattern.sql.size() && pattern.sql[i + 2] == '}') {
      sql += args[static_cast<std::size_t>(pattern.sql[i + 1] - '0')];
      i += 2;
    } else {
      sql += pattern.sql[i];
    }
  }
  if (pattern.result == 'n') {
    const BoundExpr& first = call.args[0];
    BoundExpr made =
        call.made(fmt::format("CAST({} AS {})", sql, physical_type(first.carrier, first.type.scale)), first.type);
    made.carrier = first.carrier;
    return made;
  }
  if (pattern.result == 'i') return call.made(fmt::format("CAST({} AS BIGINT)", sql), LogicalType::number());
  return call.made(std::move(sql), result_type(pattern.result));
}

Result<std::string> Call::as(std::size_t index, const LogicalType& type) {
  auto made = bind::convert(
      args[index], type, type.kind == TypeKind::Text ? bind::CastMode::Explicit : bind::CastMode::Implicit, context());
  if (!made) return base::fail(wrong_types());
  return to_sql(*made);
}

Result<std::string> Call::integer(std::size_t index) {
  auto made = bind::convert(args[index], LogicalType::number(), bind::CastMode::Implicit, context());
  if (!made) return base::fail(wrong_types());
  return to_sql(bind::recarry(*std::move(made), Carrier::Int64));
}

Result<std::string> Call::constant_text(std::size_t index) {
  if (args[index].value)
    if (const auto* text = std::get_if<std::string>(&*args[index].value)) return *text;
  return base::fail(bind::error_at(1015, "22023", at,
                                   fmt::format("argument {} to function {} needs to be constant, found '{}'", index + 1,
                                               name, to_sql(args[index]))));
}

bool Call::any_nullable() const { return std::ranges::any_of(args, &BoundExpr::nullable); }

base::Error Call::wrong_types() const {
  return bind::error_at(1044, "42P13", at,
                        fmt::format("Invalid argument types for function '{}': {}", name, bind::argument_types(args)));
}

BoundExpr Call::made(std::string sql, LogicalType type) const {
  BoundExpr made = bind::make(std::move(sql), type);
  made.constant = !args.empty() && std::ranges::all_of(args, &BoundExpr::constant);
  return made;
}

}  // namespace engine::functions
