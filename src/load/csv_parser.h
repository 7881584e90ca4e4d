#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/csv_scan.h"
#include "load/decoder.h"
#include "load/file_format.h"

namespace load {

/// What is wrong with a record or a field: text and codes of loading.md 4.5.
struct RowProblem {
  int number = 0;
  std::string sqlstate, category, message;
};

/// One field of a record, by offsets into CsvRecord::raw. `begin` and `end` are the field as it stands, the enclosure
/// and blanks around it included; `text_begin`, `text_end` what is inside.
struct CsvField {
  std::uint32_t begin = 0, end = 0, text_begin = 0, text_end = 0;
  bool enclosed = false;
  bool escaped = false;  // the text holds escapes or doubled enclosures
};

struct CsvRecord {
  std::string_view raw;                 // without its delimiter
  std::string_view with_delimiter;      // as it stands in the file
  std::vector<CsvField> fields;         // never empty
  std::uint64_t number = 0;             // from 1, skipped headers not counted
  std::uint64_t line = 0;               // the physical line where it starts, from 1
  std::uint64_t byte_offset = 0;        // in the decoded file
  std::uint64_t characters_before = 0;  // in its first line; not 0 only where the record delimiter is no line end
  bool ascii = true;                    // false: `raw` may hold other bytes
  /// A record that cannot be split; `problem_at` is an offset into raw.
  std::optional<RowProblem> problem;
  std::uint32_t problem_at = 0;

  std::string_view text_of(const CsvField& field) const {
    return raw.substr(field.text_begin, field.text_end - field.text_begin);
  }
  std::string_view field_of(const CsvField& field) const { return raw.substr(field.begin, field.end - field.begin); }
  bool blank() const { return raw.empty(); }
};

/// A place in the file: physical line and 1-based character in it, byte offset from 0.
struct FilePosition {
  std::uint64_t line = 0, character = 0, byte_offset = 0;
};
FilePosition position_in(const CsvRecord& record, std::size_t offset);

/// Splits the text of a file into records and fields. Streams: holds one block, and those that forget() has not
/// released. Source: loading.md 3.2 to 3.4.
class CsvParser {
 public:
  static constexpr std::size_t kRecordBytesMax = std::size_t{128} << 20;
  struct Limits {
    std::size_t block_bytes = 1 << 20;
    std::size_t record_bytes_max = kRecordBytesMax;
  };
  CsvParser(std::unique_ptr<ByteSource> source, const FileFormat& format, Limits limits, Simd simd = Simd::Best);
  CsvParser(std::unique_ptr<ByteSource> source, const FileFormat& format)
      : CsvParser(std::move(source), format, Limits{}) {}
  ~CsvParser();

  /// The next record, valid until the next call; nullptr at the end. Its bytes stay until forget().
  /// A record that is longer than the limit has a problem and is cut. Errors: those of the source.
  base::Result<const CsvRecord*> next();
  /// Releases the bytes of the records handed out before the last one.
  void forget();

  /// The text of a field without escapes: `scratch` holds it where it differs from what stands in the file.
  std::string_view unescaped(const CsvRecord& record, const CsvField& field, std::string& scratch) const;

 private:
  struct Block;
  enum class Outcome { Record, NeedMore };

  base::Status skip_header();
  base::Status refill();
  base::Status skip_long_record();
  Outcome split();
  Outcome finish(std::size_t end, std::size_t delimiter_length);
  void add_field(std::size_t begin, std::size_t end, std::size_t text_begin, std::size_t text_end, bool enclosed,
                 bool escaped);
  /// Length of the delimiter that starts at `at`: 0 none, npos when more bytes are needed to tell.
  std::size_t record_delimiter_at(std::size_t at) const;
  std::size_t field_delimiter_at(std::size_t at) const;
  std::size_t match(std::string_view delimiter, std::size_t at) const;
  void set_problem(std::size_t at, int number, std::string message);

  std::unique_ptr<ByteSource> source_;
  std::string record_delimiter_, field_delimiter_;
  std::int64_t header_lines_;
  char enclosed_by_, escape_, escape_unenclosed_, line_break_;
  bool logical_newline_, multi_line_, trim_;
  Limits limits_;
  Simd simd_;
  CsvMarks marks_;

  std::unique_ptr<Block> block_;
  std::vector<std::unique_ptr<Block>> retired_;
  std::size_t start_ = 0;      // of the next record in the block
  std::size_t next_mark_ = 0;  // first mark at or after it
  bool at_end_ = false;        // the source has no more
  bool header_skipped_ = false;
  bool delivered_ = false;          // a record was handed out from this block
  std::uint64_t block_offset_ = 0;  // of the block's first byte in the file
  std::uint64_t line_ = 1, characters_before_ = 0, records_ = 0;
  std::uint64_t lines_inside_ = 0;  // of the record being split
  CsvRecord record_;
};

}  // namespace load
