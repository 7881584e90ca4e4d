// Decimals as bytes: numbers of any length.
#include <algorithm>
#include <vector>

#include "flow/record/avro_codec.h"
#include "flow/record/number_text.h"

namespace flow::record {

namespace {

/// Drops the last digits; a half and more counts as one.
void round_off(std::string& digits, std::size_t extra) {
  if (digits.size() < extra) digits.insert(0, extra - digits.size(), '0');
  const auto kept = digits.size() - extra;
  const bool up = digits[kept] >= '5';
  digits.resize(kept);
  if (!up) return;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return;
    }
    *digit = '0';
  }
  digits.insert(0, "1");
}

}  // namespace

std::optional<std::string> decimal_bytes(std::string_view plain, int scale, std::size_t size) {
  auto number = digits_of(plain);
  if (number.scale > scale) {
    round_off(number.digits, static_cast<std::size_t>(number.scale - scale));
  } else {
    number.digits.append(static_cast<std::size_t>(scale - number.scale), '0');
  }
  std::vector<unsigned char> bytes;  // little-endian magnitude
  for (const char c : number.digits) {
    unsigned carry = static_cast<unsigned>(c - '0');
    for (auto& byte : bytes) {
      carry += byte * 10U;
      byte = static_cast<unsigned char>(carry & 0xFF);
      carry >>= 8;
    }
    if (carry > 0) bytes.push_back(static_cast<unsigned char>(carry));
  }
  if (bytes.empty()) bytes.push_back(0);
  if (number.negative) {
    unsigned carry = 1;
    for (auto& byte : bytes) {
      carry += static_cast<unsigned char>(~byte);
      byte = static_cast<unsigned char>(carry & 0xFF);
      carry >>= 8;
    }
  }
  const bool is_zero = std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
  const bool negative = number.negative && !is_zero;
  if (((bytes.back() & 0x80) != 0) != negative) bytes.push_back(negative ? 0xFF : 0);
  if (size > 0) {
    if (bytes.size() > size) return std::nullopt;
    bytes.resize(size, negative ? 0xFF : 0);
  }
  return std::string(bytes.rbegin(), bytes.rend());
}

std::string decimal_text(std::string_view bytes, int scale) {
  std::vector<unsigned char> magnitude(bytes.begin(), bytes.end());  // big-endian
  const bool negative = !magnitude.empty() && (magnitude[0] & 0x80) != 0;
  if (negative) {
    unsigned carry = 1;
    for (auto byte = magnitude.rbegin(); byte != magnitude.rend(); ++byte) {
      carry += static_cast<unsigned char>(~*byte);
      *byte = static_cast<unsigned char>(carry & 0xFF);
      carry >>= 8;
    }
  }
  std::string digits;  // little-endian
  while (std::ranges::any_of(magnitude, [](auto byte) { return byte != 0; })) {
    unsigned rest = 0;
    for (auto& byte : magnitude) {
      rest = rest * 256 + byte;
      byte = static_cast<unsigned char>(rest / 10);
      rest %= 10;
    }
    digits += static_cast<char>('0' + rest);
  }
  const auto places = static_cast<std::size_t>(std::max(scale, 0));
  if (digits.size() <= places) digits.append(places + 1 - digits.size(), '0');
  std::ranges::reverse(digits);
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (negative ? "-" : "") + digits;
}

}  // namespace flow::record
