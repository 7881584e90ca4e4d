#include "flow/processors/attributes_to_json.h"

#include <algorithm>
#include <bit>
#include <boost/json.hpp>
#include <cstdint>
#include <set>

#include "flow/content/pretty_json.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/json_text.h"
#include "flow/processors/csv_checks.h"
#include "flow/processors/failure.h"
#include "flow/record/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr Allowed kDestinations[] = {{"flowfile-attribute"}, {"flowfile-content"}};
constexpr Allowed kHandlings[] = {{"ESCAPED", "Escaped"}, {"NESTED", "Nested"}};
constexpr Property kProperties[] = {
    {.name = "Attributes List", .help = "Names, comma between; nothing: all"},
    {.name = "Attributes Regular Expression",
     .old_name = "attributes-to-json-regex",
     .help = "Java pattern for whole names, beside those of the list",
     .scope = Scope::Environment,
     .kind = Property::Kind::Pattern},
    {.name = "Destination",
     .help = "The attribute JSONAttributes, or the content",
     .fallback = "flowfile-attribute",
     .required = true,
     .allowed = kDestinations},
    {.name = "Include Core Attributes",
     .help = "When all are written: also uuid, filename, path and the others that NiFi knows",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Null Value",
     .help = "An attribute of the list that is missing is null; else an empty text",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "JSON Handling Strategy",
     .help = "A value that is JSON stays a text, or becomes a part",
     .fallback = "ESCAPED",
     .required = true,
     .allowed = kHandlings},
    {.name = "Pretty Print", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

const std::set<std::string_view> kCore{"path",     "absolute.path", "filename",       "uuid",
                                       "priority", "mime.type",     "discard.reason", "alternate.identifier"};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

/// NiFi takes the names from Java's hash sets, which are in the order of their tables: made for `expected` names, and
/// twice as large whenever three quarters are taken.
std::vector<std::string> in_java_order(std::vector<std::string> names, std::size_t expected, std::size_t count) {
  auto table = std::bit_ceil(std::max<std::size_t>(expected, 1));
  while (count * 4 > table * 3) table *= 2;
  std::vector<std::pair<std::uint32_t, std::size_t>> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto hash = static_cast<std::uint32_t>(java_hash_code(names[i]));
    places.emplace_back((hash ^ hash >> 16) & (table - 1), i);
  }
  std::ranges::sort(places);
  std::vector<std::string> sorted;
  for (const auto& [place, index] : places) sorted.push_back(std::move(names[index]));
  return sorted;
}

constexpr std::size_t kJavaTable = 16;  // of a set that is made for no number in particular

class AttributesToJson final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    std::string_view rest;
    const auto list = configuration.text_or("Attributes List", "");
    for (rest = list; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (comma > 0) names_.emplace_back(trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (const auto pattern = configuration.text("Attributes Regular Expression"); pattern && !pattern->empty()) {
      TRY(pattern_, el::Pattern::compile(*pattern));
    }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto chosen, choose(configuration, *file));
    const bool nested = configuration.text("JSON Handling Strategy") == "NESTED";
    json::object object;
    for (const auto& [name, value] : chosen) {
      object[name] = value == nullptr ? json::value(nullptr) : json::value(std::string_view(*value));
      if (value == nullptr || !nested) continue;
      const auto text = trimmed(*value);
      if (!(text.starts_with('[') && text.ends_with(']')) && !(text.starts_with('{') && text.ends_with('}'))) continue;
      auto parsed = parse_json(text);
      if (!parsed) {
        send_to_failure(configuration, session, *file, fmt::format("attribute '{}' is not valid JSON", name));
        return {};
      }
      object[name] = std::move(*parsed);
    }
    if (configuration.text("Destination") == "flowfile-attribute") {
      session.put_attribute(*file, "JSONAttributes", json_text(object));
    } else {
      TRY(auto writer, session.begin_write());
      const auto text = configuration.flag("Pretty Print") ? pretty_json_text(object) : json_text(object);
      TRY_VOID(writer.append(record::with_escaped_pairs(text)));
      session.set_content(*file, writer.finish());
      session.put_attribute(*file, "mime.type", "application/json");
    }
    session.transfer(*file, "success");
    return {};
  }

 private:
  /// With values; null for JSON's null.
  base::Result<std::vector<std::pair<std::string, const std::string*>>> choose(const Configuration& configuration,
                                                                               const FlowFile& file) const {
    static const std::string kEmpty;
    const auto* missing = configuration.flag("Null Value") ? nullptr : &kEmpty;
    TRY(const auto names, names_for(configuration, file));
    std::vector<std::pair<std::string, const std::string*>> chosen;
    for (const auto& name : names) {
      const auto found = file.attributes.find(name);
      chosen.emplace_back(name, found == file.attributes.end() ? missing : &found->second);
    }
    return chosen;
  }

  base::Result<std::vector<std::string>> names_for(const Configuration& configuration, const FlowFile& file) const {
    auto names = names_;
    if (pattern_) {
      for (const auto& [name, value] : file.attributes) {
        TRY(const bool fits, pattern_->matches(name));
        if (fits && std::ranges::count(names_, name) == 0) names.push_back(name);
      }
      return in_java_order(names, kJavaTable, names.size());
    }
    if (!names_.empty()) return in_java_order(std::move(names), names_.size(), names_.size());
    for (const auto& [name, value] : file.attributes)
      if (configuration.flag("Include Core Attributes") || !kCore.contains(name)) names.push_back(name);
    return in_java_order(std::move(names), kJavaTable, file.attributes.size());
  }

  std::vector<std::string> names_;
  std::optional<el::Pattern> pattern_;
};

}  // namespace

const Description kAttributesToJson{
    .type = "org.apache.nifi.processors.standard.AttributesToJSON",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Writes attributes as a JSON object.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new AttributesToJson); },
};

}  // namespace flow
