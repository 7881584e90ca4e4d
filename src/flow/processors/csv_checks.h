#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/el/expression.h"
#include "flow/el/pattern.h"

namespace flow {

/// What ValidateCsv demands of one column: "NotNull()", "Optional(StrMinMax(1,5))".
struct CsvCheck {
  enum class Kind {
    Any,
    Date,
    Double,
    BigDecimal,
    Bool,
    Char,
    Int,
    Long,
    NotNull,
    Regex,
    Unique,
    UniqueHashCode,
    Length,
    LengthMinMax,
    LongMinMax,
    DoubleMinMax,
    Equals,
    ForbidSubstring,
    RequireSubstring,
    NotEmpty,
    HashCode,
    IncludedIn
  };
  Kind kind = Kind::Any;
  bool optional = false;
  std::vector<std::string> arguments;
  std::shared_ptr<const el::Pattern> pattern;  // of Regex
  std::shared_ptr<const el::Expression> date;  // of Date: fails for what is none
};

/// Errors: InvalidValue with what cannot be read.
base::Result<std::vector<CsvCheck>> parse_csv_schema(std::string_view schema);

/// The values that a column had before, in one flowfile.
struct CsvColumnMemory {
  std::set<std::string> seen;
  std::set<std::int32_t> seen_hashes;
  std::optional<std::string> first;
};

/// Why the value is not as demanded, in the words of Super CSV; nothing when it is.
base::Result<std::optional<std::string>> csv_violation(const CsvCheck& check, const std::optional<std::string>& value,
                                                       CsvColumnMemory& memory);

/// Java's String.hashCode of a text in UTF-8.
std::int32_t java_hash_code(std::string_view text);

}  // namespace flow
