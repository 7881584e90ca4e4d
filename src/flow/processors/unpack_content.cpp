#include "flow/processors/unpack_content.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "flow/content/archive_entry.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/file_listing.h"

namespace flow {
namespace {

constexpr std::string_view kByAttribute = "use mime.type attribute";

constexpr Allowed kFormats[] = {{kByAttribute},     {"tar"}, {"zip"}, {"flowfile-stream-v3"}, {"flowfile-stream-v2"},
                                {"flowfile-tar-v1"}};
constexpr Property kProperties[] = {
    {.name = "Packaging Format", .fallback = kByAttribute, .required = true, .allowed = kFormats},
    {.name = "Filename Character Set",
     .help = "Of names in zip archives that do not say it",
     .fallback = "UTF-8",
     .required = true},
    {.name = "File Filter",
     .help = "Java pattern that is looked for in names of tar and zip archives",
     .fallback = ".*",
     .required = true,
     .kind = Property::Kind::Pattern},
    {.name = "Password", .help = "Of zip archives", .sensitive = true, .unsupported = true},
    {.name = "Allow Stored Entries With Data Descriptor",
     .old_name = "allow-stored-entries-wdd",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}, {"original"}, {"failure", true}};

enum class Format { Tar, Zip, V3, V2, V1 };

std::optional<Format> format_of(const std::string& name) {
  if (name == "tar") return Format::Tar;
  if (name == "zip") return Format::Zip;
  if (name == "flowfile-stream-v3") return Format::V3;
  if (name == "flowfile-stream-v2") return Format::V2;
  if (name == "flowfile-tar-v1") return Format::V1;
  return std::nullopt;
}

std::optional<Format> format_by_type(std::string type) {
  for (char& c : type) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (type == "application/zip") return Format::Zip;
  if (type == "application/flowfile-v3") return Format::V3;
  if (type == "application/flowfile-v2") return Format::V2;
  if (type == "application/flowfile-v1") return Format::V1;
  if (type.find("tar") != std::string::npos) return Format::Tar;
  return std::nullopt;
}

std::string permissions_text(unsigned mode) {
  std::string text;
  constexpr std::string_view kLetters = "rwxrwxrwx";
  for (unsigned bit = 0; bit < 9; ++bit) text += (mode & 0400U >> bit) != 0 ? kLetters[bit] : '-';
  return text;
}

/// Takes the CRC32 of what passes.
class Checked final : public ByteSink {
 public:
  explicit Checked(ByteSink& sink) : sink_(sink) {}
  base::Status append(std::string_view bytes) override {
    crc_ = static_cast<std::uint32_t>(
        ::crc32(crc_, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    return sink_.append(bytes);
  }
  std::uint32_t crc() const { return crc_; }

 private:
  ByteSink& sink_;
  std::uint32_t crc_ = 0;
};

class UnpackContent final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    format_ = format_of(configuration.text_or("Packaging Format", ""));
    TRY(names_, character_set(configuration, "Filename Character Set"));
    TRY(filter_, el::Pattern::compile(configuration.text_or("File Filter", ".*")));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto format = format_;
    if (!format) {
      const auto& type = file->attribute("mime.type");
      format = format_by_type(type);
      if (!format && !type.empty()) {  // nothing to do
        session.transfer(*file, "success");
        return {};
      }
    }
    Unpacked unpacked;
    const auto done =
        format ? unpack(*format, session, *file, unpacked)
               : base::Status(base::fail(base::ErrorKind::InvalidValue, "the flowfile has no attribute mime.type"));
    if (done) {
      transfer(session, *file, unpacked);
      return {};
    }
    if (done.error().kind != base::ErrorKind::InvalidValue && done.error().kind != base::ErrorKind::Unsupported)
      return base::fail(done.error());
    for (auto* piece : unpacked.pieces) session.remove(*piece);
    send_to_failure(configuration, session, *file, done.error().message);
    return {};
  }

 private:
  struct Unpacked {
    std::vector<FlowFile*> pieces;
    bool are_fragments = false;  // of an archive; packages of flowfiles have attributes of their own
  };

