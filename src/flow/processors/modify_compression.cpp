#include "flow/processors/modify_compression.h"

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/compression_kind.h"
#include "flow/processors/failure.h"

namespace flow {
namespace {

constexpr std::string_view kByAttribute = "use mime.type attribute", kNone = "no compression";

constexpr Allowed kInputs[] = {{kNone},  {kByAttribute}, {"gzip"},          {"deflate"},    {"bzip2"}, {"xz-lzma2"},
                               {"lzma"}, {"snappy"},     {"snappy-framed"}, {"lz4-framed"}, {"zstd"},  {"brotli"}};
constexpr Allowed kOutputs[] = {{kNone},           {"gzip"},       {"deflate"}, {"bzip2"},
                                {"xz-lzma2"},      {"lzma"},       {"snappy"},  {"snappy-hadoop"},
                                {"snappy-framed"}, {"lz4-framed"}, {"zstd"},    {"brotli"}};
constexpr Allowed kLevels[] = {{"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}, {"9"}};
constexpr Allowed kNames[] = {{"ORIGINAL", "Original"}, {"UPDATED", "Updated"}};
constexpr Allowed kRoutes[] = {{"success"}, {"failure"}};
constexpr Property kProperties[] = {
    {.name = "Input Compression Strategy",
     .help = "How the content is compressed",
     .fallback = kNone,
     .required = true,
     .allowed = kInputs},
    {.name = "Output Compression Strategy",
     .help = "How it should be",
     .fallback = kNone,
     .required = true,
     .allowed = kOutputs},
    {.name = "Output Compression Level",
     .help = "0 is fastest, 9 smallest",
     .fallback = "1",
     .required = true,
     .allowed = kLevels},
    {.name = "Output Filename Strategy",
     .help = "Whether the suffix of the name follows",
     .fallback = "UPDATED",
     .required = true,
     .allowed = kNames},
    {.name = "Unknown MIME Type Routing",
     .help = "Where a flowfile goes whose mime.type says no compression",
     .fallback = "failure",
     .allowed = kRoutes},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class ModifyCompression final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    const auto input = configuration.text_or("Input Compression Strategy", kNone);
    by_attribute_ = input == kByAttribute;
    input_ = find_compression(input);
    output_ = find_compression(configuration.text_or("Output Compression Strategy", kNone));
    level_ = static_cast<int>(configuration.integer_or("Output Compression Level", 1));
    renames_ = configuration.text("Output Filename Strategy") == "UPDATED";
    unknown_passes_ = configuration.text("Unknown MIME Type Routing") == "success";
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto* input = input_;
    if (by_attribute_) {
      const auto& type = file->attribute("mime.type");
      input = find_compression_by_type(type);
      if (input == nullptr && !type.empty() && unknown_passes_) {
        session.transfer(*file, "success");
        return {};
      }
      if (input == nullptr) {
        send_to_failure(configuration, session, *file,
                        type.empty() ? "the flowfile has no attribute mime.type"
                                     : fmt::format("mime.type '{}' says no compression", type));
        return {};
      }
    }
    const auto done = recompress(session, *file, input == nullptr ? Compression::None : input->compression,
                                 output_ == nullptr ? Compression::None : output_->compression, level_);
    if (!done) {
      if (done.error().kind != base::ErrorKind::InvalidValue && done.error().kind != base::ErrorKind::Unsupported)
        return base::fail(done.error());
      send_to_failure(configuration, session, *file, done.error().message);
      return {};
    }
    if (output_ == nullptr)
      session.remove_attribute(*file, "mime.type");
    else
      session.put_attribute(
          *file, "mime.type",
          output_->compression == Compression::Deflate ? "application/gzip" : std::string(output_->type));
    if (renames_) {
      auto name = file->attribute("filename");
      if (input != nullptr) name = without_suffix(name, input->suffix);
      if (output_ != nullptr) name += output_->suffix;
      session.put_attribute(*file, "filename", std::move(name));
    }
    session.transfer(*file, "success");
    return {};
  }

 private:
  bool by_attribute_ = false;
  bool renames_ = true;
  bool unknown_passes_ = false;
  int level_ = 1;
  const CompressionKind* input_ = nullptr;
  const CompressionKind* output_ = nullptr;
};

}  // namespace

const Description kModifyCompression{
    .type = "org.apache.nifi.processors.compress.ModifyCompression",
    .bundle = "org.apache.nifi:nifi-compress-nar",
    .help = "Changes the compression of the content of flowfiles.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ModifyCompression); },
};

}  // namespace flow
