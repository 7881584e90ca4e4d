#include "server/nifi/revisions.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "server/nifi/body.h"

namespace server::nifi {

std::int64_t Revisions::of(const std::string& id) const {
  const std::lock_guard lock(versions_mutex_);
  const auto found = versions_.find(id);
  return found == versions_.end() ? 0 : found->second;
}

base::Status Revisions::check(const Call& call, const boost::json::object* body, const std::string& id) const {
  std::optional<std::int64_t> named;
  const auto* revision = body == nullptr ? nullptr : object_at(*body, "revision");
  if (revision == nullptr && body != nullptr) revision = object_at(*body, "processGroupRevision");
  if (const auto* version = revision == nullptr ? nullptr : revision->if_contains("version");
      version != nullptr && version->is_int64())
    named = version->get_int64();
  if (const auto text = query_value(call, "version"); !text.empty()) {
    std::int64_t version = -1;
    std::from_chars(text.data(), text.data() + text.size(), version);
    named = version;
  }
  const auto present = of(id);
  if (named && *named != present)
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("[{}] is not the most up-to-date revision of {}; it is {}.", *named, id, present));
  return {};
}

void Revisions::raise(const std::string& id) {
  const std::lock_guard lock(versions_mutex_);
  ++versions_[id];
}

void Revisions::forget(const std::string& id) {
  const std::lock_guard lock(versions_mutex_);
  versions_.erase(id);
}

}  // namespace server::nifi
