#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/description.h"
#include "flow/record/value.h"

namespace flow {

class Session;
struct FlowFile;

/// Values by coordinates: named values that say which is meant.
class LookupService {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.lookup.LookupService";
  using Coordinates = std::map<std::string, record::Value>;  // none of them is null
  struct Request {
    const Coordinates& coordinates;
    const Session& session;
    const FlowFile& file;  // whose record it is for
    std::stop_token stop = {};
  };
  struct Found {
    std::optional<record::Value> value = {};  // a text or a record; nothing: there is none
    std::shared_ptr<const void> keeper = {};  // of what the value points at; null: the service keeps it
  };
  virtual ~LookupService() = default;
  /// The coordinate that must be there; empty: none must.
  virtual std::string_view required_key() const = 0;
  /// A lookup is a request to a server: answers are worth keeping.
  virtual bool asks_others() const { return false; }
  /// Errors: Cancelled when stop was asked for; any other is of this lookup, not of the program.
  virtual base::Result<Found> find(const Request& request) = 0;
};

extern const Description kCsvRecordLookupService;
extern const Description kDatabaseRecordLookupService;
extern const Description kRestLookupService;
extern const Description kSimpleCsvLookupService;
extern const Description kSimpleDatabaseLookupService;
extern const Description kSimpleKeyValueLookupService;

}  // namespace flow
