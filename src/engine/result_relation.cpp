#include "engine/result_relation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/overloaded.h"
#include "engine/bind/expr.h"
#include "engine/carrier.h"

namespace engine {
namespace {

/// One column of a result on its way into chunks. A TIMESTAMP_TZ takes two of the scratch table: chunks have no
/// structs.
struct Target {
  Relation::Column column;
  std::size_t first;  // of the scratch table's columns

  bool has_zone() const { return column.carrier == Carrier::TimestampTz; }
  std::string offset_name() const { return column.physical + "_offset"; }
};

/// Texts of the chunk being filled; cells point at them.
using Texts = std::deque<std::string>;

base::Int128 scaled(const Decimal& number, int scale) {
  base::Int128 digits = number.digits;
  for (int i = number.scale; i < scale; ++i) digits *= 10;
  for (int i = scale; i < number.scale; ++i) digits /= 10;
  return digits;
}

bool put_number(const ChunkColumn& into, std::size_t row, const Decimal& number) {
  switch (into.carrier) {
    case Carrier::Int64:
    case Carrier::Decimal64:
      into.as<std::int64_t>()[row] = static_cast<std::int64_t>(scaled(number, into.scale));
      return true;
    case Carrier::Int128:
    case Carrier::Decimal128: into.as<base::Int128>()[row] = scaled(number, into.scale); return true;
    case Carrier::Float64:
      into.as<double>()[row] = static_cast<double>(number.digits) / std::pow(10.0, number.scale);
      return true;
    default: return false;
  }
}

bool put_text(const ChunkColumn& into, std::size_t row, const std::string& text, Texts& texts) {
  if (into.carrier != Carrier::Text && into.carrier != Carrier::Blob) return false;
  into.as<StringCell>()[row].set(texts.emplace_back(text));
  return true;
}

template <class T>
bool put_plain(const ChunkColumn& into, std::size_t row, Carrier carrier, T value) {
  if (into.carrier != carrier) return false;
  into.as<T>()[row] = value;
  return true;
}

bool put_timestamp(const ChunkColumn& into, std::size_t row, const Timestamp& at) {
  if (into.carrier == Carrier::TimestampNs)
    return put_plain(into, row, Carrier::TimestampNs, base::Int128{at.seconds} * 1'000'000'000 + at.nanos);
  return put_plain(into, row, Carrier::TimestampUs, at.seconds * 1'000'000 + at.nanos / 1000);
}

/// False when the value is none that the column holds.
bool put(const ChunkColumn& into, std::size_t row, const Value& value, Texts& texts) {
  return std::visit(
      base::Overloaded{
          [&](std::monostate) { return into.set_null(row), true; },
          [&](bool flag) { return put_plain(into, row, Carrier::Boolean, static_cast<std::uint8_t>(flag)); },
          [&](const Decimal& number) { return put_number(into, row, number); },
          [&](double number) { return put_plain(into, row, Carrier::Float64, number); },
          [&](const std::string& text) { return put_text(into, row, text, texts); },
          [&](const Date& date) { return put_plain(into, row, Carrier::Date32, date.days); },
          [&](const Time& time) { return put_plain(into, row, Carrier::TimeNs, time.ns); },
          [&](const Timestamp& at) { return put_timestamp(into, row, at); },
          [&](const Binary& binary) { return put_text(into, row, binary.bytes, texts); },
          [&](const Json& json) { return put_text(into, row, json.text, texts); },
      },
      value);
}

bool put(const std::vector<ChunkColumn>& chunk, const Target& target, std::size_t row, const Value& value,
         Texts& texts) {
  if (!put(chunk[target.first], row, value, texts)) return false;
  if (!target.has_zone()) return true;
  const auto* at = std::get_if<Timestamp>(&value);
  return put(chunk[target.first + 1], row, at ? Value{Decimal{at->offset_minutes, 0}} : Value{}, texts);
}

/// SELECT of the scratch table with the zones put together.
std::string joined_zones(const std::vector<Target>& targets, const std::string& table) {
  std::string list;
  for (const Target& target : targets) {
    const std::string& name = target.column.physical;
    list += list.empty() ? "" : ", ";
    list +=
        target.has_zone()
            ? fmt::format(
                  R"(CASE WHEN {0} IS NOT NULL THEN struct_pack("instant" := {0}, "offset" := CAST({1} AS SMALLINT)) END AS {0})",
                  name, target.offset_name())
            : name;
  }
  return fmt::format("(SELECT {} FROM {})", list, table);
}

}  // namespace

base::Result<Relation> relation_of(const ResultSet& result, Work& work) {
  std::vector<Target> targets;
  std::vector<Work::ScratchColumn> columns;
  for (const ResultColumn& column : result.columns()) {
    const catalog::LogicalType type =
        column.type.kind == catalog::TypeKind::Null ? catalog::LogicalType::text() : column.type;
    const Carrier carrier = bind::computed_carrier(type, true);
    const std::string name = fmt::format("k{}", targets.size());
    Target& target = targets.emplace_back(
        Target{{.name = column.name, .type = type, .carrier = carrier, .physical = name}, columns.size()});
    columns.push_back({name, target.has_zone() ? Carrier::TimestampUs : carrier, type.scale});
    if (target.has_zone()) columns.push_back({target.offset_name(), Carrier::Int64, 0});
  }
  TRY(const auto scratch, work.fill_scratch(columns));
  const auto& [table, appender] = scratch;
  Texts texts;
  for (std::uint64_t row = 0, in_chunk = 0; row < result.row_count(); ++row) {
    for (std::size_t i = 0; i < targets.size(); ++i)
      if (!put(appender->chunk(), targets[i], in_chunk, result.value(row, i), texts))
        return base::fail(base::ErrorKind::Internal,
                          fmt::format("column {}, row {}: the value is no {}", targets[i].column.name, row + 1,
                                      catalog::to_text(targets[i].column.type)));
    if (++in_chunk < kChunkRows && row + 1 < result.row_count()) continue;
    TRY_VOID(appender->flush(std::exchange(in_chunk, 0)));
    texts.clear();
  }
  TRY_VOID(appender->close());
  Relation relation{.sql = table, .columns = {}, .qualified = {}};
  if (std::ranges::any_of(targets, &Target::has_zone)) relation.sql = joined_zones(targets, table);
  for (Target& target : targets) relation.columns.push_back(std::move(target.column));
  return relation;
}

}  // namespace engine
