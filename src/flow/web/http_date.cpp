#include "flow/web/http_date.h"

#include <ctime>

namespace flow::web {

std::string http_date(base::Instant instant) {
  const auto seconds = static_cast<std::time_t>(instant.ns / 1'000'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace flow::web
