#include "flow/processors/signal.h"

#include <algorithm>
#include <boost/json.hpp>

#include "flow/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr std::string_view kConsumed = "consumed";

}  // namespace

std::int64_t Signal::total() const {
  std::int64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

std::int64_t Signal::count(std::string_view counter) const {
  if (counter.empty()) return total();
  const auto found = counts.find(std::string(counter));
  return found == counts.end() ? 0 : found->second;
}

std::size_t Signal::release(const std::string& counter, std::int64_t required, std::int64_t each,
                            std::size_t candidates) {
  const auto wanted = static_cast<std::int64_t>(candidates);
  if (releasable < wanted) {
    const auto present = count(counter);
    const auto rest = present % required;
    releasable += present / required * each;
    if (counter.empty())
      counts[std::string(kConsumed)] -= present - rest;
    else
      counts[counter] = rest;
  }
  const auto released = std::clamp<std::int64_t>(releasable, 0, wanted);
  releasable -= released;
  return static_cast<std::size_t>(released);
}

std::string signal_text(const Signal& signal) {
  json::object counts, attributes;
  for (const auto& [name, count] : signal.counts) counts[name] = count;
  for (const auto& [name, value] : signal.attributes) attributes[name] = value;
  return json_text(json::object{
      {"counts", std::move(counts)}, {"attributes", std::move(attributes)}, {"releasableCount", signal.releasable}});
}

base::Result<Signal> parse_signal(std::string_view text) {
  const auto wrong = [] { return base::fail(base::ErrorKind::InvalidValue, "the cached value is not a signal"); };
  const auto document = parse_json(text);
  if (!document || !document->is_object()) return wrong();
  Signal signal;
  for (const auto& [name, value] : document->get_object()) {
    if (name == "releasableCount") {
      if (!value.is_int64()) return wrong();
      signal.releasable = value.get_int64();
      continue;
    }
    if (!value.is_object()) return wrong();
    for (const auto& [key, member] : value.get_object()) {
      if (name == "counts" && member.is_int64())
        signal.counts[std::string(key)] = member.get_int64();
      else if (name == "attributes" && member.is_string())
        signal.attributes[std::string(key)] = std::string(member.get_string());
      else
        return wrong();
    }
  }
  return signal;
}

base::Result<std::optional<Signal>> find_signal(MapCache& cache, std::string_view id) {
  TRY(const auto entry, cache.get(id));
  if (!entry) return std::nullopt;
  TRY(auto signal, parse_signal(entry->value));
  signal.revision = entry->revision;
  return signal;
}

base::Result<bool> keep_signal(MapCache& cache, std::string_view id, const Signal& signal) {
  return cache.replace(id, signal_text(signal), signal.revision);
}

}  // namespace flow
