#include "bridge/calcite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace bridge {
namespace {

enum class Kind { Word, Quoted, Text, Number, Sign };

struct Token {
  Kind kind;
  std::string text;    // as written
  std::string upper;   // of words
  std::string before;  // blanks and comments in front of it
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c < 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

base::Result<std::vector<Token>> tokens_of(std::string_view sql) {
  std::vector<Token> tokens;
  std::string before;
  for (std::size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    const auto take = [&](std::size_t end) {
      const auto text = sql.substr(i, end - i);
      i = end;
      return text;
    };
    const auto add = [&](Kind kind, std::size_t end) {
      const auto text = take(end);
      tokens.push_back({kind, std::string(text), kind == Kind::Word ? upper(text) : std::string(), std::move(before)});
      before.clear();
    };
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      before += take(i + 1);
    } else if (sql.substr(i, 2) == "--" || sql.substr(i, 2) == "//") {
      take(std::min(sql.find('\n', i), sql.size()));
      before += ' ';
    } else if (sql.substr(i, 2) == "/*") {
      const auto end = sql.find("*/", i + 2);
      if (end == std::string_view::npos) return base::fail(base::ErrorKind::Syntax, "a comment does not end");
      take(end + 2);
      before += ' ';
    } else if (c == '\'' || c == '"') {
      auto end = sql.find(c, i + 1);
      // Doubled, it is one of the text.
      while (end != std::string_view::npos && sql.substr(end + 1, 1) == sql.substr(end, 1)) end = sql.find(c, end + 2);
      if (end == std::string_view::npos)
        return base::fail(base::ErrorKind::Syntax, fmt::format("a text or name does not end: {}", sql.substr(i, 40)));
      add(c == '"' ? Kind::Quoted : Kind::Text, end + 1);
    } else if (is_letter(c)) {
      auto end = i;
      while (end < sql.size() && (is_letter(sql[end]) || is_digit(sql[end]) || sql[end] == '$')) ++end;
      add(Kind::Word, end);
    } else if (is_digit(c) || (c == '.' && i + 1 < sql.size() && is_digit(sql[i + 1]))) {
      auto end = i;
      while (end < sql.size() && (is_digit(sql[end]) || sql[end] == '.' || ((sql[end] | 32) == 'e') ||
                                  ((sql[end] == '+' || sql[end] == '-') && (sql[end - 1] | 32) == 'e')))
        ++end;
      add(Kind::Number, end);
    } else {
      const auto two = sql.substr(i, 2);
      const bool pair = two == "<>" || two == "<=" || two == ">=" || two == "||" || two == "!=" || two == "=>";
      add(Kind::Sign, i + (pair ? 2 : 1));
    }
  }
  return tokens;
}

/// Words that only the engine reserves.
constexpr std::array kReservedElsewhere = std::to_array<std::string_view>(
    {"ANALYSE", "ANALYZE", "DEFERRABLE", "DO", "INITIALLY", "LATERAL", "PIVOT", "PIVOT_LONGER", "PIVOT_WIDER",
     "PLACING", "QUALIFY", "RETURNING", "SHOW", "SUMMARIZE", "UNPIVOT", "VARIADIC"});

/// Calls that are named otherwise here.
constexpr std::array kRenamed = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"CARDINALITY", "fr_cardinality"},
    {"CHARACTER_LENGTH", "length"},
    {"CHAR_LENGTH", "length"},
    {"DAYOFWEEK", "fr_dayofweek"},
    {"INITCAP", "fr_initcap"},
    {"RAND", "random"},
    {"RAND_INTEGER", "fr_rand_integer"},
    {"RPATH", "fr_rpath"},
    {"RPATH_BYTE", "fr_rpath_byte"},
    {"RPATH_DATE", "fr_rpath_date"},
    {"RPATH_DOUBLE", "fr_rpath_double"},
    {"RPATH_FLOAT", "fr_rpath_float"},
    {"RPATH_INT", "fr_rpath_int"},
    {"RPATH_LONG", "fr_rpath_long"},
    {"RPATH_SHORT", "fr_rpath_short"},
    {"RPATH_STRING", "fr_rpath_string"},
    {"TRUNCATE", "trunc"},
});

std::optional<std::string_view> whole_type(std::string_view word) {
  if (word == "INT" || word == "INTEGER") return "integer";
  if (word == "BIGINT" || word == "LONG") return "bigint";
  if (word == "SMALLINT") return "smallint";
  if (word == "TINYINT") return "tinyint";
  return std::nullopt;
}

class Translation {
 public:
  Translation(std::vector<Token> tokens, const std::vector<std::string>& fields)
      : tokens_(std::move(tokens)), fields_(fields) {}

  std::string run() {
    while (!tokens_.empty() && tokens_.back().text == ";") tokens_.pop_back();
    name_columns();
    return range(0, tokens_.size());
  }

