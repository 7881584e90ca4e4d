#include "flow/processors/compress_content.h"

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/compression_kind.h"
#include "flow/processors/failure.h"

namespace flow {
namespace {

constexpr std::string_view kByAttribute = "use mime.type attribute";

constexpr Allowed kModes[] = {{"compress"}, {"decompress"}};
constexpr Allowed kFormats[] = {{kByAttribute},    {"gzip"},       {"deflate"}, {"bzip2"},
                                {"xz-lzma2"},      {"lzma"},       {"snappy"},  {"snappy-hadoop"},
                                {"snappy framed"}, {"lz4-framed"}, {"zstd"},    {"brotli"}};
constexpr Allowed kLevels[] = {{"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}, {"9"}};
constexpr Property kProperties[] = {
    {.name = "Mode", .fallback = "compress", .required = true, .allowed = kModes},
    {.name = "Compression Format",
     .help = "By the attribute mime.type, what is of no known format passes as it is",
     .fallback = kByAttribute,
     .required = true,
     .allowed = kFormats},
    {.name = "Compression Level",
     .help = "Of gzip, deflate, xz-lzma2, zstd and brotli: 0 is fastest, 9 smallest",
     .fallback = "1",
     .required = true,
     .allowed = kLevels},
    {.name = "Update Filename",
     .help = "Add the suffix of the format, or take it away",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class CompressContent final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    compresses_ = configuration.text("Mode") == "compress";
    const auto format = configuration.text_or("Compression Format", "");
    kind_ = find_compression(format);
    level_ = static_cast<int>(configuration.integer_or("Compression Level", 1));
    renames_ = configuration.flag("Update Filename");
    if (!compresses_ && format == "snappy-hadoop")
      return in_property(configuration, "Compression Format", "'snappy-hadoop' cannot be decompressed");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto* kind = kind_;
    if (kind == nullptr) {
      const auto& type = file->attribute("mime.type");
      if (type.empty()) {
        send_to_failure(configuration, session, *file, "the flowfile has no attribute mime.type");
        return {};
      }
      kind = find_compression_by_type(type);
      if (kind == nullptr) {  // nothing to do
        session.transfer(*file, "success");
        return {};
      }
    }
    const auto done = recompress(session, *file, compresses_ ? Compression::None : kind->compression,
                                 compresses_ ? kind->compression : Compression::None, level_);
    if (!done) {
      if (done.error().kind != base::ErrorKind::InvalidValue && done.error().kind != base::ErrorKind::Unsupported)
        return base::fail(done.error());
      send_to_failure(configuration, session, *file, done.error().message);
      return {};
    }
    const auto& name = file->attribute("filename");
    if (compresses_) {
      const bool deflate = kind->compression == Compression::Deflate;  // NiFi calls that gzip
      session.put_attribute(*file, "mime.type", deflate ? "application/gzip" : std::string(kind->type));
      if (renames_) session.put_attribute(*file, "filename", name + std::string(kind->suffix));
    } else {
      session.remove_attribute(*file, "mime.type");
      if (renames_) session.put_attribute(*file, "filename", without_suffix(name, kind->suffix));
    }
    session.transfer(*file, "success");
    return {};
  }

 private:
  bool compresses_ = true;
  bool renames_ = false;
  int level_ = 1;
  const CompressionKind* kind_ = nullptr;  // null: by the attribute
};

}  // namespace

const Description kCompressContent{
    .type = "org.apache.nifi.processors.standard.CompressContent",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Compresses the content of flowfiles, or decompresses it.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new CompressContent); },
};

}  // namespace flow
