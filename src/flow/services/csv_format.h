#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/record/csv_format.h"

namespace flow {

// The properties that make up a CSV format, of readers, writers and lookups.
constexpr Allowed kCsvFormats[] = {{"custom", "Custom Format"},
                                   {"rfc-4180", "RFC 4180"},
                                   {"excel", "Microsoft Excel"},
                                   {"tdf", "Tab-Delimited"},
                                   {"mysql", "MySQL Format"},
                                   {"informix-unload", "Informix Unload"},
                                   {"informix-unload-csv", "Informix Unload Escape Disabled"}};
constexpr Allowed kCsvQuoteModes[] = {{"ALL", "Quote All Values"},
                                      {"MINIMAL", "Quote Minimal"},
                                      {"NON_NUMERIC", "Quote Non-Numeric Values"},
                                      {"NONE", "Do Not Quote Values"}};
constexpr Property kCsvSeparator{.name = "Value Separator",
                                 .help = "One character; may be written as an escape, as \\t",
                                 .fallback = ",",
                                 .required = true,
                                 .scope = Scope::FlowFile};
constexpr Property kCsvQuote{.name = "Quote Character", .fallback = "\"", .required = true, .scope = Scope::FlowFile};
constexpr Property kCsvQuoteMode{
    .name = "Quote Mode", .fallback = "MINIMAL", .required = true, .allowed = kCsvQuoteModes};
constexpr Property kCsvComment{.name = "Comment Marker", .scope = Scope::FlowFile};
constexpr Property kCsvEscape{
    .name = "Escape Character", .help = "Empty: there is none", .fallback = "\\", .scope = Scope::FlowFile};
constexpr Property kCsvTrim{
    .name = "Trim Fields", .fallback = "true", .required = true, .kind = Property::Kind::Boolean};

/// What a property is now: for a flowfile, or for none.
using EvaluateProperty = std::function<base::Result<std::optional<std::string>>(std::string_view name)>;

/// The format that these properties say, when none with a name is chosen.
base::Result<record::CsvFormat> custom_csv_format(const Configuration& configuration, const EvaluateProperty& evaluate);

}  // namespace flow
