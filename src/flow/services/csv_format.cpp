#include "flow/services/csv_format.h"

#include <fmt/format.h>

#include "flow/services/schema_access.h"

namespace flow {
namespace {

/// The character that a property is; its default where it is none, as NiFi has it.
base::Result<std::optional<char>> character(const EvaluateProperty& evaluate, std::string_view name,
                                            std::optional<char> fallback) {
  TRY(const auto text, evaluate(name));
  if (!text) return std::optional<char>{};
  const auto plain = unescape_java(*text);
  return plain.size() == 1 ? std::optional(plain[0]) : fallback;
}

}  // namespace

base::Result<record::CsvFormat> custom_csv_format(const Configuration& configuration,
                                                  const EvaluateProperty& evaluate) {
  record::CsvFormat format;
  format.allow_missing_names = true;
  TRY(const auto delimiter, character(evaluate, kCsvSeparator.name, ','));
  format.delimiter = delimiter.value_or(',');
  TRY(format.quote, character(evaluate, kCsvQuote.name, '"'));
  TRY(const auto escape, evaluate(kCsvEscape.name));
  if (escape && !escape->empty()) {
    TRY(format.escape, character(evaluate, kCsvEscape.name, '\\'));
  }
  TRY(format.comment, character(evaluate, kCsvComment.name, std::nullopt));
  format.trim = configuration.flag(kCsvTrim.name);
  const auto mode = configuration.text_or(kCsvQuoteMode.name, "MINIMAL");
  format.quote_mode = mode == "ALL"           ? record::QuoteMode::All
                      : mode == "NON_NUMERIC" ? record::QuoteMode::NonNumeric
                      : mode == "NONE"        ? record::QuoteMode::None
                                              : record::QuoteMode::Minimal;
  if (format.quote_mode == record::QuoteMode::None && !format.escape)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': NONE needs an escape character",
                                                                 configuration.error_prefix(), kCsvQuoteMode.name));
  return format;
}

}  // namespace flow
