#include "flow/processors/detect_duplicate.h"

#include <fmt/format.h>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/failure.h"
#include "flow/services/map_cache.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Cache Entry Identifier",
     .help = "What two flowfiles must share to be duplicates",
     .fallback = "${hash.value}",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "FlowFile Description",
     .help = "Kept with the identifier; duplicates get it as an attribute",
     .fallback = "",
     .scope = Scope::FlowFile},
    {.name = "Age Off Duration", .help = "After which an identifier counts as new", .kind = Property::Kind::Duration},
    {.name = "Distributed Cache Service", .required = true, .service = MapCache::kApi},
    {.name = "Cache The Entry Identifier",
     .help = "Else identifiers are looked up only",
     .fallback = "true",
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"duplicate"}, {"non-duplicate"}, {"failure", true}};

/// What is kept of the first flowfile: the milliseconds of its time in eight bytes, the highest first, then the text.
struct Seen {
  std::int64_t time_ms = 0;
  std::string description;

  std::string encoded() const {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes += static_cast<char>((static_cast<std::uint64_t>(time_ms) >> shift) & 0xFF);
    return bytes + description;
  }
  static Seen decoded(std::string_view bytes) {
    std::uint64_t time = 0;
    for (const char c : bytes.substr(0, 8)) time = (time << 8) | static_cast<unsigned char>(c);
    return {static_cast<std::int64_t>(time), std::string(bytes.substr(std::min<std::size_t>(8, bytes.size())))};
  }
};

class DetectDuplicate final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    cache_ = configuration.service<MapCache>("Distributed Cache Service");
    if (const auto age = configuration.duration("Age Off Duration"))
      age_max_ = std::chrono::duration_cast<std::chrono::milliseconds>(*age);
    keeps_ = configuration.flag("Cache The Entry Identifier");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto key, configuration.evaluate_or("Cache Entry Identifier", session, *file, ""));
    if (key.find_first_not_of(" \t\r\n") == std::string::npos) {
      send_penalised_to_failure(configuration, session, *file, "'Cache Entry Identifier' is empty");
      return {};
    }
    Seen now{.time_ms = services.wall_clock.now().ns / 1'000'000, .description = {}};
    TRY(now.description, configuration.evaluate_or("FlowFile Description", session, *file, ""));
    const auto first = find_first(key, now);
    if (!first) {
      send_penalised_to_failure(configuration, session, *file, first.error().message);
    } else if (*first) {
      session.put_attribute(*file, "original.flowfile.description", (*first)->description);
      session.transfer(*file, "duplicate");
    } else {
      session.transfer(*file, "non-duplicate");
    }
    return {};
  }

 private:
  /// The flowfile that this one repeats; nothing: it is the first, and kept as that if it is to be.
  base::Result<std::optional<Seen>> find_first(const std::string& key, const Seen& now) const {
    for (;;) {
      TRY(const auto entry, keeps_ ? cache_->get_or_put(key, now.encoded()) : cache_->get(key));
      if (!entry) return std::nullopt;
      auto seen = Seen::decoded(entry->value);
      if (!age_max_ || now.time_ms < seen.time_ms + age_max_->count()) return seen;
      // Too old. Of several that see this, one removes it and goes on; then one of them is the first.
      TRY_VOID(cache_->remove(key, entry->revision));
    }
  }

  std::shared_ptr<MapCache> cache_;
  std::optional<std::chrono::milliseconds> age_max_;
  bool keeps_ = true;
};

}  // namespace

const Description kDetectDuplicate{
    .type = "org.apache.nifi.processors.standard.DetectDuplicate",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Tells flowfiles that repeat an earlier one, by identifiers in a cache.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new DetectDuplicate); },
};

}  // namespace flow
