#include "store/s3/conditions.h"

#include <algorithm>
#include <charconv>

#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

std::int64_t whole_seconds(base::Instant instant) { return instant.ns / 1'000'000'000; }

/// One of several etags separated by commas, or "*".
bool names_etag(std::string_view header, std::string_view etag) {
  for (;;) {
    const auto comma = header.find(',');
    auto item = header.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item == "*" || unquoted(item) == etag) return true;
    if (comma == std::string_view::npos) return false;
    header.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Outcome check_conditions(const Call& call, const ObjectInfo& info, base::Instant now, const ConditionNames& names) {
  const auto modified = whole_seconds(info.last_modified);
  const auto& headers = call.request->headers;
  if (const auto match = headers.find(names.match)) {
    if (!names_etag(*match, info.etag)) return Outcome::Failed;
  } else if (const auto since = parse_http_time(headers.get(names.unmodified_since))) {
    if (modified > whole_seconds(*since)) return Outcome::Failed;
  }
  if (const auto none = headers.find(names.none_match)) {
    if (names_etag(*none, info.etag)) return Outcome::NotModified;
  } else if (const auto since = parse_http_time(headers.get(names.modified_since)); since && *since <= now) {
    if (modified <= whole_seconds(*since)) return Outcome::NotModified;
  }
  return Outcome::Go;
}

S3Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return std::nullopt;
  const auto text = header.substr(kUnit.size());
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = number_of(text.substr(0, dash)), last = number_of(text.substr(dash + 1));
  const bool suffix = dash == 0;
  if (suffix ? !last : !first || (dash + 1 < text.size() && (!last || *last < *first))) return std::nullopt;
  const auto start = suffix ? size - std::min(size, *last) : *first;
  if (start >= size || (suffix && *last == 0)) {
    auto refused = refuse(416, "InvalidRange", "The requested range is not satisfiable");
    refused.error().details = {{"ActualObjectSize", std::to_string(size)}, {"RangeRequested", std::string(header)}};
    return refused;
  }
  const auto end = suffix || !last ? size : std::min(size, *last + 1);
  return ByteRange{start, end - start};
}

}  // namespace store::s3
