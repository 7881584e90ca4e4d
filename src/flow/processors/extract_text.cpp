#include "flow/processors/extract_text.h"

#include "flow/content/buffered_content.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"

namespace flow {
namespace {

constexpr Property flag(std::string_view name, std::string_view help, std::string_view fallback = "false",
                        std::string_view old_name = {}) {
  return {.name = name,
          .old_name = old_name,
          .help = help,
          .fallback = fallback,
          .required = true,
          .kind = Property::Kind::Boolean};
}

constexpr Property kProperties[] = {
    {.name = "Character Set", .help = "Of the content", .fallback = "UTF-8", .required = true},
    {.name = "Maximum Buffer Size",
     .help = "What is behind so many bytes is not looked at",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Maximum Capture Group Length",
     .help = "Characters of a value; the rest is left out",
     .fallback = "1024",
     .kind = Property::Kind::Integer},
    flag("Enable Canonical Equivalence", "Not supported"),
    flag("Enable Case-insensitive Matching", "Also (?i)"),
    flag("Permit Whitespace and Comments in Pattern", "Also (?x)"),
    flag("Enable DOTALL Mode", "A dot matches line ends; also (?s)"),
    flag("Enable Literal Parsing of the Pattern", "The pattern is a text"),
    flag("Enable Multiline Mode", "^ and $ match at each line; also (?m)"),
    flag("Enable Unicode-aware Case Folding",
         "Case of all letters is ignored, not just of ASCII; so it is always here"),
    flag("Enable Unicode Predefined Character Classes", "\\w and the like match letters of all scripts"),
    flag("Enable Unix Lines Mode", "Only \\n ends a line"),
    flag("Include Capture Group 0", "Set <name>.0 to the whole match", "true"),
    flag("Enable Repeating Capture Group", "All matches, not just the first", "false",
         "extract-text-enable-repeating-capture-group"),
    {.name = "Enable Named Groups",
     .old_name = "extract-text-enable-named-groups",
     .help = "Attributes have the names of the groups; all groups must have one",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"matched"}, {"unmatched"}};

/// No more than so many characters.
std::string_view shortened(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  while (at < text.size() && characters > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    --characters;
  }
  return text.substr(0, at);
}

struct Rule {
  std::string name;
  el::Pattern pattern;
  std::vector<std::pair<std::string, std::size_t>> names;  // of groups
};

class ExtractText final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(set_, character_set(configuration));
    bytes_max_ = configuration.size("Maximum Buffer Size").value_or(1 << 20);
    length_max_ = configuration.integer_or("Maximum Capture Group Length", 1024);
    whole_ = configuration.flag("Include Capture Group 0");
    repeats_ = configuration.flag("Enable Repeating Capture Group");
    named_ = configuration.flag("Enable Named Groups");
    if (configuration.flag("Enable Canonical Equivalence"))
      return in_property(configuration, "Enable Canonical Equivalence", "'true' is not supported");
    std::string letters;
    for (const auto& [property, letter] : {std::pair("Enable Case-insensitive Matching", 'i'),
                                           {"Permit Whitespace and Comments in Pattern", 'x'},
                                           {"Enable Unicode-aware Case Folding", 'u'},
                                           {"Enable Unicode Predefined Character Classes", 'U'},
                                           {"Enable Unix Lines Mode", 'd'},
                                           {"Enable DOTALL Mode", 's'},
                                           {"Enable Multiline Mode", 'm'}})
      if (configuration.flag(property)) letters += letter;
    const bool literal = configuration.flag("Enable Literal Parsing of the Pattern");
    const auto before = letters.empty() ? std::string() : "(?" + letters + ")";
    for (const auto& dynamic : configuration.dynamic()) {
      const auto text = dynamic.value.evaluate({});
      if (!text) return in_property(configuration, dynamic.name, text.error());
      auto pattern = el::Pattern::compile(before + (literal ? el::Pattern::quote(*text) : *text));
      if (!pattern) return in_property(configuration, dynamic.name, pattern.error());
      auto names = pattern->names();
      if (pattern->groups() == 0 && !literal && !whole_)
        return in_property(configuration, dynamic.name, "the pattern has no group");
      if (pattern->groups() > 40)
        return in_property(configuration, dynamic.name, "the pattern has more than 40 groups");
      if (named_ && names.size() != pattern->groups())
        return in_property(configuration, dynamic.name, "not every group of the pattern has a name");
      rules_.push_back({dynamic.name, std::move(*pattern), std::move(names)});
    }
    return {};
  }

  base::Status trigger(const Configuration&, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto bytes, read_beginning(session, *file, bytes_max_));
    TRY(const auto text, set_.decode(bytes));
    Attributes found;
    for (const auto& rule : rules_) TRY_VOID(extract(rule, text, found));
    for (auto& [name, value] : found) session.put_attribute(*file, name, std::move(value));
    session.transfer(*file, found.empty() ? "unmatched" : "matched");
    return {};
  }

 private:
  base::Status extract(const Rule& rule, std::string_view text, Attributes& found) const {
    el::Pattern::Matcher match(rule.pattern, text);
    const auto put = [&](const std::string& name, std::size_t group) {
      const auto value = match.group(group).value_or("");
      if (value.empty()) return false;
      found[name] = shortened(value, length_max_);
      return true;
    };
    std::size_t before = 0;  // groups of the matches before
    for (std::size_t n = 0;; ++n) {
      TRY(const bool fits, match.find());
      if (!fits) return {};
      if (named_) {
        for (const auto& [name, group] : rule.names)
          put(n == 0 ? fmt::format("{}.{}", rule.name, name) : fmt::format("{}.{}.{}", rule.name, name, n), group);
        if (whole_ && n == 0) put(rule.name, 0);
      } else {
        for (std::size_t group = before == 0 && whole_ ? 0 : 1; group <= rule.pattern.groups(); ++group)
          if (put(fmt::format("{}.{}", rule.name, group + before), group) && group == 1 && n == 0)
            put(rule.name, group);
        before += rule.pattern.groups();
      }
      if (!repeats_) return {};
    }
  }

  CharacterSet set_ = CharacterSet::utf8();
  std::uint64_t bytes_max_ = 0;
  std::size_t length_max_ = 0;
  bool whole_ = true, repeats_ = false, named_ = false;
  std::vector<Rule> rules_;
};

}  // namespace

const Description kExtractText{
    .type = "org.apache.nifi.processors.standard.ExtractText",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sets attributes from the groups of patterns that the content matches.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .make = [] { return std::unique_ptr<Processor>(new ExtractText); },
};

}  // namespace flow
