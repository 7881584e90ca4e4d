#include "cli/object_transfer.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <mutex>

#include "cli/commands.h"
#include "store/s3/transfer.h"

namespace cli {

using store::s3::S3Client;

namespace {

constexpr std::uint64_t kWholeBytesMax = 16 << 20;  // read in one request
constexpr std::size_t kPieceBytes = 256 << 10;

base::Result<std::string> read_standard_input() {
  std::string piece(kPieceBytes, '\0');
  std::cin.read(piece.data(), static_cast<std::streamsize>(piece.size()));
  piece.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (std::cin.bad()) return base::fail(base::ErrorKind::Unavailable, "standard input cannot be read");
  return piece;
}

base::Status fetch(S3Client& client, const Place& from, base::File& file, std::optional<std::uint64_t> size) {
  if (size && *size <= kWholeBytesMax)
    return client.get(from.bucket, from.key, [&](std::string_view bytes) { return file.append(bytes); });
  std::mutex writing;  // writers of a file take turns
  const store::s3::RangeSink sink = [&](std::uint64_t offset, std::string_view bytes) {
    const std::lock_guard lock(writing);
    return file.write_at(offset, bytes);
  };
  TRY_VOID(store::s3::download(client, from.bucket, from.key, sink, {.part_bytes = kWholeBytesMax}));
  return {};
}

}  // namespace

base::Status upload(S3Client& client, const std::string& file, const Place& to) {
  if (file == "-") {
    TRY_VOID(store::s3::upload_stream(client, to.bucket, to.key, read_standard_input, {}));
    return {};
  }
  base::PosixDisk disk;
  TRY(auto opened, disk.open(file, base::OpenMode::Read));
  TRY(const auto length, opened->size());
  store::s3::Body body{.length = length};
  body.read = [&](std::uint64_t offset, std::size_t size) -> base::Result<std::string> {
    std::string piece(size, '\0');
    TRY(const auto count, opened->read_at(offset, piece));
    if (count < size) return base::fail(base::ErrorKind::Conflict, "the file became shorter: " + file);
    return piece;
  };
  TRY_VOID(store::s3::upload(client, to.bucket, to.key, std::move(body), {}));
  return {};
}

base::Status download(S3Client& client, const Place& from, const std::string& file, std::optional<std::uint64_t> size) {
  if (file == "-") return client.get(from.bucket, from.key, [](std::string_view bytes) { return print(bytes); });
  base::PosixDisk disk;
  // Under a hidden name first: a listing of the directory never sees half a file.
  const auto directory = base::parent_of(file);
  TRY_VOID(disk.make_directory(directory));
  const auto temporary = fmt::format("{}/.{}.part", directory, std::filesystem::path(file).filename().string());
  TRY(auto opened, disk.open(temporary, base::OpenMode::Create));
  auto got = fetch(client, from, *opened, size);
  if (!got) {
    (void)disk.remove(temporary);
    return got;
  }
  return disk.rename(temporary, file);
}

base::Status transfer(S3Client& client, const Place& from, const Place& to) {
  TRY_VOID(store::s3::copy_object(client, from.bucket, from.key, to.bucket, to.key, {}));
  return {};
}

}  // namespace cli
