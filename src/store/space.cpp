#include "store/space.h"

#include <fmt/format.h>

#include <algorithm>

namespace store {

base::Status Space::Claim::make(std::uint64_t bytes) {
  TRY_VOID(space_.admit_body(bytes));
  bytes_ += bytes;
  space_.claimed_ += bytes;
  return {};
}

base::Status Space::Claim::spend(std::uint64_t bytes) {
  const auto claimed = std::min(bytes, bytes_);
  bytes_ -= claimed;
  space_.claimed_ -= claimed;
  return space_.admit_body(bytes);
}

base::Status Space::admit_body(std::uint64_t bytes) const { return admit(claimed_ + bytes, limits_.body_reserve); }

base::Status Space::admit_commit() const { return admit(0, limits_.index_reserve); }

base::Status Space::admit(std::uint64_t bytes, std::uint64_t reserve) const {
  if (reserve == 0) return {};
  const auto free = disk_.free_space(directory_);
  // A disk that does not tell how much is free says so when it is full.
  if (!free || *free >= reserve + bytes) return {};
  return base::fail(
      base::ErrorKind::Unavailable,
      fmt::format("the disk is full: {} bytes are free, {} are wanted and {} stay reserved", *free, bytes, reserve));
}

base::Error write_error(base::Error error) {
  if (error.kind != base::ErrorKind::Unavailable || error.message.starts_with("the disk ")) return error;
  if (error.message.find("free some space") != std::string::npos) error.message.insert(0, "the disk is full: ");
  if (error.message.find("read-only") != std::string::npos) error.message.insert(0, "the disk takes no writes: ");
  return error;
}

}  // namespace store
