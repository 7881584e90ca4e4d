#include "store/s3/profiles.h"
#include "store/s3/documents/text.h"

namespace store::s3 {
namespace {

/// The value without a comment, which begins behind a blank.
std::string_view value_of(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at)
    if ((text[at] == '#' || text[at] == ';') && (text[at - 1] == ' ' || text[at - 1] == '\t'))
      return trim(text.substr(0, at));
  return trim(text);
}

std::string file_text(const Environment& environment, const std::string& variable, const std::string& name) {
  const auto home = environment.variable("HOME");
  const auto path = environment.variable(variable).value_or(home ? *home + "/.aws/" + name : "");
  if (path.empty()) return {};
  return environment.read_file(path).value_or(std::string());
}

}  // namespace

Profiles Profiles::load(const Environment& environment) {
  return parse(file_text(environment, "AWS_CONFIG_FILE", "config"),
               file_text(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials"));
}

Profiles Profiles::parse(std::string_view config, std::string_view credentials) {
  Profiles profiles;
  profiles.read(config, true);
  profiles.read(credentials, false);
  return profiles;
}

void Profiles::read(std::string_view text, bool is_config) {
  Settings* section = nullptr;
  std::string group;  // of the nested settings that follow
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto raw = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      auto name = trim(line.substr(1, line.find(']') - 1));
      group.clear();
      const bool is_service = is_config && name.starts_with("services ");
      const bool is_profile = is_config && name.starts_with("profile ");
      if (is_service || is_profile) name = trim(name.substr(name.find(' ')));
      const bool known = !is_config || is_service || is_profile || name == "default";
      section = !known ? nullptr : is_service ? &services_[std::string(name)] : &sections_[std::string(name)];
      continue;
    }
    const auto equals = line.find('=');
    if (section == nullptr || equals == std::string_view::npos) continue;
    const auto name = to_lower(trim(line.substr(0, equals)));
    const std::string value(value_of(line.substr(equals + 1)));
    const bool nested = raw.front() == ' ' || raw.front() == '\t';
    if (nested && !group.empty()) {
      (*section)[group + "." + name] = value;
    } else {
      group = value.empty() ? name : "";
      if (!value.empty()) (*section)[name] = value;
    }
  }
}

std::optional<std::string> Profiles::find(const std::string& profile, const std::string& name) const {
  const auto section = sections_.find(profile);
  if (section == sections_.end()) return std::nullopt;
  const auto setting = section->second.find(name);
  if (setting == section->second.end()) return std::nullopt;
  return setting->second;
}

std::optional<std::string> Profiles::endpoint_of(const std::string& profile, const std::string& service) const {
  if (const auto name = find(profile, "services")) {
    const auto section = services_.find(*name);
    if (section != services_.end())
      if (const auto found = section->second.find(service + ".endpoint_url"); found != section->second.end())
        return found->second;
  }
  return find(profile, "endpoint_url");
}

std::string profile_name(const Environment& environment) {
  return environment.variable("AWS_PROFILE").value_or("default");
}

}  // namespace store::s3
