#include "flow/processors/control_rate.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "flow/engine/processor.h"
#include "flow/engine/quantity.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/throttle.h"

namespace flow {
namespace {

constexpr std::size_t kPassedMax = 1000;    // in one trigger
constexpr std::size_t kGroupsMax = 10'000;  // what is not used is forgotten then

constexpr std::string_view kHold = "Hold FlowFile", kRoute = "Route to 'rate exceeded'";

constexpr Allowed kCriteria[] = {
    {"data rate"}, {"flowfile count"}, {"attribute value"}, {"data rate or flowfile count"}};
constexpr Allowed kStrategies[] = {{kHold}, {kRoute}};
constexpr Property kProperties[] = {
    {.name = "Rate Control Criteria",
     .help = "What is counted: bytes, flowfiles, or the value of an attribute",
     .fallback = "data rate",
     .required = true,
     .allowed = kCriteria},
    {.name = "Time Duration",
     .help = "In which the maximum may pass",
     .fallback = "1 min",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Maximum Rate", .help = "A data size for 'data rate', a whole number for counts and attributes"},
    {.name = "Maximum Data Rate", .help = "For 'data rate or flowfile count'", .kind = Property::Kind::Size},
    {.name = "Maximum FlowFile Rate", .help = "For 'data rate or flowfile count'", .kind = Property::Kind::Integer},
    {.name = "Rate Exceeded Strategy",
     .help = "What is too much waits in its queue, or goes elsewhere",
     .fallback = kHold,
     .required = true,
     .allowed = kStrategies},
    {.name = "Rate Controlled Attribute", .help = "For 'attribute value': a whole number of 1 or more"},
    {.name = "Grouping Attribute", .help = "Each value of it has a rate of its own"},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

std::optional<std::uint64_t> positive(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

class ControlRate final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    const auto criteria = configuration.text_or("Rate Control Criteria", "data rate");
    time_ = configuration.duration("Time Duration").value_or(std::chrono::minutes{1});
    if (time_ < std::chrono::seconds{1}) return in_property(configuration, "Time Duration", "is less than a second");
    const auto rate = configuration.text_or("Maximum Rate", "");
    if (criteria == "data rate or flowfile count") {
      bytes_max_ = configuration.size("Maximum Data Rate");
      count_max_ = positive(configuration.text_or("Maximum FlowFile Rate", ""));
      if (!bytes_max_ || *bytes_max_ == 0) return in_property(configuration, "Maximum Data Rate", "is required");
      if (!count_max_) return in_property(configuration, "Maximum FlowFile Rate", "is required");
    } else if (criteria == "data rate") {
      bytes_max_ = parse_data_size(rate);
      if (!bytes_max_ || *bytes_max_ == 0)
        return in_property(configuration, "Maximum Rate", fmt::format("'{}' is not a data size such as '10 MB'", rate));
    } else {
      count_max_ = positive(rate);
      if (!count_max_)
        return in_property(configuration, "Maximum Rate", fmt::format("'{}' is not a whole number of 1 or more", rate));
    }
    if (criteria == "attribute value") {
      attribute_ = configuration.text_or("Rate Controlled Attribute", "");
      if (attribute_.empty())
        return in_property(configuration, "Rate Controlled Attribute", "is required for 'attribute value'");
    }
    grouping_ = configuration.text_or("Grouping Attribute", "");
    routes_ = configuration.text("Rate Exceeded Strategy") == kRoute;
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text("Rate Exceeded Strategy") != kRoute) return std::nullopt;
    return std::vector<std::string>{"success", "failure", "rate exceeded"};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto now = services.clock.now();
    if (throttles_.size() > kGroupsMax) throttles_.clear();
    // What may not pass goes back to its place in the queue: this one is rolled back.
    const auto waiting = session.sibling();
    std::size_t moved = 0;
    for (std::size_t n = 0; n < kPassedMax; ++n) {
      auto* file = waiting->get();
      if (file == nullptr) break;
      const auto amount = attribute_.empty() ? std::optional<std::uint64_t>(1) : positive(file->attribute(attribute_));
      const bool passes = amount && may_pass(*file, *amount, now);
      if (amount && !passes && !routes_) {
        if (grouping_.empty()) break;
        continue;  // another group may pass
      }
      auto& taken = waiting->move_to(session, *file);
      ++moved;
      if (!amount)
        send_to_failure(configuration, session, taken,
                        fmt::format("attribute '{}' is not a whole number of 1 or more: '{}'", attribute_,
                                    taken.attribute(attribute_)));
      else
        session.transfer(taken, passes ? "success" : "rate exceeded");
    }
    waiting->rollback(false);
    if (moved == 0) session.yield();
    return {};
  }

 private:
  struct Group {
    std::optional<Throttle> bytes, count;
  };

  bool may_pass(const FlowFile& file, std::uint64_t amount, base::Instant now) {
    auto& group = throttles_[grouping_.empty() ? std::string{} : file.attribute(grouping_)];
    if (bytes_max_ && !group.bytes) group.bytes.emplace(*bytes_max_, time_);
    if (count_max_ && !group.count) group.count.emplace(*count_max_, time_);
    if (group.bytes && !group.bytes->let_pass(file.size(), now)) return false;
    return !group.count || group.count->let_pass(amount, now);
  }

  std::chrono::nanoseconds time_{0};
  std::optional<std::uint64_t> bytes_max_, count_max_;
  std::string attribute_, grouping_;
  bool routes_ = false;
  std::map<std::string, Group> throttles_;
};

}  // namespace

const Description kControlRate{
    .type = "org.apache.nifi.processors.standard.ControlRate",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Lets so much pass within a time.",
    .properties = kProperties,
    .relationships = kRelationships,
    .serial = true,
    .make = [] { return std::unique_ptr<Processor>(new ControlRate); },
};

}  // namespace flow
