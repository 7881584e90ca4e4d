#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace store::s3 {

/// A stretch of addresses: those that agree with `address` in the first `bits` of its bytes (4, or 16 of IPv6).
struct IpNetwork {
  std::array<std::uint8_t, 16> address{};
  int byte_count = 4;
  int bits = 32;

  bool contains(const IpNetwork& other) const;
};

/// "192.0.2.0/24", "2001:db8::/32", or one address. None for other text.
std::optional<IpNetwork> parse_ip_network(std::string_view text);

}  // namespace store::s3
