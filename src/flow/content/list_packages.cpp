#include <fmt/format.h>

#include <pugixml.hpp>

#include "flow/content/archive_entry.h"

namespace flow {
namespace {

constexpr std::uint64_t kTextMax = 64 << 20;

base::Failure<base::Error> damaged(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the content is no stream of flowfiles: {}", what));
}

class Reader {
 public:
  explicit Reader(const ContentClaim& claim) : claim_(claim) {}
  bool at_end() const { return at_ == claim_.length; }
  std::uint64_t position() const { return at_; }
  std::uint64_t left() const { return claim_.length - at_; }
  void skip(std::uint64_t bytes) { at_ += bytes; }

  base::Result<std::string> take(std::uint64_t bytes) {
    if (bytes > kTextMax) return damaged("an attribute is too long");
    TRY(auto taken, bytes_at(claim_, at_, bytes));
    at_ += bytes;
    return taken;
  }
  base::Result<std::uint64_t> number(std::uint64_t bytes) {
    TRY(const auto text, take(bytes));
    std::uint64_t value = 0;
    for (const char c : text) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  base::Result<std::uint64_t> length() {
    TRY(const auto two, number(2));
    if (two != 0xFFFF) return two;
    return number(4);
  }

 private:
  const ContentClaim& claim_;
  std::uint64_t at_ = 0;
};

base::Result<std::vector<ArchiveEntry>> list(const ContentClaim& archive, std::string_view magic) {
  std::vector<ArchiveEntry> entries;
  Reader reader(archive);
  while (!reader.at_end()) {
    TRY(const auto head, reader.take(magic.size()));
    if (head != magic) return damaged("a flowfile does not begin as one");
    TRY(const auto count, reader.length());
    if (count == 0) return damaged("a flowfile has no attributes");
    ArchiveEntry entry;
    for (std::uint64_t n = 0; n < count; ++n) {
      TRY(const auto name_bytes, reader.length());
      TRY(const auto name, reader.take(name_bytes));
      TRY(const auto value_bytes, reader.length());
      TRY(entry.attributes[name], reader.take(value_bytes));
    }
    TRY(entry.size, reader.number(8));
    entry.packed = entry.size;
    entry.offset = reader.position();
    if (entry.size > reader.left()) return damaged("it ends within a flowfile");
    reader.skip(entry.size);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

base::Result<std::vector<ArchiveEntry>> list_packages_v3(const ContentClaim& archive) {
  return list(archive, "NiFiFF3");
}

base::Result<std::vector<ArchiveEntry>> list_packages_v2(const ContentClaim& archive) { return list(archive, ""); }

base::Result<std::vector<ArchiveEntry>> list_package_v1(const ContentClaim& archive) {
  TRY(auto entries, list_tar(archive));
  if (entries.size() != 2 || entries[0].name != "flowfile.attributes" || entries[1].name != "flowfile.content")
    return damaged("a package has the two files flowfile.attributes and flowfile.content");
  TRY(const auto text, bytes_at(archive, entries[0].offset, std::min(entries[0].size, kTextMax)));
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return damaged("its attributes are no XML");
  for (const auto entry : document.child("properties").children("entry"))
    entries[1].attributes[entry.attribute("key").value()] = entry.child_value();
  entries.erase(entries.begin());
  return entries;
}

}  // namespace flow
