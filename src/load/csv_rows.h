#pragma once

#include <set>
#include <string>
#include <vector>

#include "catalog/record.h"
#include "engine/chunk.h"
#include "load/csv_parser.h"
#include "load/field_convert.h"

namespace load {

/// A row that was not loaded, as VALIDATE shows it. Source: loading.md 4.12.
struct RowError {
  RowProblem problem;
  FilePosition at;
  std::string column;  // "T"["COL":1]; empty: none
  std::uint64_t row = 0, row_start_line = 0;
  std::string rejected;  // raw text with its delimiter, cut at kRejectedBytesMax
  static constexpr std::size_t kRejectedBytesMax = 65'536;
};

/// What became of one file so far.
struct FileCount {
  std::uint64_t rows_parsed = 0, rows_loaded = 0;
  std::uint64_t errors_seen = 0;  // rows with errors
  std::vector<RowError> errors;   // of those rows, the first kErrorsMax
  std::size_t rejected_bytes =
      0;  // raw text kept in `errors`, kRejectedBytesMax at most: a file of rubbish must not fill the memory
  static constexpr std::size_t kErrorsMax = 100'000, kRejectedBytesMax = std::size_t{64} << 20;
};

/// Takes chunks of rows.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual std::vector<engine::ChunkColumn>& chunk() = 0;
  virtual base::Status flush(std::size_t rows) = 0;
};

/// Memory of chunks that nobody keeps: for a look at a file before it is loaded.
class ScratchSink final : public RowSink {
 public:
  explicit ScratchSink(const std::vector<engine::Carrier>& carriers);
  std::vector<engine::ChunkColumn>& chunk() override { return columns_; }
  base::Status flush(std::size_t rows) override;

 private:
  std::vector<std::vector<std::uint64_t>> memory_, validity_;
  std::vector<engine::ChunkColumn> columns_;
};

/// Brings the records of CSV files into typed rows of one table: the order of work of loading.md 3.3, blank lines 3.4,
/// column count 3.5.
class CsvRows {
 public:
  struct Options {
    bool truncate = false;           // TRUNCATECOLUMNS, or ENFORCE_LENGTH = FALSE
    bool check_column_count = true;  // false with a column list
    bool stop_at_error = false;
    std::uint64_t rows_max = UINT64_MAX;
  };
  /// `columns`: those of the table that the fields fill, in the order of the fields and of the chunk.
  static base::Result<CsvRows> make(std::string table, std::vector<catalog::Column> columns, const FileFormat& format,
                                    const ConvertSettings& settings, Options options);

  std::vector<engine::Carrier> carriers() const;
  /// Reads a file to its end (or to its first error), flushes after it. Columns that turn out too narrow are put into
  /// too_wide(); then reading stops: widen them and start anew. Errors: those of the source and of the sink.
  base::Status load(CsvParser& parser, RowSink& sink, FileCount& count);
  /// The next files are read so far only.
  void stop_after(std::uint64_t rows) { options_.rows_max = rows; }
  const std::set<catalog::ColumnId>& too_wide() const { return too_wide_; }

 private:
  CsvRows() = default;
  bool take(const CsvParser& parser, const CsvRecord& record, std::vector<engine::ChunkColumn>& chunk, std::size_t row,
            bool first, FileCount& count);
  bool field(const CsvParser& parser, const CsvRecord& record, std::size_t index, const engine::ChunkColumn& column,
             std::size_t row, FileCount& count);
  bool is_null(std::string_view text) const;
  std::string column_name(std::size_t index) const;
  bool count_is_right(const CsvRecord& record, bool first, FileCount& count) const;
  void add_error(const CsvRecord& record, FilePosition at, RowProblem problem, std::string column,
                 FileCount& count) const;

  std::string table_;
  std::vector<catalog::Column> columns_;
  std::vector<FieldConverter> converters_;
  FileFormat format_;
  Options options_;
  TextArena arena_;
  std::string scratch_;
  std::set<catalog::ColumnId> too_wide_;
};

}  // namespace load
