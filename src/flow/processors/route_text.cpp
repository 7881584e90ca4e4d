#include "flow/processors/route_text.h"

#include <map>

#include "flow/content/buffered_content.h"
#include "flow/content/lines.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"

namespace flow {
namespace {

constexpr std::uint64_t kLineMax = 1 << 30;

constexpr std::string_view kByName = "Route to each matching Property Name",
                           kAll = "Route to 'matched' if line matches all conditions",
                           kAny = "Route to 'matched' if lines matches any condition";

constexpr Allowed kStrategies[] = {{kByName}, {kAll}, {kAny}};
constexpr Allowed kMatchings[] = {{"Satisfies Expression"},
                                  {"Starts With"},
                                  {"Ends With"},
                                  {"Contains"},
                                  {"Equals"},
                                  {"Matches Regular Expression"},
                                  {"Contains Regular Expression"}};
constexpr Property kProperties[] = {
    {.name = "Routing Strategy",
     .help = "Each dynamic property is a relationship, or a condition for 'matched'",
     .fallback = kByName,
     .required = true,
     .allowed = kStrategies},
    {.name = "Matching Strategy",
     .help = "How a line is compared with the dynamic properties; an expression sees it as ${line} and ${lineNo}",
     .required = true,
     .allowed = kMatchings},
    {.name = "Character Set", .help = "Of the content", .fallback = "UTF-8", .required = true},
    {.name = "Ignore Leading/Trailing Whitespace",
     .help = "Of the lines, when they are compared",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Ignore Case", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Grouping Regular Expression",
     .help = "Java pattern for the whole line; lines with other groups go into another flowfile",
     .kind = Property::Kind::Pattern},
};
constexpr Relationship kRelationships[] = {{"original"}, {"unmatched"}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };  // as Java's trim
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

enum class Matching { Expression, Starts, Ends, Contains, Equals, MatchesPattern, ContainsPattern };

Matching matching_of(const std::string& name) {
  if (name == "Starts With") return Matching::Starts;
  if (name == "Ends With") return Matching::Ends;
  if (name == "Contains") return Matching::Contains;
  if (name == "Equals") return Matching::Equals;
  if (name == "Matches Regular Expression") return Matching::MatchesPattern;
  if (name == "Contains Regular Expression") return Matching::ContainsPattern;
  return Matching::Expression;
}

/// What lines are compared with, for one flowfile.
struct Condition {
  const Configuration::Dynamic* dynamic = nullptr;
  std::string text;
  std::optional<el::Pattern> pattern;
};

/// One flowfile on its way: lines of one group for one relationship.
using Outputs = std::map<std::pair<std::string, std::string>, BufferedContent>;

class RouteText final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(set_, character_set(configuration));
    strategy_ = configuration.text_or("Routing Strategy", kByName);
    matching_ = matching_of(configuration.text_or("Matching Strategy", ""));
    trims_ = configuration.flag("Ignore Leading/Trailing Whitespace");
    any_case_ = configuration.flag("Ignore Case");
    if (const auto grouping = configuration.text("Grouping Regular Expression"); grouping && !grouping->empty()) {
      TRY(grouping_, el::Pattern::compile("\\A(?:" + *grouping + ")\\z"));
      if (grouping_->groups() == 0)
        return in_property(configuration, "Grouping Regular Expression", "the pattern has no group");
    }
    if (configuration.dynamic().empty())
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: needs a dynamic property to compare lines with",
                                                                   configuration.error_prefix()));
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text_or("Routing Strategy", kByName) == kByName) return std::nullopt;
    return std::vector<std::string>{"matched", "original", "unmatched"};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto conditions, make_conditions(configuration, session, *file));
    Outputs outputs;
    auto reader = session.read(*file);
    TRY(auto source, DecodingSource::make(reader, set_));
    LineReader lines(source, kLineMax);
    for (std::uint64_t number = 1;; ++number) {
      TRY(const auto line, lines.next());
      if (!line) break;
      TRY_VOID(route(session, *file, conditions, *line, number, outputs));
    }
    for (auto& [key, content] : outputs) {
      auto& output = session.create(*file);
      TRY(auto claim, content.finish());
      session.set_content(output, std::move(claim));
      session.put_attribute(output, "RouteText.Route", key.first);
      session.put_attribute(output, "RouteText.Group", key.second);
      session.report(EventType::Route, output, {.relationship = key.first});
      session.transfer(output, key.first);
    }
    session.put_attribute(*file, "RouteText.Route", "original");
    session.report(EventType::Route, *file, {.relationship = "original"});
    session.transfer(*file, "original");
    return {};
  }

 private:
  base::Result<std::vector<Condition>> make_conditions(const Configuration& configuration, const Session& session,
                                                       const FlowFile& file) const {
    std::vector<Condition> conditions;
    for (const auto& dynamic : configuration.dynamic()) {
      Condition condition{.dynamic = &dynamic};
      if (matching_ != Matching::Expression) {
        TRY(condition.text, session.evaluate(dynamic.value, file));
        if (matching_ == Matching::MatchesPattern || matching_ == Matching::ContainsPattern) {
          TRY(condition.pattern, el::Pattern::compile((any_case_ ? "(?i)" : "") + condition.text));
        } else if (any_case_) {
          condition.text = lower(condition.text);
        }
      }
      conditions.push_back(std::move(condition));
    }
    return conditions;
  }

  base::Result<bool> fits(const Session& session, const FlowFile& file, const Condition& condition,
                          std::string_view line, const Attributes& variables) const {
    switch (matching_) {
      case Matching::Expression: {
        TRY(const auto value, session.evaluate(condition.dynamic->value, file, {.extra = &variables}));
        return lower(value) == "true";
      }
      case Matching::Starts: return line.starts_with(condition.text);
      case Matching::Ends: return line.ends_with(condition.text);
      case Matching::Contains: return line.find(condition.text) != std::string_view::npos;
      case Matching::Equals: return line == condition.text;
      case Matching::MatchesPattern: return condition.pattern->matches(line);
      case Matching::ContainsPattern: return condition.pattern->find(line);
    }
    return false;
  }

  base::Status route(Session& session, const FlowFile& file, const std::vector<Condition>& conditions,
                     std::string_view line, std::uint64_t number, Outputs& outputs) const {
    const auto text = trims_ ? trimmed(line) : line.substr(0, line.size() - line_ending(line).size());
    Attributes variables;
    if (matching_ == Matching::Expression)
      variables = {{"line", std::string(line)}, {"lineNo", std::to_string(number)}};
    const bool folds = any_case_ && matching_ != Matching::Expression && matching_ != Matching::MatchesPattern &&
                       matching_ != Matching::ContainsPattern;
    const auto folded = folds ? lower(text) : std::string{};
    std::vector<std::string> routes;
    for (const auto& condition : conditions) {
      TRY(const bool matched, fits(session, file, condition, folds ? std::string_view(folded) : text, variables));
      if (matched) routes.push_back(condition.dynamic->name);
    }
    if (strategy_ == kAll) {
      const bool all = routes.size() == conditions.size();
      routes.assign(all ? 1 : 0, "matched");
    }
    if (strategy_ == kAny && !routes.empty()) routes.assign(1, "matched");
    if (routes.empty()) routes.emplace_back("unmatched");
    TRY(const auto group, group_of(text));
    TRY(const auto bytes, set_.encode(line));
    for (const auto& name : routes) {
      auto& output = outputs.try_emplace(std::pair(name, group), session).first->second;
      TRY_VOID(output.append(bytes));
    }
    return {};
  }

  base::Result<std::string> group_of(std::string_view line) const {
    std::string group;
    if (!grouping_) return group;
    el::Pattern::Matcher match(*grouping_, line);
    TRY(const bool fits, match.find());
    for (std::size_t n = 1; fits && n <= grouping_->groups(); ++n) {
      if (n > 1) group += ", ";
      group += match.group(n).value_or("");
    }
    return group;
  }

  CharacterSet set_ = CharacterSet::utf8();
  std::string strategy_;
  Matching matching_ = Matching::Expression;
  bool trims_ = true, any_case_ = false;
  std::optional<el::Pattern> grouping_;
};

}  // namespace

const Description kRouteText{
    .type = "org.apache.nifi.processors.standard.RouteText",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sends lines of text to relationships by conditions.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .dynamic_relationships = true,
    .make = [] { return std::unique_ptr<Processor>(new RouteText); },
};

}  // namespace flow
