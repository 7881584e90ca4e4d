#include "flow/content/tar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace flow {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameMax = 100;
constexpr std::uint64_t kOctalMax = 077777777777;
constexpr std::string_view kLongName = "././@LongLink";

struct Field {
  std::size_t offset, length;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12}, kTime{136, 12},
    kChecksum{148, 8};
constexpr std::size_t kType = 156, kMagic = 257;

using Block = std::array<char, kBlock>;

void put_text(Block& block, Field field, std::string_view text) {
  std::ranges::copy(text.substr(0, field.length), block.data() + field.offset);
}

void put_number(Block& block, Field field, std::uint64_t number) {
  if (field.length == 12 && number > kOctalMax) {
    block[field.offset] = static_cast<char>(0x80);
    for (std::size_t i = field.length - 1; i > 0; --i, number >>= 8)
      block[field.offset + i] = static_cast<char>(number & 0xFF);
    return;
  }
  put_text(block, field, fmt::format("{:0{}o}", number, field.length - 1));
}

}  // namespace

base::Status TarWriter::header(const TarEntry& entry, char type) {
  Block block{};
  put_text(block, kName, entry.name);
  put_number(block, kMode, 0100000U | entry.mode);
  put_number(block, kUser, 0);
  put_number(block, kGroup, 0);
  put_number(block, kSize, entry.size);
  put_number(block, kTime, static_cast<std::uint64_t>(std::max<std::int64_t>(entry.modified_s, 0)));
  block[kType] = type;
  put_text(block, {kMagic, 8}, std::string_view("ustar\00000", 8));
  put_text(block, kChecksum, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_text(block, kChecksum, fmt::format("{:06o}", sum));
  block[kChecksum.offset + 6] = '\0';
  return sink_.append({block.data(), block.size()});
}

base::Status TarWriter::pad(std::uint64_t bytes) {
  return sink_.append(std::string((kBlock - bytes % kBlock) % kBlock, '\0'));
}

base::Status TarWriter::add(const TarEntry& entry, ByteSource& content) {
  if (entry.name.size() > kNameMax) {
    const auto bytes = entry.name.size() + 1;  // with a zero
    TRY_VOID(header({.name = std::string(kLongName), .size = bytes}, 'L'));
    TRY_VOID(sink_.append(entry.name + '\0'));
    TRY_VOID(pad(bytes));
  }
  TRY_VOID(header(entry, '0'));
  std::uint64_t written = 0;
  for (;;) {
    TRY(const auto bytes, content.next());
    if (bytes.empty()) break;
    written += bytes.size();
    TRY_VOID(sink_.append(bytes));
  }
  if (written != entry.size)
    return base::fail(base::ErrorKind::Internal, "an entry of an archive is not as long as was said");
  return pad(written);
}

base::Status TarWriter::finish() { return sink_.append(std::string(2 * kBlock, '\0')); }

}  // namespace flow
