#include "load/file_format.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/overloaded.h"

namespace load {
namespace {

using base::Overloaded;

constexpr unsigned kCsv = 1, kJson = 2, kAvro = 4, kOrc = 8, kParquet = 16, kXml = 32;
unsigned bit_of(FileType type) { return 1u << static_cast<unsigned>(type); }

enum class Kind { Flag, Count, Text, Delimiter, Byte, Extension, List, Compression, Binary, Encoding };

/// Reaches the member of an option; the table below is the one description of what options there are.
struct OptionSpec {
  std::string_view name;
  unsigned types;
  Kind kind;
  bool FileFormat::* flag = nullptr;
  std::string FileFormat::* text = nullptr;
  char FileFormat::* byte = nullptr;
};

constexpr OptionSpec kOptions[] = {
    {.name = "RECORD_DELIMITER", .types = kCsv, .kind = Kind::Delimiter, .text = &FileFormat::record_delimiter},
    {.name = "FIELD_DELIMITER", .types = kCsv, .kind = Kind::Delimiter, .text = &FileFormat::field_delimiter},
    {.name = "FILE_EXTENSION", .types = kCsv | kJson, .kind = Kind::Extension},
    {.name = "SKIP_HEADER", .types = kCsv, .kind = Kind::Count},
    {.name = "PARSE_HEADER", .types = kCsv, .kind = Kind::Flag, .flag = &FileFormat::parse_header},
    {.name = "DATE_FORMAT", .types = kCsv | kJson, .kind = Kind::Text, .text = &FileFormat::date_format},
    {.name = "TIME_FORMAT", .types = kCsv | kJson, .kind = Kind::Text, .text = &FileFormat::time_format},
    {.name = "TIMESTAMP_FORMAT", .types = kCsv | kJson, .kind = Kind::Text, .text = &FileFormat::timestamp_format},
    {.name = "BINARY_FORMAT", .types = kCsv | kJson, .kind = Kind::Binary},
    {.name = "ESCAPE", .types = kCsv, .kind = Kind::Byte, .byte = &FileFormat::escape},
    {.name = "ESCAPE_UNENCLOSED_FIELD",
     .types = kCsv,
     .kind = Kind::Byte,
     .byte = &FileFormat::escape_unenclosed_field},
    {.name = "TRIM_SPACE",
     .types = kCsv | kJson | kAvro | kOrc | kParquet,
     .kind = Kind::Flag,
     .flag = &FileFormat::trim_space},
    {.name = "FIELD_OPTIONALLY_ENCLOSED_BY", .types = kCsv, .kind = Kind::Byte, .byte = &FileFormat::enclosed_by},
    {.name = "NULL_IF", .types = kCsv | kJson | kAvro | kOrc | kParquet, .kind = Kind::List},
    {.name = "COMPRESSION", .types = kCsv | kJson | kAvro | kParquet | kXml, .kind = Kind::Compression},
    {.name = "ERROR_ON_COLUMN_COUNT_MISMATCH",
     .types = kCsv,
     .kind = Kind::Flag,
     .flag = &FileFormat::error_on_column_count_mismatch},
    {.name = "VALIDATE_UTF8", .types = kCsv, .kind = Kind::Flag, .flag = &FileFormat::validate_utf8},
    {.name = "SKIP_BLANK_LINES", .types = kCsv, .kind = Kind::Flag, .flag = &FileFormat::skip_blank_lines},
    {.name = "ENABLE_OCTAL", .types = kJson, .kind = Kind::Flag, .flag = &FileFormat::enable_octal},
    {.name = "ALLOW_DUPLICATE", .types = kJson, .kind = Kind::Flag, .flag = &FileFormat::allow_duplicate},
    {.name = "STRIP_OUTER_ARRAY", .types = kJson, .kind = Kind::Flag, .flag = &FileFormat::strip_outer_array},
    {.name = "STRIP_NULL_VALUES", .types = kJson, .kind = Kind::Flag, .flag = &FileFormat::strip_null_values},
    {.name = "IGNORE_UTF8_ERRORS", .types = kJson | kXml, .kind = Kind::Flag, .flag = &FileFormat::ignore_utf8_errors},
    {.name = "REPLACE_INVALID_CHARACTERS",
     .types = 63,
     .kind = Kind::Flag,
     .flag = &FileFormat::replace_invalid_characters},
    {.name = "EMPTY_FIELD_AS_NULL", .types = kCsv, .kind = Kind::Flag, .flag = &FileFormat::empty_field_as_null},
    {.name = "SKIP_BYTE_ORDER_MARK",
     .types = kCsv | kJson | kXml,
     .kind = Kind::Flag,
     .flag = &FileFormat::skip_byte_order_mark},
    {.name = "ENCODING", .types = kCsv, .kind = Kind::Encoding},
    {.name = "MULTI_LINE", .types = kCsv | kJson, .kind = Kind::Flag, .flag = &FileFormat::multi_line},
    {.name = "SNAPPY_COMPRESSION", .types = kParquet, .kind = Kind::Flag, .flag = &FileFormat::snappy_compression},
    {.name = "BINARY_AS_TEXT", .types = kParquet, .kind = Kind::Flag, .flag = &FileFormat::binary_as_text},
    {.name = "USE_LOGICAL_TYPE", .types = kParquet, .kind = Kind::Flag, .flag = &FileFormat::use_logical_type},
    {.name = "USE_VECTORIZED_SCANNER",
     .types = kParquet,
     .kind = Kind::Flag,
     .flag = &FileFormat::use_vectorized_scanner},
    {.name = "PRESERVE_SPACE", .types = kXml, .kind = Kind::Flag, .flag = &FileFormat::preserve_space},
    {.name = "STRIP_OUTER_ELEMENT", .types = kXml, .kind = Kind::Flag, .flag = &FileFormat::strip_outer_element},
    {.name = "DISABLE_AUTO_CONVERT", .types = kXml, .kind = Kind::Flag, .flag = &FileFormat::disable_auto_convert},
};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

constexpr std::pair<std::string_view, Compression> kCompressions[] = {{"AUTO", Compression::Auto},
                                                                      {"GZIP", Compression::Gzip},
                                                                      {"BZ2", Compression::Bz2},
                                                                      {"BROTLI", Compression::Brotli},
                                                                      {"ZSTD", Compression::Zstd},
                                                                      {"DEFLATE", Compression::Deflate},
                                                                      {"RAW_DEFLATE", Compression::RawDeflate},
                                                                      {"NONE", Compression::None},
                                                                      {"LZO", Compression::Lzo},
                                                                      {"SNAPPY", Compression::Snappy}};
constexpr std::pair<std::string_view, FileType> kTypes[] = {{"CSV", FileType::Csv},         {"JSON", FileType::Json},
                                                            {"AVRO", FileType::Avro},       {"ORC", FileType::Orc},
                                                            {"PARQUET", FileType::Parquet}, {"XML", FileType::Xml}};
constexpr std::string_view kEncodings[] = {
    "BIG5",        "EUCJP",       "EUCKR",       "GB18030",     "IBM420",      "IBM424",
    "IBM949",      "ISO2022CN",   "ISO2022JP",   "ISO2022KR",   "ISO88591",    "ISO88592",
    "ISO88595",    "ISO88596",    "ISO88597",    "ISO88598",    "ISO88599",    "ISO885915",
    "KOI8R",       "SHIFTJIS",    "UTF8",        "UTF16",       "UTF16BE",     "UTF16LE",
    "UTF32",       "UTF32BE",     "UTF32LE",     "WINDOWS874",  "WINDOWS949",  "WINDOWS1250",
    "WINDOWS1251", "WINDOWS1252", "WINDOWS1253", "WINDOWS1254", "WINDOWS1255", "WINDOWS1256"};
constexpr std::pair<std::string_view, BinaryFormat> kBinaries[] = {{"HEX", BinaryFormat::Hex},
                                                                   {"BASE64", BinaryFormat::Base64},
                                                                   {"UTF8", BinaryFormat::Utf8},
                                                                   {"UTF-8", BinaryFormat::Utf8}};

template <class Pairs>
auto find_word(const Pairs& pairs, std::string_view word) -> decltype(&pairs[0].second) {
  const std::string folded = upper(word);
  for (const auto& pair : pairs)
    if (pair.first == folded) return &pair.second;
  return nullptr;
}

const OptionSpec* find_option(std::string_view name, FileType type) {
  for (const OptionSpec& option : kOptions)
    if (option.name == name && (option.types & bit_of(type)) != 0) return &option;
  return nullptr;
}

bool is_word(const sql::OptionValue& value, std::string_view word) {
  const auto* node = std::get_if<sql::OptionWord>(&value.node);
  return node != nullptr && upper(node->written.empty() ? plain_text(value).value_or("") : node->written) == word;
}
/// NONE is a keyword; public scripts also quote it.
bool is_none(const sql::OptionValue& value) {
  const auto text = plain_text(value);
  return text && upper(*text) == "NONE";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Status set_list(FileFormat& format, const sql::OptionValue& value) {
  format.null_if.clear();
  const auto add = [&](const sql::OptionValue& element) -> base::Status {
    const auto text = plain_text(element);
    if (!text) return base::fail(invalid_value(written_form(value), "NULL_IF"));
    format.null_if.push_back(*text);
    return {};
  };
  if (const auto* list = std::get_if<sql::OptionList>(&value.node)) {
    for (const sql::OptionValue& element : list->values) TRY_VOID(add(element));
    return {};
  }
  if (const auto* group = std::get_if<sql::OptionGroup>(&value.node)) {
    if (!group->options.empty()) return base::fail(invalid_value(written_form(value), "NULL_IF"));
    return {};
  }
  return add(value);
}

base::Status set_option(FileFormat& format, const OptionSpec& option, const sql::OptionValue& value) {
  const auto bad = [&] { return base::fail(invalid_value(written_form(value), option.name)); };
  const auto text = plain_text(value);
  if (option.kind != Kind::List && !text) return bad();
  switch (option.kind) {
    case Kind::Flag: {
      TRY(const bool flag, read_flag(value, option.name));
      format.*option.flag = flag;
      return {};
    }
    case Kind::Count: {
      if (text->empty() || text->size() > 9 || !std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; }))
        return bad();
      format.skip_header = std::stoll(*text);
      return {};
    }
    case Kind::Text: format.*option.text = upper(*text) == "AUTO" ? "AUTO" : *text; return {};
    case Kind::Delimiter:
      if (is_none(value)) {
        (format.*option.text).clear();
        return {};
      }
      format.*option.text = decode_delimiter(*text);
      if ((format.*option.text).empty() || (format.*option.text).size() > 80) return bad();
      return {};
    case Kind::Byte: {
      if (is_none(value)) {
        format.*option.byte = 0;
        return {};
      }
      const std::string decoded = decode_delimiter(*text);
      if (decoded.empty() && option.byte == &FileFormat::enclosed_by) return bad();
      if (decoded.size() > 1) return bad();
      format.*option.byte = decoded.empty() ? '\0' : decoded[0];
      return {};
    }
    case Kind::Extension:
      if (is_word(value, "NONE"))
        format.file_extension.reset();
      else
        format.file_extension = *text;
      return {};
    case Kind::List: return set_list(format, value);
    case Kind::Compression: {
      const Compression* found = find_word(kCompressions, *text);
      const bool parquet_only = found && (*found == Compression::Lzo || *found == Compression::Snappy);
      if (!found || (parquet_only && format.type != FileType::Parquet)) return bad();
      format.compression = *found;
      return {};
    }
    case Kind::Binary: {
      const BinaryFormat* found = find_word(kBinaries, *text);
      if (!found) return bad();
      format.binary_format = *found;
      return {};
    }
    case Kind::Encoding: {
      std::string folded;
      for (const char c : upper(*text))
        if (c != '-' && c != '_') folded += c;
      if (std::ranges::find(kEncodings, folded) == std::end(kEncodings)) return bad();
      format.encoding = folded;
      return {};
    }
  }
  return {};
}

base::Status check_together(const FileFormat& format) {
  const auto compilation_error = [](std::string text) {
    return base::fail({base::ErrorKind::InvalidValue, 2019, "0A000", "SQL compilation error:\n" + text, {}});
  };
  if (format.parse_header && format.skip_header > 0)
    return compilation_error("Invalid file format: PARSE_HEADER and SKIP_HEADER cannot be used together.");
  const std::string& record = format.record_delimiter;
  const std::string& field = format.field_delimiter;
  if (!record.empty() && !field.empty() &&
      (record.find(field) != std::string::npos || field.find(record) != std::string::npos))
    return compilation_error(
        "Invalid file format: FIELD_DELIMITER and RECORD_DELIMITER cannot be substrings of each other.");
  if (format.type == FileType::Csv && format.enclosed_by != 0 && format.enclosed_by == format.escape_unenclosed_field)
    return compilation_error(
        "Invalid file format: FIELD_OPTIONALLY_ENCLOSED_BY and ESCAPE_UNENCLOSED_FIELD cannot be the same character.");
  return {};
}

base::Result<FileFormat> read_values(const std::vector<std::pair<std::string, sql::OptionValue>>& options) {
  FileFormat format;
  std::vector<std::pair<std::string, std::string>> seen;
  for (const auto& [name, value] : options) {
    const std::string text = to_property_text(value);
    for (const auto& [old_name, old_text] : seen)
      if (old_name == name && old_text != text)
        return base::fail({base::ErrorKind::InvalidValue,
                           1003,
                           "42000",
                           "SQL compilation error:\nduplicate option '" + name + "' with different values",
                           {}});
    seen.emplace_back(name, text);
    if (name != "TYPE") continue;
    const auto word = plain_text(value);
    const FileType* type = word ? find_word(kTypes, *word) : nullptr;
    if (!type) return base::fail(invalid_value(written_form(value), "TYPE"));
    format.type = *type;
  }
  for (const auto& [name, value] : options) {
    if (name == "TYPE" || name == "COMMENT") continue;
    const OptionSpec* option = find_option(name, format.type);
    if (!option) return base::fail(invalid_parameter(name));
    TRY_VOID(set_option(format, *option, value));
  }
  TRY_VOID(check_together(format));
  return format;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\n': result += "\\n"; break;
      case '\r': result += "\\r"; break;
      case '\t': result += "\\t"; break;
      case '\\': result += "\\\\"; break;
      default: result += c;
    }
  }
  return result;
}

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (result += '\\') += c;
    else if (c == '\n')
      result += "\\n";
    else if (c == '\r')
      result += "\\r";
    else if (c == '\t')
      result += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", static_cast<int>(c));
    else
      result += c;
  }
  return result + '"';
}

