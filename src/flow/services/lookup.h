#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/description.h"
#include "flow/record/value.h"

namespace flow {

/// Values by coordinates: named texts that say which is meant.
class LookupService {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.lookup.LookupService";
  virtual ~LookupService() = default;
  virtual std::string_view required_key() const = 0;  // the coordinate that must be there
  /// A text or a record that lives as long as the service; nothing: there is none.
  virtual base::Result<std::optional<record::Value>> find(const std::map<std::string, std::string>& coordinates) = 0;
};

extern const Description kCsvRecordLookupService;
extern const Description kSimpleCsvLookupService;
extern const Description kSimpleKeyValueLookupService;

}  // namespace flow
