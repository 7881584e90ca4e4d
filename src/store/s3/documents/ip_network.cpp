#include "store/s3/documents/ip_network.h"

#include <arpa/inet.h>

#include <string>

#include "store/s3/documents/text.h"

namespace store::s3 {

bool IpNetwork::contains(const IpNetwork& other) const {
  if (byte_count != other.byte_count || bits > other.bits) return false;
  for (int bit = 0; bit < bits; bit += 8) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int kept = bits - bit < 8 ? bits - bit : 8;
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - kept));
    if ((address[at] & mask) != (other.address[at] & mask)) return false;
  }
  return true;
}

std::optional<IpNetwork> parse_ip_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  IpNetwork network;
  if (inet_pton(AF_INET, address.c_str(), network.address.data()) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), network.address.data()) != 1) return std::nullopt;
    network.byte_count = 16;
  }
  network.bits = network.byte_count * 8;
  if (slash == std::string_view::npos) return network;
  const auto bits = to_integer(text.substr(slash + 1));
  if (!bits || *bits < 0 || *bits > network.bits) return std::nullopt;
  network.bits = static_cast<int>(*bits);
  return network;
}

}  // namespace store::s3