std::string_view flag_text(bool flag) { return flag ? "true" : "false"; }

/// The value for DESC (`json` false) or for the JSON of SHOW.
std::string shown(const FileFormat& format, const OptionSpec& option, bool json) {
  const auto text = [&](std::string_view value) { return json ? json_text(value) : escaped(value); };
  switch (option.kind) {
    case Kind::Flag: return std::string(flag_text(format.*option.flag));
    case Kind::Count: return std::to_string(format.skip_header);
    case Kind::Text: return text(format.*option.text);
    case Kind::Delimiter: return text((format.*option.text).empty() ? "NONE" : format.*option.text);
    case Kind::Byte: return format.*option.byte == 0 ? text("NONE") : text(std::string(1, format.*option.byte));
    case Kind::Extension:
      if (!format.file_extension) return json ? "null" : "";
      return text(*format.file_extension);
    case Kind::List: {
      std::string list;
      for (const std::string& value : format.null_if) (list += list.empty() ? "" : (json ? "," : ", ")) += text(value);
      return "[" + list + "]";
    }
    case Kind::Compression: return text(name_of(format.compression));
    case Kind::Binary:
      for (const auto& [name, value] : kBinaries)
        if (value == format.binary_format) return text(name);
      return {};
    case Kind::Encoding: return text(format.encoding);
  }
  return {};
}

