#include "server/nifi/event_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "flow/engine/quantity.h"
#include "server/nifi/body.h"
#include "server/nifi/dates.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

constexpr std::size_t kResultsMax = 10'000;
/// Of events that terms are compared with: some blocks of the files, each of which is decoded as a whole.
constexpr std::size_t kPage = 20'000;
constexpr int kPagesMax = 500;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

using Values = std::vector<std::string>;
struct Field {
  std::string_view id, label;
  Values (*values)(const flow::Event& event);
};
constexpr auto kFields = std::to_array<Field>({
    {"EventType", "Event Type",
     [](const flow::Event& event) { return Values{std::string(flow::name_of(event.type))}; }},
    {"FlowFileUUID", "FlowFile UUID",
     [](const flow::Event& event) {
       Values uuids{event.flow_file};
       uuids.insert(uuids.end(), event.parents.begin(), event.parents.end());
       uuids.insert(uuids.end(), event.children.begin(), event.children.end());
       return uuids;
     }},
    {"Filename", "Filename", [](const flow::Event& event) { return Values{event.filename()}; }},
    {"ProcessorID", "Component ID", [](const flow::Event& event) { return Values{event.component.id}; }},
    {"Relationship", "Relationship", [](const flow::Event& event) { return Values{event.relationship}; }},
    {"TransitURI", "Transit URI", [](const flow::Event& event) { return Values{event.uri}; }},
    {"Details", "Details", [](const flow::Event& event) { return Values{event.details}; }},
    {"AlternateIdentifierURI", "Alternate Identifier URI",
     [](const flow::Event& event) { return Values{event.source_id}; }},
});

Values values_of(const flow::Event& event, std::string_view name) {
  const auto field = std::ranges::find(kFields, name, &Field::id);
  if (field != kFields.end()) return field->values(event);
  const auto attribute = event.after.find(name);
  return attribute == event.after.end() ? Values{} : Values{attribute->second};
}

bool fits(const flow::Event& event, const EventSearch::Term& term) {
  const auto values = values_of(event, term.field);
  return std::ranges::any_of(values, [&](const auto& value) { return matches_wildcards(term.pattern, value); }) !=
         term.inverse;
}

base::Status add_term(EventSearch& search, std::string_view name, std::string text, bool inverse) {
  const std::string field(name == "ComponentID" ? "ProcessorID" : name);
  if (inverse || text.find_first_of("*?\\") != std::string::npos) {
    search.terms.push_back({field, std::move(text), inverse});
    return {};
  }
  auto& query = search.query;
  if (field == "ProcessorID") {
    query.component = std::move(text);
  } else if (field == "FlowFileUUID") {
    std::ranges::transform(text, text.begin(), lower);
    query.flow_files = {std::move(text)};
  } else if (field == "Filename") {
    query.filename = std::move(text);
  } else if (field == "TransitURI") {
    query.uri = std::move(text);
  } else if (field == "EventType") {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    const auto type = flow::event_type_of(text);
    if (!type) return base::fail(base::ErrorKind::InvalidValue, fmt::format("no event has the type '{}'", text));
    query.types = {*type};
  } else {
    search.terms.push_back({field, std::move(text), false});
  }
  return {};
}

/// {"value": .., "inverse": ..}; a text before NiFi 1.13.
base::Status add_terms(EventSearch& search, const json::object& terms) {
  for (const auto& [name, value] : terms) {
    const auto* term = value.if_object();
    auto text = term == nullptr ? text_at(terms, name) : text_at(*term, "value");
    if (text.empty()) continue;
    TRY_VOID(add_term(search, name, std::move(text), term != nullptr && flag_at(*term, "inverse")));
  }
  return {};
}

base::Result<std::optional<base::Instant>> date_at(const json::object& request, std::string_view name) {
  const auto text = text_at(request, name);
  if (text.empty()) return std::optional<base::Instant>();
  const auto date = parse_date(text);
  if (!date) return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: {}", name, date.error().message));
  return std::optional(*date);
}

base::Result<std::optional<std::uint64_t>> size_at(const json::object& request, std::string_view name) {
  const auto text = text_at(request, name);
  if (text.empty()) return std::optional<std::uint64_t>();
  const auto size = flow::parse_data_size(text);
  if (!size)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{} must be a data size such as '10 KB', not '{}'", name, text));
  return size;
}

}  // namespace

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, in = 0;                           // in the text, in the pattern
  std::size_t star = std::string_view::npos, from = 0;  // where the newest '*' stands, and the text that it ends before
  while (at < text.size()) {
    const bool escaped = in + 1 < pattern.size() && pattern[in] == '\\';
    const auto wanted = in + (escaped ? 1 : 0);
    if (!escaped && in < pattern.size() && pattern[in] == '*') {
      star = in++;
      from = at;
    } else if (wanted < pattern.size() &&
               ((!escaped && pattern[wanted] == '?') || lower(pattern[wanted]) == lower(text[at]))) {
      in = wanted + 1;
      ++at;
    } else if (star != std::string_view::npos) {
      in = star + 1;
      at = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

base::Result<EventSearch> parse_event_search(const json::object& request) {
  EventSearch search;
  if (const auto* terms = object_at(request, "searchTerms")) TRY_VOID(add_terms(search, *terms));
  TRY(search.query.from, date_at(request, "startDate"));
  TRY(search.query.to, date_at(request, "endDate"));
  TRY(search.query.bytes_min, size_at(request, "minimumFileSize"));
  TRY(search.query.bytes_max, size_at(request, "maximumFileSize"));
  if (const auto* most = given(request, "maxResults")) {
    if (!most->is_int64() || most->get_int64() < 1)
      return base::fail(base::ErrorKind::InvalidValue, "maxResults must be a whole number above 0");
    search.query.most = std::min<std::size_t>(static_cast<std::size_t>(most->get_int64()), kResultsMax);
  }
  return search;
}

base::Result<flow::EventPage> find_events(const flow::Flow& flow, const EventSearch& search) {
  if (search.terms.empty()) return flow.events(search.query);
  flow::EventPage found;
  auto query = search.query;
  query.most = kPage;
  for (int pages = 0; pages < kPagesMax; ++pages) {
    TRY(auto page, flow.events(query));
    for (auto& event : page.events) {
      query.below = event.id;
      if (!std::ranges::all_of(search.terms, [&](const auto& term) { return fits(event, term); })) continue;
      found.more = found.events.size() == search.query.most;
      if (found.more) return found;
      found.events.push_back(std::move(event));
    }
    if (!page.more) return found;
  }
  found.more = true;
  return found;
}

json::array searchable_fields() {
  json::array fields;
  for (const auto& field : kFields)
    fields.push_back(json::object{{"id", field.id}, {"field", field.id}, {"label", field.label}, {"type", "STRING"}});
  return fields;
}

}  // namespace server::nifi