  base::Status unpack(Format format, Session& session, const FlowFile& file, Unpacked& unpacked) const {
    session.count_bytes_in(file.size());
    TRY(const auto entries, list(format, file.content));
    const bool archive = format == Format::Tar || format == Format::Zip;
    unpacked.are_fragments = archive;
    for (const auto& entry : entries) {
      if (archive) {
        TRY(const bool wanted, filter_->find(entry.name));
        if (!wanted) continue;
      }
      TRY(auto* piece, make(session, file, entry));
      unpacked.pieces.push_back(piece);
      if (archive)
        describe(session, *piece, entry, format);
      else
        for (const auto& [name, value] : entry.attributes) session.put_attribute(*piece, name, value);
      if (archive || !entry.attributes.contains("mime.type"))
        session.put_attribute(*piece, "mime.type", "application/octet-stream");
    }
    if (unpacked.pieces.empty()) return base::fail(base::ErrorKind::InvalidValue, "there are no files in the archive");
    return {};
  }

  base::Result<std::vector<ArchiveEntry>> list(Format format, const ContentClaim& content) const {
    switch (format) {
      case Format::Tar: return list_tar(content);
      case Format::Zip: return list_zip(content, names_);
      case Format::V3: return list_packages_v3(content);
      case Format::V2: return list_packages_v2(content);
      case Format::V1: return list_package_v1(content);
    }
    return std::vector<ArchiveEntry>{};
  }

  /// Shares the bytes of the archive when they are not packed.
  static base::Result<FlowFile*> make(Session& session, const FlowFile& file, const ArchiveEntry& entry) {
    if (entry.packing == ArchiveEntry::Packing::Stored) return session.clone(file, entry.offset, entry.size);
    auto& piece = session.create(file);
    TRY(auto writer, session.begin_write());
    Checked checked(writer);
    ContentReader reader({file.content.file, file.content.offset + entry.offset, entry.packed});
    TRY(const auto codec, make_decompressor(Compression::RawDeflate));
    const auto outcome = run_codec(*codec, reader, checked);
    if (!outcome || (entry.checksum && checked.crc() != *entry.checksum)) {
      session.remove(piece);
      if (!outcome) return base::fail(outcome.error());
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' in the archive is damaged", entry.name));
    }
    session.set_content(piece, writer.finish());
    return &piece;
  }

  /// A path in the archive only becomes an attribute; nothing is written there.
  static void describe(Session& session, FlowFile& piece, const ArchiveEntry& entry, Format format) {
    const auto slash = entry.name.rfind('/');
    const auto directory = slash == std::string::npos ? std::string{} : entry.name.substr(0, slash);
    session.put_attribute(piece, "filename", entry.name.substr(slash == std::string::npos ? 0 : slash + 1));
    // As NiFi: with a slash at the end from a tar archive, without from a zip.
    session.put_attribute(piece, "path", directory.empty() || format == Format::Tar ? directory + "/" : directory);
    session.put_attribute(piece, "file.size", std::to_string(entry.size));
    session.put_attribute(piece, "file.lastModifiedTime", file_time_text(entry.modified_s * 1000));
    session.put_attribute(piece, "file.creationTime", file_time_text(entry.modified_s * 1000));
    if (entry.mode) session.put_attribute(piece, "file.permissions", permissions_text(*entry.mode));
    if (format == Format::Zip) {
      session.put_attribute(piece, "file.encryptionMethod", "NONE");
      return;
    }
    session.put_attribute(piece, "file.owner", entry.owner);
    session.put_attribute(piece, "file.group", entry.group);
  }

  static void transfer(Session& session, FlowFile& file, const Unpacked& unpacked) {
    const auto& pieces = unpacked.pieces;
    auto identifier = session.new_uuid();
    auto name = file.attribute("filename");
    for (const std::string_view suffix : {".tar", ".zip", ".pkg"})
      if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    for (std::size_t i = 0; i < pieces.size() && unpacked.are_fragments; ++i) {
      session.put_attribute(*pieces[i], "fragment.identifier", identifier);
      session.put_attribute(*pieces[i], "fragment.index", std::to_string(i + 1));
      session.put_attribute(*pieces[i], "fragment.count", std::to_string(pieces.size()));
      session.put_attribute(*pieces[i], "segment.original.filename", name);
    }
    session.transfer_all(pieces, "success");
    if (unpacked.are_fragments) session.put_attribute(file, "fragment.identifier", identifier);
    session.put_attribute(file, "fragment.count", std::to_string(pieces.size()));
    session.transfer(file, "original");
  }

  std::optional<Format> format_;  // nothing: by the attribute
  CharacterSet names_ = CharacterSet::utf8();
  std::optional<el::Pattern> filter_;
};

}  // namespace

const Description kUnpackContent{
    .type = "org.apache.nifi.processors.standard.UnpackContent",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes a flowfile of each file in an archive.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new UnpackContent); },
};

}  // namespace flow
