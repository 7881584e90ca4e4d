#include "flow/record/csv_writer.h"

#include <fmt/format.h>

#include "flow/content/character_set.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

bool is_end(char c) { return c == '\n' || c == '\r'; }

void escaped(std::string& out, std::string_view text, const CsvFormat& format) {
  for (const char c : text) {
    if (format.escape && (c == format.delimiter || c == *format.escape || is_end(c))) {
      out += *format.escape;
      out += c == '\n' ? 'n' : c == '\r' ? 'r' : c;
    } else {
      out += c;
    }
  }
}

void quoted(std::string& out, std::string_view text, const CsvFormat& format) {
  const char quote = *format.quote, escape = format.escape.value_or(quote);
  out += quote;
  for (const char c : text) {
    if (c == quote || c == escape) out += escape;
    out += c;
  }
  out += quote;
}

/// Beside what has a meaning: an empty text that is first in its record, one that begins with a character up to '#',
/// and one that ends in a blank.
bool needs_quotes(std::string_view text, bool first, const CsvFormat& format) {
  if (text.empty()) return first;
  if (static_cast<unsigned char>(text.front()) <= '#' || static_cast<unsigned char>(text.back()) <= ' ') return true;
  for (const char c : text)
    if (is_end(c) || c == *format.quote || c == format.delimiter || (format.escape && c == *format.escape)) return true;
  return false;
}

class CsvWriter final : public Writer {
 public:
  CsvWriter(SchemaPtr schema, const CsvWriteOptions& options, EncodingSink sink)
      : options_(options), converter_(options.formats), finder_(std::move(schema)), sink_(std::move(sink)) {}

  base::Status begin() {
    TRY_VOID(converter_.check());
    if (!options_.header) return {};
    bool first = true;
    for (const auto& field : finder_.schema().fields()) print(field.name, false, first);
    return end_record();
  }
  base::Status finish() override {
    TRY_VOID(output_.flush());
    return sink_.finish();
  }
  std::string_view mime_type() const override { return "text/csv"; }

 protected:
  base::Status put(const Row& row) override {
    bool first = true;
    const auto& schema = finder_.schema();
    for (std::size_t i = 0; i < schema.size(); ++i) {
      const auto value = finder_.value(row, i);
      if (value.is_null()) {
        print_null(first);
      } else if (value.kind == Kind::String) {
        print(value.text(), false, first);
      } else if (value.kind >= Kind::Byte && value.kind <= Kind::Long) {
        char digits[24];
        const auto end = fmt::format_to(digits, "{}", value.whole);
        print({digits, static_cast<std::size_t>(end - digits)}, is_number_type(schema[i].type.type), first);
      } else {
        TRY(const auto text, converter_.text(value));
        print(text, value.is_number() && is_number_type(schema[i].type.type), first);
      }
    }
    return end_record();
  }

 private:
  /// Of other fields all values are texts to NiFi.
  static bool is_number_type(Type type) { return type >= Type::Byte && type <= Type::Decimal; }

  void separate(bool& first) {
    if (!first) output_.text() += options_.format.delimiter;
    first = false;
  }
  void print(std::string_view text, bool number, bool& first) {
    const bool is_first = first;
    separate(first);
    print_csv(output_.text(), text, number, is_first, options_.format);
  }
  void print_null(bool& first) {
    separate(first);
    const auto& format = options_.format;
    if (!format.null_text) return;
    const bool quotes = format.quote_mode == QuoteMode::All && format.quote;
    if (quotes) output_.text() += *format.quote;
    output_.text() += *format.null_text;
    if (quotes) output_.text() += *format.quote;
  }
  base::Status end_record() {
    if (options_.format.trailing_delimiter) output_.text() += options_.format.delimiter;
    output_.text() += options_.format.record_separator;
    return output_.pass();
  }

  const CsvWriteOptions options_;
  const Converter converter_;
  FieldFinder finder_;
  EncodingSink sink_;
  Output output_{sink_};
};

}  // namespace

void print_csv(std::string& out, std::string_view text, bool number, bool first, const CsvFormat& format) {
  if (format.trim) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  }
  if (!format.quote || format.quote_mode == QuoteMode::None) {
    escaped(out, text, format);
    return;
  }
  bool quotes = false;
  switch (format.quote_mode) {
    case QuoteMode::All:
    case QuoteMode::AllNonNull: quotes = true; break;
    case QuoteMode::NonNumeric: quotes = !number; break;
    case QuoteMode::Minimal: quotes = needs_quotes(text, first, format); break;
    case QuoteMode::None: break;
  }
  if (quotes)
    quoted(out, text, format);
  else
    out += text;
}

base::Result<std::unique_ptr<Writer>> write_csv(SchemaPtr schema, const CsvWriteOptions& options, ByteSink& sink) {
  TRY(const auto set, CharacterSet::find(options.charset));
  TRY(auto encoding, EncodingSink::make(sink, set));
  auto writer = std::make_unique<CsvWriter>(std::move(schema), options, std::move(encoding));
  TRY_VOID(writer->begin());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace flow::record
