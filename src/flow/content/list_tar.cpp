#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/content/archive_entry.h"

namespace flow {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kExtraMax = 1 << 20;  // of a long name or a pax header

base::Failure<base::Error> damaged(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the content is no tar archive: {}", what));
}

std::string_view text_field(std::string_view block, std::size_t offset, std::size_t length) {
  const auto field = block.substr(offset, length);
  return field.substr(0, field.find('\0'));
}

/// Octal digits, or base 256 when the first bit is set.
std::optional<std::uint64_t> number_field(std::string_view block, std::size_t offset, std::size_t length) {
  auto field = block.substr(offset, length);
  if ((static_cast<unsigned char>(field[0]) & 0x80) != 0) {
    std::uint64_t number = static_cast<unsigned char>(field[0]) & 0x7F;
    for (const char c : field.substr(1)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  }
  field = text_field(block, offset, length);
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (field.ends_with(' ')) field.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number, 8);
  if (!field.empty() && (error != std::errc{} || end != field.data() + field.size())) return std::nullopt;
  return number;
}

bool has_right_sum(std::string_view block) {
  const auto said = number_field(block, 148, 8);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  return said == sum;
}

/// "27 path=some/name\n" and so on.
void apply_pax(std::string_view records, ArchiveEntry& entry, std::optional<std::uint64_t>& size) {
  while (!records.empty()) {
    std::size_t length = 0;
    const auto [digits, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    if (error != std::errc{} || length == 0 || length > records.size()) return;
    auto record = records.substr(0, length);
    records.remove_prefix(length);
    record.remove_prefix(std::min<std::size_t>(static_cast<std::size_t>(digits - record.data()) + 1, record.size()));
    if (record.ends_with('\n')) record.remove_suffix(1);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = record.substr(0, equals);
    const std::string value(record.substr(equals + 1));
    if (key == "path") entry.name = value;
    if (key == "uname") entry.owner = value;
    if (key == "gname") entry.group = value;
    if (key == "mtime") entry.modified_s = std::strtoll(value.c_str(), nullptr, 10);
    if (key == "size") size = std::strtoull(value.c_str(), nullptr, 10);
  }
}

}  // namespace

base::Result<std::string> bytes_at(const ContentClaim& claim, std::uint64_t offset, std::uint64_t length) {
  if (offset > claim.length || length > claim.length - offset)
    return base::fail(base::ErrorKind::InvalidValue, "the content ends early");
  return read_all({claim.file, claim.offset + offset, length});
}

base::Result<std::vector<ArchiveEntry>> list_tar(const ContentClaim& archive) {
  std::vector<ArchiveEntry> entries;
  ArchiveEntry next;                  // what was said before its header
  std::optional<std::uint64_t> size;  // the same
  for (std::uint64_t at = 0; at < archive.length;) {
    TRY(const auto block, bytes_at(archive, at, kBlock));
    if (block.find_first_not_of('\0') == std::string::npos) break;
    const auto header_size = number_field(block, 124, 12);
    if (!has_right_sum(block) || !header_size) return damaged("a header is not valid");
    at += kBlock;
    const char type = block[156];
    const auto length =
        type == 'L' || type == 'K' || type == 'x' || type == 'g' ? *header_size : size.value_or(*header_size);
    if (length > archive.length - at) return damaged("it ends within a file");
    if (type == 'L' || type == 'K' || type == 'x' || type == 'g') {
      if (length > kExtraMax) return damaged("a name is too long");
      TRY(const auto text, bytes_at(archive, at, length));
      if (type == 'L') next.name = text.substr(0, text.find('\0'));
      if (type == 'x') apply_pax(text, next, size);
    } else {
      auto entry = std::exchange(next, {});
      size.reset();
      if (entry.name.empty()) {
        entry.name = text_field(block, 0, 100);
        const auto prefix = text_field(block, 345, 155);
        if (block.substr(257, 5) == "ustar" && block[262] == '\0' && !prefix.empty())
          entry.name = std::string(prefix) + "/" + entry.name;
      }
      entry.offset = at;
      entry.packed = entry.size = length;
      entry.mode = static_cast<unsigned>(number_field(block, 100, 8).value_or(0)) & 07777U;
      if (entry.modified_s == 0) entry.modified_s = static_cast<std::int64_t>(number_field(block, 136, 12).value_or(0));
      if (entry.owner.empty()) entry.owner = text_field(block, 265, 32);
      if (entry.group.empty()) entry.group = text_field(block, 297, 32);
      if ((type == '0' || type == '\0' || type == '7') && !entry.name.ends_with('/'))
        entries.push_back(std::move(entry));
    }
    at += (length + kBlock - 1) / kBlock * kBlock;
    if (at > archive.length) return damaged("it ends within a block");
  }
  return entries;
}

}  // namespace flow
