#include "load/csv_rows.h"

#include "load/utf8.h"

namespace load {
namespace {

std::string hex_text(std::string_view bytes) {
  std::string text = "0x";
  for (const char c : bytes.substr(0, 64))
    text += fmt::format("{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text;
}

std::size_t words_of(engine::Carrier carrier) {
  using engine::Carrier;
  const bool wide = carrier == Carrier::Int128 || carrier == Carrier::Decimal128 || carrier == Carrier::TimestampNs ||
                    carrier == Carrier::TimestampTz || carrier == Carrier::Text || carrier == Carrier::Blob;
  return engine::kChunkRows * (wide ? 2 : 1);
}

}  // namespace

ScratchSink::ScratchSink(const std::vector<engine::Carrier>& carriers) {
  for (const engine::Carrier carrier : carriers) {
    memory_.emplace_back(words_of(carrier) + 1);
    validity_.emplace_back(engine::kChunkRows / 64, ~std::uint64_t{0});
    // Sixteen-byte values want their alignment.
    auto* data = memory_.back().data();
    if (reinterpret_cast<std::uintptr_t>(data) % 16 != 0) ++data;
    columns_.push_back({.carrier = carrier, .data = data, .validity = validity_.back().data()});
  }
}
base::Status ScratchSink::flush(std::size_t) {
  for (auto& bits : validity_) std::ranges::fill(bits, ~std::uint64_t{0});
  return {};
}

base::Result<CsvRows> CsvRows::make(std::string table, std::vector<catalog::Column> columns, const FileFormat& format,
                                    const ConvertSettings& settings, Options options) {
  CsvRows rows;
  rows.table_ = std::move(table);
  rows.format_ = format;
  rows.options_ = options;
  for (const catalog::Column& column : columns) {
    TRY(FieldConverter converter, FieldConverter::make(column, format, settings, {.truncate = options.truncate}));
    rows.converters_.push_back(std::move(converter));
  }
  rows.columns_ = std::move(columns);
  return rows;
}

std::vector<engine::Carrier> CsvRows::carriers() const {
  std::vector<engine::Carrier> carriers;
  for (const FieldConverter& converter : converters_) carriers.push_back(converter.carrier());
  return carriers;
}

std::string CsvRows::column_name(std::size_t index) const {
  if (index >= columns_.size()) return fmt::format("\"{}\"[{}]", table_, index + 1);
  return fmt::format("\"{}\"[\"{}\":{}]", table_, columns_[index].name, index + 1);
}

void CsvRows::add_error(const CsvRecord& record, FilePosition at, RowProblem problem, std::string column,
                        FileCount& count) const {
  if (count.errors.size() == FileCount::kErrorsMax) return;
  const std::size_t room = FileCount::kRejectedBytesMax - count.rejected_bytes;
  const std::string_view raw = record.with_delimiter.substr(0, std::min(room, RowError::kRejectedBytesMax));
  count.rejected_bytes += raw.size();
  count.errors.push_back({std::move(problem), at, std::move(column), record.number, record.line, std::string(raw)});
}

bool CsvRows::is_null(std::string_view text) const {
  for (const std::string& marker : format_.null_if)
    if (marker.size() == text.size() && text == marker) return true;
  return false;
}

bool CsvRows::count_is_right(const CsvRecord& record, bool first, FileCount& count) const {
  const std::size_t found = record.fields.size();
  const std::size_t wanted = columns_.size();
  if (found == wanted || !options_.check_column_count || !format_.error_on_column_count_mismatch) return true;
  const auto parsing = [](int number, std::string text) {
    return RowProblem{number, "22000", "parsing", std::move(text)};
  };
  if (first) {
    FilePosition at = position_in(record, record.with_delimiter.size());
    add_error(record, at,
              parsing(100080, fmt::format("Number of columns in file ({}) does not match that of the corresponding "
                                          "table ({}), use file format option "
                                          "error_on_column_count_mismatch=false to ignore this error",
                                          found, wanted)),
              column_name(found > wanted ? wanted : found - 1), count);
    return false;
  }
  if (found > wanted) {
    const std::size_t delimiter = record.fields[wanted - 1].end;
    const std::string shown = format_.record_delimiter == "\n" ? "\\n" : format_.record_delimiter;
    add_error(record, position_in(record, delimiter),
              parsing(100016, fmt::format("Field delimiter '{}' found while expecting record delimiter '{}'",
                                          format_.field_delimiter, shown)),
              column_name(wanted - 1), count);
    return false;
  }
  add_error(
      record, position_in(record, record.raw.size()),
      parsing(100068, fmt::format("End of record reached while expected to parse column '{}'", column_name(found))),
      column_name(found), count);
  return false;
}

/// One field into one cell; false when it is an error.
bool CsvRows::field(const CsvParser& parser, const CsvRecord& record, std::size_t index,
                    const engine::ChunkColumn& column, std::size_t row, FileCount& count) {
  const CsvField* place = index < record.fields.size() ? &record.fields[index] : nullptr;
  const auto bad = [&](RowProblem problem) {
    add_error(record, position_in(record, place ? place->begin : record.raw.size()), std::move(problem),
              column_name(index), count);
    return false;
  };
  bool null = place == nullptr;
  bool empty_null = false;
  std::string_view text;
  if (place) {
    text = record.text_of(*place);
    if (text.empty() && !place->enclosed) {
      null = is_null(text) || format_.empty_field_as_null || columns_[index].type.is_semi_structured();
      empty_null = null;
    } else if (is_null(text)) {
      null = true;
    } else if (place->escaped) {
      text = arena_.emplace_back(parser.unescaped(record, *place, scratch_));
      null = is_null(text);
    }
  }
  if (null) {
    if (!columns_[index].nullable)
      return bad({100088, "22000", "parsing",
                  empty_null ? "NULL result in a non-nullable column. Use quotes if an empty field should be "
                               "interpreted as an empty string instead of a null"
                             : "NULL result in a non-nullable column"});
    column.set_null(row);
    return true;
  }
  if (!record.ascii && !valid_utf8(text)) {
    if (!format_.replace_invalid_characters)
      return bad({100144, "22000", "conversion", fmt::format("Invalid UTF8 detected in string '{}'", hex_text(text))});
    text = arena_.emplace_back(repaired_utf8(text));
  }
  switch (converters_[index].convert(text, column, row, arena_)) {
    case FieldConverter::Outcome::Done: return true;
    case FieldConverter::Outcome::Bad: return bad(converters_[index].explain(text));
    case FieldConverter::Outcome::TooWide: too_wide_.insert(columns_[index].id); return true;
  }
  return false;
}

bool CsvRows::take(const CsvParser& parser, const CsvRecord& record, std::vector<engine::ChunkColumn>& chunk,
                   std::size_t row, bool first, FileCount& count) {
  if (record.problem) {
    std::size_t index = 0;
    while (index + 1 < record.fields.size() && record.fields[index].end < record.problem_at) ++index;
    add_error(record, position_in(record, record.problem_at), *record.problem, column_name(index), count);
    return false;
  }
  if (!count_is_right(record, first, count)) return false;
  bool good = true;
  for (std::size_t i = 0; i < columns_.size(); ++i) good = field(parser, record, i, chunk[i], row, count) && good;
  if (!good)
    for (const engine::ChunkColumn& column : chunk) column.validity[row / 64] |= std::uint64_t{1} << (row % 64);
  return good;
}

base::Status CsvRows::load(CsvParser& parser, RowSink& sink, FileCount& count) {
  std::size_t rows = 0;
  const auto flush = [&]() -> base::Status {
    if (rows != 0) TRY_VOID(sink.flush(rows));
    rows = 0;
    arena_.clear();
    parser.forget();
    return {};
  };
  bool first = true;
  arena_.clear();
  std::vector<engine::ChunkColumn>* chunk = &sink.chunk();
  while (count.rows_parsed < options_.rows_max) {
    TRY(const CsvRecord* record, parser.next());
    if (!record) break;
    ++count.rows_parsed;
    if (format_.skip_blank_lines && record->blank()) continue;
    if (take(parser, *record, *chunk, rows, std::exchange(first, false), count)) {
      if (!too_wide_.empty()) return {};
      ++count.rows_loaded;
      if (++rows == engine::kChunkRows) {
        TRY_VOID(flush());
        chunk = &sink.chunk();
      }
    } else {
      ++count.errors_seen;
      if (options_.stop_at_error) break;
    }
  }
  return flush();
}

}  // namespace load
