#include "flow/processors/compression_kind.h"

#include <algorithm>
#include <array>

namespace flow {
namespace {

constexpr auto kKinds = std::to_array<CompressionKind>({
    {"gzip", Compression::Gzip, ".gz", "application/gzip", "application/x-gzip"},
    // NiFi names what deflate gives gzip; it knows the others when it reads.
    {"deflate", Compression::Deflate, ".zlib", "application/deflate", "application/x-deflate"},
    {"bzip2", Compression::Bzip2, ".bz2", "application/x-bzip2", "application/bzip2"},
    {"xz-lzma2", Compression::Xz, ".xz", "application/x-xz"},
    {"lzma", Compression::Lzma, ".lzma", "application/x-lzma"},
    {"snappy", Compression::Snappy, ".snappy", "application/x-snappy"},
    {"snappy-hadoop", Compression::SnappyHadoop, ".snappy", "application/x-snappy-hadoop"},
    {"snappy framed", Compression::SnappyFramed, ".sz", "application/x-snappy-framed"},
    {"lz4-framed", Compression::Lz4Framed, ".lz4", "application/x-lz4-framed"},
    {"zstd", Compression::Zstd, ".zst", "application/zstd"},
    {"brotli", Compression::Brotli, ".br", "application/x-brotli"},
});

}  // namespace

std::span<const CompressionKind> compression_kinds() { return kKinds; }

const CompressionKind* find_compression(std::string_view name) {
  if (name == "snappy-framed") name = "snappy framed";  // in ModifyCompression
  const auto found = std::ranges::find(kKinds, name, &CompressionKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

const CompressionKind* find_compression_by_type(std::string_view mime_type) {
  const auto found = std::ranges::find_if(kKinds, [&](const CompressionKind& kind) {
    return kind.type == mime_type || (!kind.other_type.empty() && kind.other_type == mime_type);
  });
  return found == kKinds.end() ? nullptr : &*found;
}

base::Status recompress(Session& session, FlowFile& file, Compression from, Compression into, int level) {
  /// Hands on to the second codec what comes out of the first.
  class Chain final : public ByteSink {
   public:
    Chain(Codec& codec, ByteSink& sink) : codec_(codec), sink_(sink) {}
    base::Status append(std::string_view bytes) override { return codec_.feed(bytes, sink_); }

   private:
    Codec& codec_;
    ByteSink& sink_;
  };
  TRY(const auto decompressor, make_decompressor(from));
  TRY(const auto compressor, make_compressor(into, level));
  auto reader = session.read(file);
  TRY(auto writer, session.begin_write());
  Chain chain(*compressor, writer);
  TRY_VOID(run_codec(*decompressor, reader, chain));
  TRY_VOID(compressor->finish(writer));
  session.set_content(file, writer.finish());
  return {};
}

std::string without_suffix(const std::string& name, std::string_view suffix) {
  if (name.size() < suffix.size()) return name;
  const auto end = name.substr(name.size() - suffix.size());
  const bool same = std::ranges::equal(end, suffix, {}, [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return same ? name.substr(0, name.size() - suffix.size()) : name;
}

}  // namespace flow
