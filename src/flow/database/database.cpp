#include "flow/database/database.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow::database {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Type type_named(std::string_view declared) {
  auto name = lower(declared.substr(0, declared.find('(')));
  while (name.ends_with(' ')) name.pop_back();
  static constexpr std::pair<std::string_view, Type> kNames[] = {
      {"array", Type::VarChar},
      {"bigint", Type::BigInt},
      {"bigserial", Type::BigInt},
      {"binary", Type::Binary},
      {"bit", Type::Bit},
      {"blob", Type::Blob},
      {"bool", Type::Bit},
      {"boolean", Type::Boolean},
      {"bpchar", Type::Char},
      {"bytea", Type::Binary},
      {"char", Type::Char},
      {"character", Type::Char},
      {"character varying", Type::VarChar},
      {"clob", Type::Clob},
      {"date", Type::Date},
      {"datetime", Type::Timestamp},
      {"decimal", Type::Decimal},
      {"double", Type::Double},
      {"double precision", Type::Double},
      {"float", Type::Double},
      {"float4", Type::Real},
      {"float8", Type::Double},
      {"int", Type::Integer},
      {"int2", Type::SmallInt},
      {"int4", Type::Integer},
      {"int8", Type::BigInt},
      {"integer", Type::Integer},
      {"long", Type::BigInt},
      {"longblob", Type::LongVarBinary},
      {"longtext", Type::LongVarChar},
      {"mediumblob", Type::LongVarBinary},
      {"mediumint", Type::Integer},
      {"mediumtext", Type::LongVarChar},
      {"nchar", Type::NChar},
      {"number", Type::Decimal},
      {"numeric", Type::Numeric},
      {"nvarchar", Type::NVarChar},
      {"real", Type::Real},
      {"serial", Type::Integer},
      {"smallint", Type::SmallInt},
      {"string", Type::VarChar},
      {"text", Type::VarChar},
      {"time", Type::Time},
      {"time without time zone", Type::Time},
      {"timestamp", Type::Timestamp},
      {"timestamp with time zone", Type::TimestampWithZone},
      {"timestamp without time zone", Type::Timestamp},
      {"timestamp_ltz", Type::TimestampWithZone},
      {"timestamp_ntz", Type::Timestamp},
      {"timestamp_tz", Type::TimestampWithZone},
      {"timestamptz", Type::TimestampWithZone},
      {"tinyblob", Type::VarBinary},
      {"tinyint", Type::TinyInt},
      {"tinytext", Type::VarChar},
      {"uuid", Type::Other},
      {"varbinary", Type::VarBinary},
      {"varchar", Type::VarChar},
      {"year", Type::Date},
  };
  const auto found = std::ranges::lower_bound(kNames, name, {}, [](const auto& entry) { return entry.first; });
  return found != std::end(kNames) && found->first == name ? found->second : Type::VarChar;
}

bool is_text(Type type) {
  switch (type) {
    case Type::LongNVarChar:
    case Type::NChar:
    case Type::NVarChar:
    case Type::LongVarChar:
    case Type::Char:
    case Type::VarChar:
    case Type::Other:
    case Type::Clob:
    case Type::SqlXml:
    case Type::RowId:
    case Type::NClob: return true;
    default: return false;
  }
}

bool is_number(Type type) {
  switch (type) {
    case Type::TinyInt:
    case Type::BigInt:
    case Type::Numeric:
    case Type::Decimal:
    case Type::Integer:
    case Type::SmallInt:
    case Type::Float:
    case Type::Real:
    case Type::Double: return true;
    default: return false;
  }
}

base::Result<std::int64_t> Connection::execute_batch(std::string_view sql, std::span<const Parameters> rows,
                                                     const ExecuteOptions& options, std::size_t* failed_at) {
  std::int64_t changed = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto outcome = execute(sql, rows[i], options);
    if (!outcome) {
      if (failed_at != nullptr) *failed_at = i;
      return base::fail(outcome.error());
    }
    changed += outcome->changed;
  }
  return changed;
}

base::Result<bool> Connection::claim(std::string_view, std::string_view) { return true; }

base::Result<const Driver*> driver_of(std::string_view jdbc_url, const Driver* warehouse) {
  const auto is = [&](std::string_view scheme) { return jdbc_url.starts_with(scheme); };
  if (is("jdbc:sqlite:")) return &kSqlite;
  if (is("jdbc:postgresql:")) return &kPostgres;
  if (is("jdbc:mysql:") || is("jdbc:mariadb:")) return &kMariaDb;
  if (is("jdbc:snowflake:")) {
    if (warehouse != nullptr) return warehouse;
    return base::fail(base::ErrorKind::Unsupported, "there is no warehouse here for URLs of jdbc:snowflake");
  }
  const auto after = is("jdbc:") ? jdbc_url.find(':', 5) : jdbc_url.find(':');
  return base::fail(base::ErrorKind::Unsupported,
                    fmt::format("there is no driver for URLs of '{}'; those of jdbc:snowflake, jdbc:postgresql, "
                                "jdbc:mysql, jdbc:mariadb and jdbc:sqlite have one",
                                jdbc_url.substr(0, after)));
}

NetworkUrl parse_network_url(std::string_view url) {
  NetworkUrl parsed;
  const auto question = url.find_first_of("?;");
  auto place = url.substr(0, question);
  if (place.starts_with("//")) {
    place.remove_prefix(2);
    const auto slash = place.find('/');
    auto host = place.substr(0, slash);
    // Of several hosts the first is asked.
    host = host.substr(0, host.find(','));
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
      parsed.port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    parsed.host = host;
    place = slash == std::string_view::npos ? std::string_view() : place.substr(slash + 1);
  }
  parsed.name = decoded(place);
  auto rest = question == std::string_view::npos ? std::string_view() : url.substr(question + 1);
  while (!rest.empty()) {
    const auto end = rest.find_first_of("&;");
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    if (!pair.empty())
      parsed.properties.insert_or_assign(decoded(pair.substr(0, equals)), equals == std::string_view::npos
                                                                              ? std::string()
                                                                              : decoded(pair.substr(equals + 1)));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return parsed;
}

}  // namespace flow::database
