#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gen {

/// Some rows by column, in the order of kCustomerColumns; the views are valid during the call only.
struct CustomerColumns {
  std::span<const std::int64_t> customer_id;
  std::array<std::span<const std::string_view>, 7> text;  // first_name ... country
};

/// Writes one columnar file (Parquet); declared here, implemented where such files are written.
class ColumnWriter {
 public:
  virtual ~ColumnWriter() = default;
  virtual base::Status begin(const std::string& path) = 0;
  virtual base::Status append(const CustomerColumns& rows) = 0;
  /// Returns when the file is complete; its size in bytes.
  virtual base::Result<std::uint64_t> finish() = 0;
};

}  // namespace gen