 private:
  bool is(std::size_t at, std::string_view text) const {
    return at < tokens_.size() &&
           (tokens_[at].kind == Kind::Word ? tokens_[at].upper == text : tokens_[at].text == text);
  }
  /// Of the sign that closes what opens at `at`.
  std::size_t closing(std::size_t at) const {
    int depth = 0;
    for (; at < tokens_.size(); ++at) {
      if (is(at, "(") || is(at, "[")) ++depth;
      if ((is(at, ")") || is(at, "]")) && --depth == 0) return at;
    }
    return tokens_.size();
  }
  bool is_field(const Token& token) const {
    return std::ranges::any_of(fields_, [&](const std::string& field) { return upper(field) == token.upper; });
  }

  std::string range(std::size_t from, std::size_t to) const {
    std::string out;
    for (auto i = from; i < to;) i = one(i, to, out);
    return out;
  }

  /// Translates what begins at `i`; answers with where the next begins.
  std::size_t one(std::size_t i, std::size_t to, std::string& out) const {
    const auto& token = tokens_[i];
    out += token.before;
    if (token.kind != Kind::Word) {
      out += token.text;
      return i + 1;
    }
    if (is(i + 1, "(")) return call(i, out);
    const bool reserved = std::ranges::count(kReservedElsewhere, token.upper) > 0;
    if (reserved && is_field(token)) {
      out += '"' + token.text + '"';
      return i + 1;
    }
    out += token.text;
    const bool is_decimal = token.upper == "DECIMAL" || token.upper == "NUMERIC" || token.upper == "DEC";
    if (is_decimal && i > 0 && is(i - 1, "AS")) out += "(19,0)";
    // FETCH FIRST n ROWS ONLY.
    if (token.upper == "FETCH" && i + 4 < to && (is(i + 1, "FIRST") || is(i + 1, "NEXT")) &&
        tokens_[i + 2].kind == Kind::Number) {
      out.resize(out.size() - token.text.size());
      out += "LIMIT " + tokens_[i + 2].text;
      return i + 5;
    }
    if (token.upper == "OFFSET" && i + 2 < to && tokens_[i + 1].kind == Kind::Number &&
        (is(i + 2, "ROWS") || is(i + 2, "ROW"))) {
      out += " " + tokens_[i + 1].text;
      return i + 3;
    }
    return i + 1;
  }

  std::size_t call(std::size_t i, std::string& out) const {
    const auto end = closing(i + 1);
    const auto& name = tokens_[i].upper;
    if (name == "CAST" || name == "TRY_CAST") return cast(i, end, out);
    if (name == "TIMESTAMPADD" || name == "TIMESTAMPDIFF") {
      // The unit is a word.
      auto unit = i + 2 < end ? tokens_[i + 2].upper : std::string();
      if (unit.starts_with("SQL_TSI_")) unit = unit.substr(8);
      out += fmt::format("fr_{}('{}'", name == "TIMESTAMPADD" ? "timestampadd" : "timestampdiff", unit);
      out += range(std::min(i + 3, end), end) + ")";
      return std::min(end + 1, tokens_.size());
    }
    if (name == "FLOOR" || name == "CEIL" || name == "CEILING") {
      // FLOOR(x TO unit)
      for (auto at = i + 2; at + 1 < end; ++at)
        if (is(at, "TO") && at + 2 == end) {
          out += fmt::format("fr_{}('{}', {})", name == "FLOOR" ? "floor_to" : "ceil_to", tokens_[at + 1].upper,
                             range(i + 2, at));
          return end + 1;
        }
    }
    const auto renamed = std::ranges::find(kRenamed, name, [](const auto& entry) { return entry.first; });
    out += renamed == kRenamed.end() ? tokens_[i].text : std::string(renamed->second);
    return i + 1;  // the parenthesis is next
  }

  /// Numbers lose their fraction when they become whole.
  std::size_t cast(std::size_t i, std::size_t end, std::string& out) const {
    std::size_t as = end;
    int depth = 0;
    for (auto at = i + 2; at < end; ++at) {
      if (is(at, "(") || is(at, "[")) ++depth;
      if (is(at, ")") || is(at, "]")) --depth;
      if (depth == 0 && is(at, "AS")) as = at;
    }
    const auto whole = as + 2 == end ? whole_type(tokens_[as + 1].upper) : std::nullopt;
    if (!whole) {
      out += tokens_[i].text;
      return i + 1;
    }
    out += fmt::format("fr_to_{}({})", *whole, range(i + 2, as));
    return std::min(end + 1, tokens_.size());
  }

