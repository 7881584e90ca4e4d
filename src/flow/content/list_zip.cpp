#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "flow/content/archive_entry.h"

namespace flow {
namespace {

constexpr std::uint64_t kEndBytes = 22, kEndMax = kEndBytes + 0xFFFF, kMax16 = 0xFFFF, kMax32 = 0xFFFFFFFF;
constexpr std::uint64_t kLocalBytes = 30, kCentralBytes = 46;

base::Failure<base::Error> damaged(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the content is no zip archive: {}", what));
}

std::uint64_t number(std::string_view bytes, std::size_t offset, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = length; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[offset + i - 1]);
  return value;
}

std::int64_t seconds_of(std::uint64_t dos) {
  std::tm parts{};
  parts.tm_year = static_cast<int>(dos >> 25 & 0x7F) + 80;
  parts.tm_mon = static_cast<int>(dos >> 21 & 0xF) - 1;
  parts.tm_mday = static_cast<int>(dos >> 16 & 0x1F);
  parts.tm_hour = static_cast<int>(dos >> 11 & 0x1F);
  parts.tm_min = static_cast<int>(dos >> 5 & 0x3F);
  parts.tm_sec = static_cast<int>(dos & 0x1F) * 2;
  return ::timegm(&parts);
}

struct Directory {
  std::uint64_t offset = 0, length = 0, count = 0;
};

base::Result<Directory> find_directory(const ContentClaim& archive) {
  if (archive.length < kEndBytes) return damaged("it is too short");
  const auto tail_bytes = std::min(archive.length, kEndMax);
  const auto tail_offset = archive.length - tail_bytes;
  TRY(const auto tail, bytes_at(archive, tail_offset, tail_bytes));
  const auto at = tail.rfind("PK\5\6");
  if (at == std::string::npos || tail.size() - at < kEndBytes) return damaged("it has no directory");
  Directory directory{
      .offset = number(tail, at + 16, 4), .length = number(tail, at + 12, 4), .count = number(tail, at + 10, 2)};
  const auto end = tail_offset + at;
  if ((directory.offset == kMax32 || directory.length == kMax32 || directory.count == kMax16) && end >= 20) {
    TRY(const auto locator, bytes_at(archive, end - 20, 20));
    if (locator.starts_with("PK\6\7")) {
      TRY(const auto big, bytes_at(archive, number(locator, 8, 8), 56));
      if (!big.starts_with("PK\6\6")) return damaged("its directory is not where it says");
      directory = {.offset = number(big, 48, 8), .length = number(big, 40, 8), .count = number(big, 32, 8)};
    }
  }
  return directory;
}

/// Numbers that did not fit into 32 bits.
void apply_extra(std::string_view extra, ArchiveEntry& entry) {
  while (extra.size() >= 4) {
    const auto id = number(extra, 0, 2), length = number(extra, 2, 2);
    if (4 + length > extra.size()) return;
    auto field = extra.substr(4, length);
    extra.remove_prefix(4 + length);
    if (id != 1) continue;
    for (auto* value : {&entry.size, &entry.packed, &entry.offset}) {
      if (*value != kMax32 || field.size() < 8) continue;
      *value = number(field, 0, 8);
      field.remove_prefix(8);
    }
  }
}

}  // namespace

base::Result<std::vector<ArchiveEntry>> list_zip(const ContentClaim& archive, const CharacterSet& names) {
  TRY(const auto directory, find_directory(archive));
  TRY(const auto bytes, bytes_at(archive, directory.offset, directory.length));
  std::vector<ArchiveEntry> entries;
  std::string_view rest = bytes;
  for (std::uint64_t n = 0; n < directory.count; ++n) {
    if (rest.size() < kCentralBytes || !rest.starts_with("PK\1\2"))
      return damaged("an entry of its directory is not valid");
    const auto name_bytes = number(rest, 28, 2), extra_bytes = number(rest, 30, 2), comment_bytes = number(rest, 32, 2);
    const auto length = kCentralBytes + name_bytes + extra_bytes + comment_bytes;
    if (rest.size() < length) return damaged("its directory ends early");
    const auto flags = number(rest, 8, 2), method = number(rest, 10, 2);
    ArchiveEntry entry{.offset = number(rest, 42, 4),
                       .packed = number(rest, 20, 4),
                       .size = number(rest, 24, 4),
                       .checksum = static_cast<std::uint32_t>(number(rest, 16, 4)),
                       .modified_s = seconds_of(number(rest, 12, 4))};
    if (number(rest, 5, 1) == 3) entry.mode = static_cast<unsigned>(number(rest, 38, 4) >> 16) & 07777U;  // from Unix
    const auto name = rest.substr(kCentralBytes, name_bytes);
    if ((flags & 1U << 11) != 0) {
      entry.name = name;
    } else {
      TRY(entry.name, names.decode(name));
    }
    apply_extra(rest.substr(kCentralBytes + name_bytes, extra_bytes), entry);
    rest.remove_prefix(length);
    if (entry.name.ends_with('/')) continue;
    if ((flags & 1U) != 0)
      return base::fail(base::ErrorKind::Unsupported, fmt::format("'{}' in the archive is encrypted", entry.name));
    if (method != 0 && method != 8)
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("'{}' in the archive is packed by the method {}", entry.name, method));
    entry.packing = method == 8 ? ArchiveEntry::Packing::Deflated : ArchiveEntry::Packing::Stored;
    TRY(const auto local, bytes_at(archive, entry.offset, kLocalBytes));
    if (!local.starts_with("PK\3\4")) return damaged("an entry is not where its directory says");
    entry.offset += kLocalBytes + number(local, 26, 2) + number(local, 28, 2);
    if (entry.offset > archive.length || entry.packed > archive.length - entry.offset)
      return damaged("it ends within a file");
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace flow
