#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

Result<BoundExpr> concat(Call& call) {
  std::string sql;
  for (std::size_t i = 0; i < call.count(); ++i) {
    TRY(const std::string part, call.text(i));
    sql += (i ? " || " : "") + part;
  }
  return call.made("(" + sql + ")", LogicalType::text());
}

Result<BoundExpr> concat_ws(Call& call) {
  TRY(const std::string separator, call.text(0));
  std::string sql;
  for (std::size_t i = 1; i < call.count(); ++i) {
    TRY(const std::string part, call.text(i));
    sql += (i > 1 ? " || " + separator + " || " : "") + part;
  }
  return call.made("(" + sql + ")", LogicalType::text());
}

/// A constant argument behind subject and pattern: position, occurrence, group, or its default.
Result<std::int64_t> constant_number(Call& call, std::size_t index, std::int64_t otherwise) {
  if (index >= call.count()) return otherwise;
  const auto* number = call.args[index].value ? std::get_if<Decimal>(&*call.args[index].value) : nullptr;
  if (!number)
    return base::fail(bind::error_at(
        1015, "22023", call.at, fmt::format("argument {} to function {} needs to be constant", index + 1, call.name)));
  return static_cast<std::int64_t>(number->digits);
}

/// Parameters c i m s e in the engine's letters; `e` asks for a group.
struct RegexpOptions {
  std::string letters;
  bool extract = false;
};
Result<RegexpOptions> options(Call& call, std::size_t index) {
  RegexpOptions made;
  bool dot_all = false;
  if (index < call.count()) {
    TRY(const std::string given, call.constant_text(index));
    for (const char c : given) {
      if (c == 'i' || c == 'c' || c == 'm') made.letters += c;
      if (c == 's') dot_all = true;
      if (c == 'e') made.extract = true;
    }
  }
  made.letters += dot_all ? 's' : 'n';
  return made;
}

struct Regexp {
  std::string subject, pattern;
  std::int64_t position = 1, occurrence = 1;
};
Result<Regexp> regexp(Call& call, std::size_t position, std::size_t occurrence, std::int64_t first_occurrence) {
  Regexp made;
  TRY(made.subject, call.text(0));
  TRY(made.pattern, call.text(1));
  TRY(made.position, constant_number(call, position, 1));
  TRY(made.occurrence, constant_number(call, occurrence, first_occurrence));
  if (made.position > 1) made.subject = fmt::format("substr({}, {})", made.subject, made.position);
  return made;
}

Result<BoundExpr> regexp_substr(Call& call) {
  TRY(const Regexp r, regexp(call, 2, 3, 1));
  TRY(const RegexpOptions o, options(call, 4));
  TRY(const std::int64_t group, constant_number(call, 5, o.extract ? 1 : 0));
  // No match is NULL, not an empty text.
  return call.made(fmt::format("list_extract(regexp_extract_all({}, {}, {}, '{}'), {})", r.subject, r.pattern, group,
                               o.letters, r.occurrence),
                   LogicalType::text());
}
Result<BoundExpr> regexp_count(Call& call) {
  TRY(const Regexp r, regexp(call, 2, 99, 1));
  TRY(const RegexpOptions o, options(call, 3));
  return call.made(
      fmt::format("CAST(len(regexp_extract_all({}, {}, 0, '{}')) AS BIGINT)", r.subject, r.pattern, o.letters),
      LogicalType::number());
}
Result<BoundExpr> regexp_instr(Call& call) {
  TRY(const Regexp r, regexp(call, 2, 3, 1));
  TRY(const RegexpOptions o, options(call, 5));
  TRY(const std::int64_t behind, constant_number(call, 4, 0));
  if (r.occurrence != 1) return base::fail(bind::unsupported("REGEXP_INSTR of a later occurrence", call.at));
  const std::string match = fmt::format("regexp_extract({}, {}, 0, '{}')", r.subject, r.pattern, o.letters);
  return call.made(
      fmt::format(
          "CAST(CASE WHEN regexp_matches({0}, {1}, '{2}') THEN position({3} IN {0}) + {4}{5} ELSE 0 END AS BIGINT)",
          r.subject, r.pattern, o.letters, match, r.position - 1,
          behind != 0 ? fmt::format(" + length({})", match) : ""),
      LogicalType::number());
}
Result<BoundExpr> regexp_replace(Call& call) {
  TRY(const Regexp r, regexp(call, 3, 4, 0));
  TRY(const RegexpOptions o, options(call, 5));
  std::string replacement = "''";
  if (call.count() > 2) {
    TRY(replacement, call.text(2));
  }
  if (r.occurrence > 1) return base::fail(bind::unsupported("REGEXP_REPLACE of a later occurrence", call.at));
  std::string sql = fmt::format("regexp_replace({}, {}, {}, '{}{}')", r.subject, r.pattern, replacement,
                                r.occurrence == 0 ? "g" : "", o.letters);
  if (r.position > 1) {
    TRY(const std::string whole, call.text(0));
    sql = fmt::format("(left({}, {}) || {})", whole, r.position - 1, sql);
  }
  return call.made(sql, LogicalType::text());
}
Result<BoundExpr> regexp_like(Call& call) {
  TRY(const std::string subject, call.text(0));
  TRY(const std::string pattern, call.text(1));
  TRY(const RegexpOptions o, options(call, 2));
  return call.made(fmt::format("regexp_full_match({}, {}, '{}')", subject, pattern, o.letters), LogicalType::boolean());
}

Result<BoundExpr> sha2(Call& call) {
  if (call.count() > 1) {
    TRY(const std::string bits, call.integer(1));
    if (bits != "CAST('256' AS BIGINT)" && bits != "CAST('0' AS BIGINT)")
      return base::fail(bind::unsupported("SHA2 of other than 256 bits", call.at));
  }
  TRY(const std::string text, call.text(0));
  return call.made(fmt::format("sha256({})", text), LogicalType::text(64));
}

}  // namespace

std::vector<Entry> text_entries() {
  return {
      {"CONCAT", 1, -1, concat},
      {"CONCAT_WS", 2, -1, concat_ws},
      {"REGEXP_SUBSTR", 2, 6, regexp_substr},
      {"REGEXP_COUNT", 2, 4, regexp_count},
      {"REGEXP_INSTR", 2, 6, regexp_instr},
      {"REGEXP_REPLACE", 2, 6, regexp_replace},
      {"REGEXP_LIKE", 2, 3, regexp_like},
      {"RLIKE", 2, 3, regexp_like},
      {"REGEXP", 2, 2, regexp_like},
      {"SHA2", 1, 2, sha2},
      {"SHA2_HEX", 1, 2, sha2},
  };
}

}  // namespace engine::functions
