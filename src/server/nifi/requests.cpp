#include "server/nifi/requests.h"

#include <fmt/format.h>

#include <algorithm>

namespace server::nifi {
namespace {

constexpr std::size_t kKeptMax = 256;
constexpr std::size_t kBytesMax = 64 << 20;

base::Error unknown(const std::string& id) {
  return base::Error{
      base::ErrorKind::NotFound, 0, {}, fmt::format("there is no request with the id '{}'", id), std::nullopt};
}

}  // namespace

void Requests::add(const std::string& id, const boost::json::object& entity) {
  auto text = boost::json::serialize(entity);
  const std::lock_guard lock(kept_mutex_);
  bytes_ += text.size();
  kept_.push_back({id, std::move(text)});
  while (kept_.size() > 1 && (kept_.size() > kKeptMax || bytes_ > kBytesMax)) {
    bytes_ -= kept_.front().text.size();
    kept_.pop_front();
  }
}

std::deque<Requests::Kept>::const_iterator Requests::at(const std::string& id) const {
  return std::ranges::find(kept_, id, &Kept::id);
}

base::Result<Answer> Requests::find(const std::string& id) const {
  const std::lock_guard lock(kept_mutex_);
  const auto found = at(id);
  if (found == kept_.end()) return base::fail(unknown(id));
  return Answer{.body = found->text};
}

base::Result<Answer> Requests::remove(const std::string& id) {
  const std::lock_guard lock(kept_mutex_);
  const auto found = at(id);
  if (found == kept_.end()) return base::fail(unknown(id));
  Answer answer{.body = found->text};
  bytes_ -= found->text.size();
  kept_.erase(found);
  return answer;
}

}  // namespace server::nifi
