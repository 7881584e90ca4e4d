#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/record.h"
#include "sql/ast.h"

namespace load {

enum class FileType : std::uint8_t { Csv, Json, Avro, Orc, Parquet, Xml };
enum class Compression : std::uint8_t { Auto, Gzip, Bz2, Brotli, Zstd, Deflate, RawDeflate, None, Lzo, Snappy };
enum class BinaryFormat : std::uint8_t { Hex, Base64, Utf8 };

/// The options of one file format, defaults filled in. Source: loading.md 3.1, 3.2, 3.8 to 3.10.
/// Single-byte options are 0 where they are NONE; delimiters are empty there.
struct FileFormat {
  FileType type = FileType::Csv;
  Compression compression = Compression::Auto;
  std::string record_delimiter = "\n";  // "\n" is the logical newline: LF and CRLF
  std::string field_delimiter = ",";
  std::optional<std::string> file_extension;
  bool multi_line = true;
  bool parse_header = false;
  std::int64_t skip_header = 0;
  bool skip_blank_lines = false;
  std::string date_format = "AUTO", time_format = "AUTO", timestamp_format = "AUTO";
  BinaryFormat binary_format = BinaryFormat::Hex;
  char escape = 0;
  char escape_unenclosed_field = '\\';
  bool trim_space = false;
  char enclosed_by = 0;
  std::vector<std::string> null_if = {"\\N"};
  bool error_on_column_count_mismatch = true;
  bool validate_utf8 = true;
  bool replace_invalid_characters = false;
  bool empty_field_as_null = true;
  bool skip_byte_order_mark = true;
  std::string encoding = "UTF8";
  // JSON
  bool enable_octal = false, allow_duplicate = false, strip_outer_array = false, strip_null_values = false;
  bool ignore_utf8_errors = false;
  // Parquet
  bool snappy_compression = true, binary_as_text = true, use_logical_type = false, use_vectorized_scanner = false;
  // XML: kept and shown only
  bool preserve_space = false, strip_outer_element = false, disable_auto_convert = false;

  /// Reads options as the catalog keeps them (TYPE among them or not: then CSV). COMMENT and FORMAT_NAME are not
  /// options. Errors: 001003 "invalid parameter 'X'", 001008 "invalid value [X] for parameter 'P'".
  static base::Result<FileFormat> read(const catalog::Properties& options);
  /// Of a stored file format: `type` and its options.
  static base::Result<FileFormat> read(const catalog::FileFormatBody& body);
  static base::Result<FileFormat> read(const sql::Options& options);
};

std::string_view name_of(FileType type);
std::string_view name_of(Compression compression);

/// One row of DESC FILE FORMAT, and of the STAGE_FILE_FORMAT part of DESC STAGE.
struct FormatProperty {
  std::string name, type, value, default_value;
};
std::vector<FormatProperty> describe(const FileFormat& format);
/// The column `format_options` of SHOW FILE FORMATS: one JSON object with all options of the type.
std::string format_options_json(const FileFormat& format);

/// An option value as SQL text, the way catalog Properties keep it, and back.
std::string to_property_text(const sql::OptionValue& value);
base::Result<sql::OptionValue> read_property_text(std::string_view text);
catalog::Properties to_properties(const sql::Options& options);

/// Errors of option lists: 001003 (42000) and 001008 (22023).
base::Error invalid_parameter(std::string_view name);
base::Error invalid_value(std::string_view written, std::string_view parameter);
/// The value as messages echo it: a string with its quotes, a word bare.
std::string written_form(const sql::OptionValue& value);

/// TRUE or FALSE, bare or quoted in any case for words; a quoted one is refused as the dialect does.
base::Result<bool> read_flag(const sql::OptionValue& value, std::string_view parameter);
/// The text of a word, string or number.
std::optional<std::string> plain_text(const sql::OptionValue& value);

/// A delimiter as written: common escapes, octal \136, hex 0x5e or \x5e, several hex pairs.
std::string decode_delimiter(std::string_view text);

}  // namespace load
