#include "store/ballast.h"

#include <algorithm>

#include "base/log.h"

namespace store {
namespace {

constexpr std::uint64_t kPieceBytes = 1 << 20;

}  // namespace

base::Status Ballast::find() {
  if (bytes_ == 0) return {};
  TRY(is_there_, disk_.exists(path_));
  return {};
}

void Ballast::tend() {
  if (is_there_ || bytes_ == 0) return;
  const auto free = disk_.free_space(directory_);
  // A disk with much room needs none, and a store on it shall not look larger than it is.
  if (!free || *free >= 4 * limits_.body_reserve || *free < limits_.body_reserve + bytes_) return;
  const auto made = make();
  is_there_ = made.has_value();
  if (made) return;
  LOG_WARN("store.ballast_not_made error=\"{}\"", made.error().message);
  (void)disk_.remove(path_);
}

base::Status Ballast::make() {
  TRY(const auto file, disk_.open(path_, base::OpenMode::Create));
  // Zeros that are written, not a hole.
  const std::string piece(kPieceBytes, '\0');
  for (std::uint64_t done = 0; done < bytes_; done += kPieceBytes)
    TRY_VOID(file->append(std::string_view(piece).substr(0, std::min(kPieceBytes, bytes_ - done))));
  return file->sync();
}

bool Ballast::drop() {
  if (!is_there_) return false;
  const auto removed = disk_.remove(path_);
  if (!removed) return false;
  is_there_ = false;
  LOG_WARN("store.ballast_dropped bytes={}", bytes_);
  return true;
}

}  // namespace store