  /// Gives names to the columns of the outermost SELECT that have none.
  void name_columns() {
    std::size_t at = 0;
    if (is(0, "WITH")) {
      int depth = 0;
      while (at < tokens_.size() && !(depth == 0 && is(at, "SELECT"))) {
        if (is(at, "(")) ++depth;
        if (is(at, ")")) --depth;
        ++at;
      }
    }
    if (!is(at, "SELECT")) return;
    ++at;
    if (is(at, "DISTINCT") || is(at, "ALL") || is(at, "STREAM")) ++at;
    std::size_t column = 0, start = at;
    int depth = 0;
    for (; at <= tokens_.size(); ++at) {
      if (is(at, "(") || is(at, "[") || is(at, "CASE")) ++depth;
      if (is(at, ")") || is(at, "]") || is(at, "END")) --depth;
      const bool ends = at == tokens_.size() || (depth == 0 && (is(at, "FROM") || is(at, "UNION") || is(at, "ORDER")));
      if (!ends && !(depth == 0 && is(at, ","))) continue;
      if (at > start && is(at - 1, "*")) {
        column += fields_.size();
      } else {
        if (at > start && needs_name(start, at)) {
          tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(at),
                         {Kind::Quoted, fmt::format("\"EXPR${}\"", column), {}, " AS "});
          ++at;
        }
        ++column;
      }
      if (ends) return;
      start = at + 1;
    }
  }

  bool needs_name(std::size_t start, std::size_t end) const {
    const auto is_name = [&](std::size_t at) {
      return tokens_[at].kind == Kind::Quoted || tokens_[at].kind == Kind::Word;
    };
    const auto& last = tokens_[end - 1];
    if (!is_name(end - 1) || is(end - 1, "END") || is(end - 1, "NULL")) return true;
    if (end - start == 1) return is(start, "TRUE") || is(start, "FALSE") || last.upper.starts_with("CURRENT_");
    // "a.b", "x AS y", "f(x) y", "a b"; but not "a + b".
    const auto& before = tokens_[end - 2];
    if (before.kind != Kind::Sign) return false;
    return before.text != "." && before.text != ")" && before.text != "]";
  }

  std::vector<Token> tokens_;
  const std::vector<std::string>& fields_;
};

}  // namespace

base::Result<std::string> translate_calcite(std::string_view sql, const std::vector<std::string>& fields) {
  TRY(auto tokens, tokens_of(sql));
  return Translation(std::move(tokens), fields).run();
}

std::vector<std::string> calcite_functions() {
  std::vector<std::string> statements{
      "CREATE MACRO fr_cardinality(x) AS CAST(fr_count(CAST(x AS BLOB)) AS INTEGER)",
      "CREATE MACRO fr_dayofweek(x) AS dayofweek(x) + 1",
      "CREATE MACRO fr_rand_integer(n) AS CAST(floor(random() * n) AS INTEGER)",
      "CREATE MACRO fr_timestampadd(unit, n, t) AS CAST(t AS TIMESTAMP) + CASE unit WHEN 'SECOND' THEN to_seconds(n) "
      "WHEN 'MINUTE' THEN to_minutes(n) WHEN 'HOUR' THEN to_hours(n) WHEN 'DAY' THEN to_days(CAST(n AS INTEGER)) WHEN "
      "'WEEK' THEN to_days(CAST(n * 7 AS INTEGER)) WHEN 'MONTH' THEN to_months(CAST(n AS INTEGER)) WHEN 'QUARTER' THEN "
      "to_months(CAST(n * 3 AS INTEGER)) WHEN 'YEAR' THEN to_years(CAST(n AS INTEGER)) WHEN 'MICROSECOND' THEN "
      "to_microseconds(n) ELSE error('there is no unit of time ' || unit) END",
      "CREATE MACRO fr_timestampdiff(unit, a, b) AS CAST(date_sub(lower(unit), CAST(a AS TIMESTAMP), CAST(b AS "
      "TIMESTAMP)) AS INTEGER)",
      "CREATE MACRO fr_floor_to(unit, x) AS date_trunc(lower(unit), x)",
      "CREATE MACRO fr_ceil_to(unit, x) AS CASE WHEN date_trunc(lower(unit), x) = x THEN CAST(x AS TIMESTAMP) ELSE "
      "fr_timestampadd(unit, 1, date_trunc(lower(unit), x)) END",
      "CREATE MACRO fr_rpath(x, path) AS fr_path_text(CAST(x AS BLOB), path)",
      "CREATE MACRO fr_rpath_string(x, path) AS fr_rpath(x, path)",
      "CREATE MACRO fr_rpath_date(x, path) AS CAST(fr_date_text(fr_rpath(x, path)) AS DATE)",
  };
  for (const auto& [name, type] : std::to_array<std::pair<std::string_view, std::string_view>>({{"int", "INTEGER"},
                                                                                                {"long", "BIGINT"},
                                                                                                {"short", "SMALLINT"},
                                                                                                {"byte", "TINYINT"},
                                                                                                {"float", "FLOAT"},
                                                                                                {"double", "DOUBLE"}}))
    statements.push_back(fmt::format("CREATE MACRO fr_rpath_{}(x, path) AS CAST(fr_rpath(x, path) AS {})", name, type));
  for (const auto* type : {"integer", "bigint", "smallint", "tinyint"})
    statements.push_back(
        fmt::format("CREATE MACRO fr_to_{0}(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR "
                    "starts_with(typeof(x), 'DECIMAL') THEN CAST(trunc(CAST(x AS DOUBLE)) AS {0}) ELSE CAST(x AS {0}) "
                    "END",
                    type));
  return statements;
}

}  // namespace bridge
