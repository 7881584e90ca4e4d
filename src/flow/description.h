#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace flow {

class ControllerService;
class Processor;

/// Who may use the expression language in a property.
enum class Scope { None, Environment, FlowFile };

struct Allowed {
  std::string_view value;  // as saved
  std::string_view label = {};
  bool supported = true;  // false: known to NiFi, refused here by name
};

/// One property of a component: validation, import and documentation come from it.
struct Property {
  std::string_view name;           // from NiFi 2.7 on
  std::string_view old_name = {};  // before
  std::string_view help = {};
  std::optional<std::string_view> fallback = {};
  bool required = false;
  Scope scope = Scope::None;
  bool sensitive = false;
  std::span<const Allowed> allowed = {};
  enum class Kind { Text, Duration, Size, Boolean, Pattern, Integer } kind = Kind::Text;
  bool no_effect = false;    // accepted, and means nothing here
  bool unsupported = false;  // must stay unset
  /// The value is the id of a controller service that offers this (its Java interface); empty: it is not.
  std::string_view service = {};
};

struct Relationship {
  std::string_view name;
  bool failure = false;  // what goes here and ends was lost, not done
};

enum class Input { Forbidden, Required, Allowed };

/// What a kind of processor or of controller service is. A service has `make_service` and `apis`; what speaks of
/// inputs, relationships and schedules is a processor's alone.
struct Description {
  std::string_view type;  // Java class
  std::string_view bundle;
  std::string_view help;
  std::span<const Property> properties;
  std::span<const Relationship> relationships = {};
  Input input = Input::Required;
  bool serial = false;      // one task at a time
  bool batches = false;     // a run duration means many triggers and one commit
  bool when_empty = false;  // triggered also when nothing waits for it
  bool dynamic = false;     // properties of other names are welcome
  Scope dynamic_scope = Scope::FlowFile;
  bool dynamic_relationships = false;  // each dynamic property is a relationship
  /// Each dynamic property is the id of a controller service that offers this; empty: they are no services.
  std::string_view dynamic_service = {};
  std::string_view default_period = "0 sec";
  std::unique_ptr<Processor> (*make)() = nullptr;
  std::span<const std::string_view> apis = {};  // Java interfaces that the service offers
  std::unique_ptr<ControllerService> (*make_service)() = nullptr;
  std::span<const std::string_view> aliases = {};  // other classes that mean the same

  std::string_view short_type() const { return type.substr(type.rfind('.') + 1); }
};

std::span<const Description* const> descriptions();  // of processors
std::span<const Description* const> service_descriptions();

/// By Java class, or by the last part of it. Null when it is not implemented.
const Description* find_description(std::string_view type, std::span<const Description* const> among = descriptions());

}  // namespace flow
