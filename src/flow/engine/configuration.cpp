#include "flow/engine/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "flow/el/pattern.h"
#include "flow/engine/quantity.h"
#include "flow/engine/session.h"
#include "flow/property_keys.h"

namespace flow {
namespace {

std::string problem(const Configuration& configuration, std::string_view property, std::string_view what) {
  return fmt::format("{}, property '{}': {}", configuration.error_prefix(), property, what);
}

bool is_whole(std::string_view text) {
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "group:artifact:version"; what names no version is taken for the older one.
el::DateDialect dates_of(std::string_view bundle) {
  const auto version = bundle.substr(bundle.rfind(':') + 1);
  return version.starts_with("2.") ? el::DateDialect::DateTimeFormatter : el::DateDialect::SimpleDateFormat;
}

std::optional<std::string> check_kind(const Property& property, const std::string& value) {
  switch (property.kind) {
    case Property::Kind::Text: return std::nullopt;
    case Property::Kind::Duration:
      if (!parse_duration(value)) return fmt::format("'{}' is not a duration such as '30 sec'", value);
      return std::nullopt;
    case Property::Kind::Size:
      if (!parse_data_size(value)) return fmt::format("'{}' is not a data size such as '10 MB'", value);
      return std::nullopt;
    case Property::Kind::Boolean:
      if (value != "true" && value != "false") return fmt::format("'{}' is neither true nor false", value);
      return std::nullopt;
    case Property::Kind::Integer:
      if (!is_whole(value)) return fmt::format("'{}' is not a whole number", value);
      return std::nullopt;
    case Property::Kind::Pattern:
      if (auto pattern = el::Pattern::compile(value); !pattern) return pattern.error().message;
      return std::nullopt;
  }
  return std::nullopt;
}

/// A text that is no expression any more. What looks like a parameter in it stays as it is.
base::Result<el::Expression> settled(base::Result<std::string> text) {
  if (!text) return std::move(text).failure();
  return el::Expression::literal(
      *text, [](std::string_view name) -> std::optional<std::string> { return fmt::format("#{{{}}}", name); });
}

}  // namespace

std::string Configuration::error_prefix() const { return fmt::format("{} '{}'", type_, processor_name_); }

std::optional<std::string> Configuration::text(std::string_view name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end()) return std::nullopt;
  return found->second;
}
std::optional<std::chrono::nanoseconds> Configuration::duration(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_duration(*value) : std::nullopt;
}
std::optional<std::uint64_t> Configuration::size(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_data_size(*value) : std::nullopt;
}
std::uint64_t Configuration::integer_or(std::string_view name, std::uint64_t fallback) const {
  const auto value = text(name);
  return value && is_whole(*value) ? std::strtoull(value->c_str(), nullptr, 10) : fallback;
}
base::Result<std::string> Configuration::evaluate_or(std::string_view name, const Session& session,
                                                     const FlowFile& file, std::string_view fallback) const {
  TRY(auto value, evaluate(name, session, file));
  return std::move(value).value_or(std::string(fallback));
}
base::Result<std::optional<std::string>> Configuration::evaluate(std::string_view name, const Session& session,
                                                                 const FlowFile& file,
                                                                 const EvaluateOptions& options) const {
  const auto found = properties_.find(name);
  if (found == properties_.end()) return std::nullopt;
  auto value = session.evaluate(found->second, file, options);
  if (!value) {
    auto error = value.error();
    error.message = problem(*this, name, error.message);
    return base::fail(std::move(error));
  }
  return std::move(*value);
}

base::Result<el::Expression> Configuration::compile(std::string_view text) const {
  return el::Expression::compile(text, parameters_);
}

base::Result<std::string> ConfigurationBuilder::in_environment(const Configuration& configuration,
                                                               const el::Expression& expression) const {
  base::Random random(base::entropy());
  return expression.evaluate({.find = environment_,
                              .hostname = hostname_,
                              .time_zone = time_zone_,
                              .dates = configuration.dates_,
                              .random = &random});
}

void ConfigurationBuilder::add(Configuration& configuration, const Property& property, std::string value,
                               std::vector<std::string>& problems) const {
  auto compiled = property.scope == Scope::None ? el::Expression::literal(value, parameters_)
                                                : el::Expression::compile(value, parameters_);
  if (!compiled) {
    problems.push_back(problem(configuration, property.name, compiled.error().message));
    return;
  }
  if (property.scope == Scope::FlowFile && !compiled->is_literal()) {
    configuration.properties_.insert_or_assign(std::string(property.name), std::move(*compiled));
    return;
  }
  auto text = in_environment(configuration, *compiled);
  if (!text) {
    problems.push_back(problem(configuration, property.name, text.error().message));
    return;
  }
  if (!property.allowed.empty()) {
    auto allowed = std::ranges::find(property.allowed, *text, &Allowed::value);
    if (allowed == property.allowed.end()) allowed = std::ranges::find(property.allowed, *text, &Allowed::label);
    if (allowed == property.allowed.end()) {
      problems.push_back(problem(configuration, property.name, fmt::format("'{}' is none of its values", *text)));
      return;
    }
    if (!allowed->supported) {
      problems.push_back(problem(configuration, property.name, fmt::format("'{}' is not supported", *text)));
      return;
    }
    *text = allowed->value;
  }
  if (!property.service.empty()) {
    if (auto service = services_(*text, property.service))
      configuration.services_.insert_or_assign(std::string(property.name), std::move(*service));
    else
      problems.push_back(problem(configuration, property.name, service.error().message));
  }
  if (auto wrong = check_kind(property, *text)) problems.push_back(problem(configuration, property.name, *wrong));
  configuration.texts_.insert_or_assign(std::string(property.name), *text);
  configuration.properties_.insert_or_assign(std::string(property.name), std::move(*compiled));
}

Configuration ConfigurationBuilder::build(const ConfiguredDefinition& definition, const Description& description,
                                          std::vector<std::string>& problems, std::vector<std::string>& notes) const {
  Configuration configuration;
  configuration.processor_id_ = definition.id;
  configuration.processor_name_ = definition.name;
  configuration.type_ = description.short_type();
  configuration.dates_ = dates_of(definition.bundle);
  configuration.annotation_ = definition.annotation_data;
  configuration.parameters_ = parameters_;
  std::set<std::string, std::less<>> known;
  for (const auto& property : description.properties) {
    std::optional<std::string> value;
    for (const auto key : keys_of(property)) {
      const auto found = definition.properties.find(std::string(key));
      if (found == definition.properties.end()) continue;
      known.insert(std::string(key));
      if (!value) value = found->second;
    }
    if (property.unsupported && value && !value->empty()) {
      problems.push_back(problem(configuration, property.name, "is not supported; leave it unset"));
      continue;
    }
    if (property.no_effect) continue;
    if (!value && property.fallback) value = std::string(*property.fallback);
    const bool may_be_empty = property.kind == Property::Kind::Text && property.service.empty();
    if (!value || (value->empty() && !may_be_empty)) {
      if (property.required) problems.push_back(problem(configuration, property.name, "is required"));
      continue;
    }
    if (property.required && value->empty()) {
      problems.push_back(problem(configuration, property.name, "is required"));
      continue;
    }
    add(configuration, property, std::move(*value), problems);
  }
  for (const auto& name : keys_in_order(definition, definition.properties)) {
    const auto& value = definition.properties.at(name);
    if (known.contains(name) || !value) continue;
    if (!description.dynamic) {
      notes.push_back(problem(configuration, name, "is not one of its properties; it is kept and has no effect"));
      continue;
    }
    auto compiled = description.dynamic_scope == Scope::None ? el::Expression::literal(*value, parameters_)
                                                             : el::Expression::compile(*value, parameters_);
    // A service has no session to ask: its values are settled here.
    if (compiled && description.make_service != nullptr && description.dynamic_scope == Scope::Environment)
      compiled = settled(in_environment(configuration, *compiled));
    if (!compiled) {
      problems.push_back(problem(configuration, name, compiled.error().message));
      continue;
    }
    if (!description.dynamic_service.empty()) {
      auto service = services_(*value, description.dynamic_service);
      if (!service) {
        problems.push_back(problem(configuration, name, service.error().message));
        continue;
      }
      configuration.services_.insert_or_assign(name, std::move(*service));
    }
    configuration.dynamic_.push_back({name, std::move(*compiled)});
  }
  return configuration;
}

}  // namespace flow
