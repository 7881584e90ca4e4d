#include "server/nifi/requests.h"

#include <fmt/format.h>

#include <algorithm>

namespace server::nifi {
namespace {

constexpr std::size_t kKeptMax = 256;

base::Error unknown(const std::string& id) {
  return base::Error{
      base::ErrorKind::NotFound, 0, {}, fmt::format("there is no request with the id '{}'", id), std::nullopt};
}

}  // namespace

void Requests::add(const std::string& id, boost::json::object entity) {
  const std::lock_guard lock(kept_mutex_);
  kept_.push_back({id, std::move(entity)});
  if (kept_.size() > kKeptMax) kept_.pop_front();
}

base::Result<boost::json::object> Requests::find(const std::string& id) const {
  const std::lock_guard lock(kept_mutex_);
  const auto found = std::ranges::find(kept_, id, &Kept::id);
  if (found == kept_.end()) return base::fail(unknown(id));
  return found->entity;
}

base::Result<boost::json::object> Requests::remove(const std::string& id) {
  const std::lock_guard lock(kept_mutex_);
  const auto found = std::ranges::find(kept_, id, &Kept::id);
  if (found == kept_.end()) return base::fail(unknown(id));
  auto entity = std::move(found->entity);
  kept_.erase(found);
  return entity;
}

}  // namespace server::nifi
