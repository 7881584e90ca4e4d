#include "flow/content/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>

namespace flow {
namespace {

constexpr std::uint64_t kMax16 = 0xFFFF, kMax32 = 0xFFFFFFFF;
constexpr std::uint16_t kFlags = 1U << 3 | 1U << 11;  // sizes follow; names are UTF-8
constexpr std::uint16_t kDeflated = 8;
constexpr std::size_t kBufferBytes = 64 << 10;

/// Numbers with the low byte first, as everywhere in a zip.
class Bytes {
 public:
  Bytes& u16(std::uint64_t number) { return put(number, 2); }
  Bytes& u32(std::uint64_t number) { return put(number, 4); }
  Bytes& u64(std::uint64_t number) { return put(number, 8); }
  Bytes& text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  Bytes& put(std::uint64_t number, int count) {
    for (; count > 0; --count, number >>= 8) bytes_ += static_cast<char>(number & 0xFF);
    return *this;
  }
  std::string bytes_;
};

std::uint32_t dos_time(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  if (parts.tm_year < 80) return 1U << 21 | 1U << 16;  // 1980-01-01
  const auto field = [](int value, unsigned shift) { return static_cast<std::uint32_t>(value) << shift; };
  return field(parts.tm_year - 80, 25) | field(parts.tm_mon + 1, 21) | field(parts.tm_mday, 16) |
         field(parts.tm_hour, 11) | field(parts.tm_min, 5) | field(parts.tm_sec / 2, 0);
}

/// So much that deflate may make it longer than 32 bits can say.
bool is_big(std::uint64_t size) { return size >= kMax32 - (kMax32 >> 8); }

struct EndDeflate {
  void operator()(z_stream* stream) const { ::deflateEnd(stream); }
};

}  // namespace

base::Status ZipWriter::write(std::string_view bytes) {
  offset_ += bytes.size();
  return sink_.append(bytes);
}

base::Status ZipWriter::deflate(ByteSource& content, Entry& entry) {
  z_stream stream{};
  if (::deflateInit2(&stream, level_, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return base::fail(base::ErrorKind::Internal, "deflate cannot be started");
  const std::unique_ptr<z_stream, EndDeflate> end(&stream);
  std::string out(kBufferBytes, '\0');
  const auto begin = offset_;
  for (bool last = false; !last;) {
    TRY(const auto bytes, content.next());
    last = bytes.empty();
    entry.size += bytes.size();
    entry.crc = static_cast<std::uint32_t>(
        ::crc32(entry.crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      ::deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      TRY_VOID(write(std::string_view(out).substr(0, out.size() - stream.avail_out)));
    } while (stream.avail_out == 0);
  }
  entry.packed = offset_ - begin;
  return {};
}

base::Status ZipWriter::add(const std::string& name, std::uint64_t size, ByteSource& content) {
  if (name.size() > kMax16 || !names_.insert(name).second)
    return base::fail(base::ErrorKind::AlreadyExists, fmt::format("an archive cannot have two entries '{}'", name));
  Entry entry{.name = name, .offset = offset_};
  const bool big = is_big(size);
  Bytes header;
  header.text("PK\3\4").u16(big ? 45 : 20).u16(kFlags).u16(kDeflated).u32(dos_time(now_s_)).u32(0);
  header.u32(big ? kMax32 : 0).u32(big ? kMax32 : 0).u16(name.size()).u16(big ? 20 : 0).text(name);
  if (big) header.u16(1).u16(16).u64(0).u64(0);
  TRY_VOID(write(header.take()));
  TRY_VOID(deflate(content, entry));
  Bytes descriptor;
  descriptor.text("PK\7\10").u32(entry.crc);
  if (big)
    descriptor.u64(entry.packed).u64(entry.size);
  else
    descriptor.u32(entry.packed).u32(entry.size);
  TRY_VOID(write(descriptor.take()));
  entries_.push_back(std::move(entry));
  return {};
}

base::Status ZipWriter::finish() {
  const auto begin = offset_;
  for (const auto& entry : entries_) {
    Bytes extra;
    if (entry.size >= kMax32) extra.u64(entry.size);
    if (entry.packed >= kMax32) extra.u64(entry.packed);
    if (entry.offset >= kMax32) extra.u64(entry.offset);
    const auto numbers = extra.take();
    const std::size_t extra_bytes = numbers.empty() ? 0 : numbers.size() + 4;
    Bytes record;
    const unsigned version = extra_bytes > 0 ? 45 : 20;
    record.text("PK\1\2").u16(version).u16(version).u16(kFlags).u16(kDeflated).u32(dos_time(now_s_)).u32(entry.crc);
    record.u32(std::min(entry.packed, kMax32)).u32(std::min(entry.size, kMax32)).u16(entry.name.size());
    record.u16(extra_bytes).u16(0).u16(0).u16(0).u32(0).u32(std::min(entry.offset, kMax32)).text(entry.name);
    if (extra_bytes > 0) record.u16(1).u16(numbers.size()).text(numbers);
    TRY_VOID(write(record.take()));
  }
  const auto bytes = offset_ - begin;
  const auto count = entries_.size();
  Bytes end;
  if (count >= kMax16 || begin >= kMax32 || bytes >= kMax32) {
    const auto here = offset_;
    end.text("PK\6\6").u64(44).u16(45).u16(45).u32(0).u32(0).u64(count).u64(count).u64(bytes).u64(begin);
    end.text("PK\6\7").u32(0).u64(here).u32(1);
  }
  end.text("PK\5\6").u16(0).u16(0).u16(std::min<std::uint64_t>(count, kMax16));
  end.u16(std::min<std::uint64_t>(count, kMax16)).u32(std::min(bytes, kMax32)).u32(std::min(begin, kMax32)).u16(0);
  return write(end.take());
}

}  // namespace flow