std::string_view property_type(Kind kind) {
  switch (kind) {
    case Kind::Flag: return "Boolean";
    case Kind::Count: return "Integer";
    case Kind::List: return "List";
    case Kind::Text:
    case Kind::Delimiter:
    case Kind::Byte:
    case Kind::Extension:
    case Kind::Compression:
    case Kind::Binary:
    case Kind::Encoding: return "String";
  }
  return "String";
}

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += "''";
    else if (c == '\\')
      result += "\\\\";
    else if (c == '\n')
      result += "\\n";
    else if (c == '\r')
      result += "\\r";
    else if (c == '\t')
      result += "\\t";
    else
      result += c;
  }
  return result + '\'';
}

/// Reads what to_property_text writes.
class PropertyReader {
 public:
  explicit PropertyReader(std::string_view text) : text_(text) {}
  base::Result<sql::OptionValue> value() {
    skip_blanks();
    if (at_ == text_.size()) return bad();
    if (text_[at_] == '\'' || text_[at_] == '"') return sql::OptionValue{.node = sql::OptionString{string(text_[at_])}};
    if (text_[at_] == '(') return list();
    const std::size_t start = at_;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) && text_[at_] != ',' &&
           text_[at_] != ')')
      ++at_;
    if (start == at_) return bad();
    std::string word(text_.substr(start, at_ - start));
    if (std::isdigit(static_cast<unsigned char>(word[0])) || word[0] == '-')
      return sql::OptionValue{.node = sql::OptionNumber{std::move(word)}};
    sql::OptionWord node{.name = {.parts = {sql::Identifier{upper(word)}}}, .written = std::move(word)};
    return sql::OptionValue{.node = std::move(node)};
  }
  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }

 private:
  base::Result<sql::OptionValue> bad() {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not an option value: {}", text_));
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  std::string string(char quote) {
    std::string result;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
          result += quote;
          ++at_;
          continue;
        }
        ++at_;
        break;
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        result += next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next;
        continue;
      }
      result += c;
    }
    return result;
  }
  base::Result<sql::OptionValue> list() {
    sql::OptionList list;
    for (++at_;;) {
      skip_blanks();
      if (at_ == text_.size()) return bad();
      if (text_[at_] == ')') break;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      TRY(sql::OptionValue element, value());
      list.values.push_back(std::move(element));
    }
    ++at_;
    return sql::OptionValue{.node = std::move(list)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view name_of(FileType type) { return kTypes[static_cast<std::size_t>(type)].first; }
std::string_view name_of(Compression compression) { return kCompressions[static_cast<std::size_t>(compression)].first; }

base::Error invalid_parameter(std::string_view name) {
  return {
      base::ErrorKind::Syntax, 1003, "42000", fmt::format("SQL compilation error:\ninvalid parameter '{}'", name), {}};
}
base::Error invalid_value(std::string_view written, std::string_view parameter) {
  return {base::ErrorKind::InvalidValue,
          1008,
          "22023",
          fmt::format("SQL compilation error:\ninvalid value [{}] for parameter '{}'", written, parameter),
          {}};
}

std::optional<std::string> plain_text(const sql::OptionValue& value) {
  if (const auto* word = std::get_if<sql::OptionWord>(&value.node)) {
    if (!word->written.empty()) return word->written;
    std::string name;
    for (const sql::Identifier& part : word->name.parts) (name += name.empty() ? "" : ".") += part.name;
    return name;
  }
  if (const auto* string = std::get_if<sql::OptionString>(&value.node)) return string->value;
  if (const auto* number = std::get_if<sql::OptionNumber>(&value.node)) return number->text;
  return std::nullopt;
}

std::string written_form(const sql::OptionValue& value) {
  if (const auto* string = std::get_if<sql::OptionString>(&value.node)) {
    const std::string quote = string->double_quoted ? "\"" : "'";
    return quote + string->value + quote;
  }
  return plain_text(value).value_or(to_property_text(value));
}

base::Result<bool> read_flag(const sql::OptionValue& value, std::string_view parameter) {
  if (is_word(value, "TRUE")) return true;
  if (is_word(value, "FALSE")) return false;
  return base::fail(invalid_value(written_form(value), parameter));
}

std::string decode_delimiter(std::string_view text) {
  std::string result;
  const bool hex_text = text.size() >= 4 && text.size() % 2 == 0 && text.starts_with("0x") &&
                        std::ranges::all_of(text.substr(2), [](char c) { return hex_digit(c) >= 0; });
  if (hex_text) {
    for (std::size_t i = 2; i < text.size(); i += 2)
      result += static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
    return result;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 'n')
      result += '\n';
    else if (next == 't')
      result += '\t';
    else if (next == 'r')
      result += '\r';
    else if (next == 'x' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else if (next >= '0' && next <= '7') {
      int code = 0;
      int digits = 0;
      for (; digits < 3 && i + static_cast<std::size_t>(digits) < text.size() &&
             text[i + static_cast<std::size_t>(digits)] >= '0' && text[i + static_cast<std::size_t>(digits)] <= '7';
           ++digits)
        code = code * 8 + (text[i + static_cast<std::size_t>(digits)] - '0');
      result += static_cast<char>(code);
      i += static_cast<std::size_t>(digits) - 1;
    } else {
      result += next;
    }
  }
  return result;
}

std::string to_property_text(const sql::OptionValue& value) {
  return std::visit(Overloaded{
                        [&](const sql::OptionWord&) { return plain_text(value).value_or(""); },
                        [](const sql::OptionString& node) { return quoted(node.value); },
                        [](const sql::OptionNumber& node) { return node.text; },
                        [](const sql::OptionList& node) {
                          std::string list;
                          for (const sql::OptionValue& element : node.values)
                            (list += list.empty() ? "" : ", ") += to_property_text(element);
                          return "(" + list + ")";
                        },
                        [](const sql::OptionGroup& node) {
                          std::string list;
                          for (const sql::Option& option : node.options)
                            (list += list.empty() ? "" : " ") +=
                                option.name.name + " = " + to_property_text(option.value);
                          return "(" + list + ")";
                        },
                    },
                    value.node);
}

base::Result<sql::OptionValue> read_property_text(std::string_view text) {
  PropertyReader reader(text);
  TRY(sql::OptionValue value, reader.value());
  if (!reader.at_end()) return base::fail(base::ErrorKind::InvalidValue, fmt::format("not an option value: {}", text));
  return value;
}

catalog::Properties to_properties(const sql::Options& options) {
  catalog::Properties properties;
  for (const sql::Option& option : options)
    properties.emplace_back(upper(option.name.name), to_property_text(option.value));
  return properties;
}

base::Result<FileFormat> FileFormat::read(const catalog::Properties& options) {
  std::vector<std::pair<std::string, sql::OptionValue>> values;
  for (const auto& [name, text] : options) {
    TRY(sql::OptionValue value, read_property_text(text));
    values.emplace_back(upper(name), std::move(value));
  }
  return read_values(values);
}

base::Result<FileFormat> FileFormat::read(const catalog::FileFormatBody& body) {
  catalog::Properties options = body.options;
  if (std::ranges::none_of(options, [](const auto& option) { return option.first == "TYPE"; }))
    options.emplace(options.begin(), "TYPE", body.type);
  return read(options);
}

base::Result<FileFormat> FileFormat::read(const sql::Options& options) {
  std::vector<std::pair<std::string, sql::OptionValue>> values;
  for (const sql::Option& option : options) values.emplace_back(upper(option.name.name), option.value);
  return read_values(values);
}

std::vector<FormatProperty> describe(const FileFormat& format) {
  const FileFormat defaults{.type = format.type};
  std::vector<FormatProperty> rows = {{"TYPE", "String", std::string(name_of(format.type)), "CSV"}};
  for (const OptionSpec& option : kOptions)
    if ((option.types & bit_of(format.type)) != 0)
      rows.push_back({std::string(option.name), std::string(property_type(option.kind)), shown(format, option, false),
                      shown(defaults, option, false)});
  return rows;
}

std::string format_options_json(const FileFormat& format) {
  std::string json = "{\"TYPE\":" + json_text(name_of(format.type));
  for (const OptionSpec& option : kOptions)
    if ((option.types & bit_of(format.type)) != 0)
      json += "," + json_text(option.name) + ":" + shown(format, option, true);
  return json + "}";
}

}  // namespace load
