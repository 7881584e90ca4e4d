#include "http/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include "base/assert.h"

namespace http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip headers
constexpr std::size_t kPiece = 1 << 20;

Bytef* bytes_of(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

base::Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return base::fail(base::ErrorKind::Internal, "zlib cannot start");
  std::string out;
  stream.next_in = bytes_of(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  int state = Z_OK;
  while (state == Z_OK && out.size() <= limit) {
    const auto size = out.size();
    out.resize(size + kPiece);
    stream.next_out = bytes_of(out.data() + size);
    stream.avail_out = kPiece;
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > limit)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the data unpack to more than {} bytes", limit));
  if (state != Z_STREAM_END) return base::fail(base::ErrorKind::InvalidValue, "the bytes are no valid gzip data");
  return out;
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  const int begun = deflateInit2(&stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  ASSERT(begun == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = bytes_of(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = bytes_of(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = deflate(&stream, Z_FINISH);
  ASSERT(ended == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace http
