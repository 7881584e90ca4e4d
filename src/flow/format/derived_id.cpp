#include "flow/format/derived_id.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace flow {

std::string derived_id(std::string_view text) {
  // A namespace of our own, so that nobody else derives the same id from the same text.
  const auto named = fmt::format("freshet:flow:{}", text);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(named.data(), named.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x50);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);
  std::string id;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += fmt::format("{:02x}", digest[i]);
  }
  return id;
}

}  // namespace flow
