#pragma once

#include <string>
#include <string_view>

#include "flow/description.h"
#include "flow/snowflake.h"

namespace flow {

/// A controller service that says which pipe.
class SnowflakeIngest {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.processors.snowflake.SnowflakeIngestManagerProviderService";
  virtual ~SnowflakeIngest() = default;
  virtual const SnowflakeAccount& account() const = 0;
  virtual const std::string& pipe() const = 0;  // "database.schema.pipe"
};

extern const Description kPrivateKeyService;
extern const Description kSnowflakeIngestService;

}  // namespace flow
