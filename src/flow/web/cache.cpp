#include "flow/web/cache.h"

#include <cstdlib>

#include "flow/web/text.h"

namespace flow::web {
namespace {

/// The value of a directive of Cache-Control; empty text for one without value, nothing when it is not there.
std::optional<std::string> directive(const http::Headers& headers, std::string_view wanted) {
  for (const auto& [name, line] : headers.lines()) {
    if (!http::equal_without_case(name, "cache-control")) continue;
    for (std::string_view rest = line; !rest.empty();) {
      auto value = take_until(rest, ',');
      if (http::equal_without_case(take_until(value, '='), wanted)) return std::string(trimmed(value));
    }
  }
  return std::nullopt;
}

std::vector<std::string> varying_headers(const http::Headers& headers) {
  std::vector<std::string> names;
  for (const auto& [name, line] : headers.lines()) {
    if (!http::equal_without_case(name, "vary")) continue;
    for (std::string_view rest = line; !rest.empty();) names.emplace_back(take_until(rest, ','));
  }
  return names;
}

std::optional<base::Instant> fresh_until(const http::Headers& headers, base::Instant now) {
  if (directive(headers, "no-cache")) return std::nullopt;
  const auto age = directive(headers, "max-age");
  if (!age) return std::nullopt;
  return now + std::chrono::seconds{std::min(std::strtoll(age->c_str(), nullptr, 10), 365LL * 24 * 3600)};
}

}  // namespace

std::shared_ptr<const AnswerCache::Entry> AnswerCache::find(const std::string& url,
                                                            const http::Headers& request) const {
  const std::lock_guard lock(entries_mutex_);
  for (const auto& entry : entries_) {
    if (entry->url != url) continue;
    bool same = true;
    for (const auto& [name, value] : entry->varies) same = same && request.get(name) == value;
    if (same) return entry;
  }
  return nullptr;
}

http::Headers AnswerCache::validators(const Entry& entry) {
  http::Headers headers;
  if (const auto tag = entry.answer.headers.find("etag")) {
    headers.add("If-None-Match", std::string(*tag));
  } else if (const auto modified = entry.answer.headers.find("last-modified")) {
    headers.add("If-Modified-Since", std::string(*modified));
  }
  return headers;
}

bool AnswerCache::is_storable(const http::Response& head, const http::Headers& request) {
  if (head.status != 200 || directive(head.headers, "no-store") || directive(request, "no-store")) return false;
  for (const auto& name : varying_headers(head.headers))
    if (name == "*") return false;
  return head.headers.find("etag") || head.headers.find("last-modified") || directive(head.headers, "max-age");
}

void AnswerCache::keep(std::string url, const http::Headers& request, http::Response answer, base::Instant now) {
  Entry entry{.url = std::move(url), .varies = {}, .answer = std::move(answer), .fresh_until = {}};
  for (auto& name : varying_headers(entry.answer.headers)) {
    auto value = std::string(request.get(name));
    entry.varies.emplace_back(std::move(name), std::move(value));
  }
  entry.fresh_until = fresh_until(entry.answer.headers, now);
  insert(std::move(entry));
}

std::shared_ptr<const AnswerCache::Entry> AnswerCache::refresh(const Entry& entry, const http::Headers& newer,
                                                               base::Instant now) {
  auto renewed = entry;
  for (const auto& [name, value] : newer.lines())
    if (!http::equal_without_case(name, "content-length")) renewed.answer.headers.set(name, value);
  renewed.fresh_until = fresh_until(renewed.answer.headers, now);
  auto kept = std::make_shared<const Entry>(renewed);
  insert(std::move(renewed));
  return kept;
}

std::uint64_t AnswerCache::size_of(const Entry& entry) {
  std::uint64_t size = entry.url.size() + entry.answer.body.size();
  for (const auto& [name, value] : entry.answer.headers.lines()) size += name.size() + value.size();
  return size;
}

void AnswerCache::insert(Entry entry) {
  const auto size = size_of(entry);
  if (size > bytes_max_) return;
  const std::lock_guard lock(entries_mutex_);
  const auto remove = [&](auto at) {
    bytes_ -= size_of(**at);
    return entries_.erase(at);
  };
  for (auto at = entries_.begin(); at != entries_.end();)
    at = (*at)->url == entry.url && (*at)->varies == entry.varies ? remove(at) : std::next(at);
  while (bytes_ + size > bytes_max_) remove(std::prev(entries_.end()));
  bytes_ += size;
  entries_.push_front(std::make_shared<const Entry>(std::move(entry)));
}

}  // namespace flow::web
