#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

/// Care of what a store keeps. A check compares the index with itself and with the files that are there; a scrub reads
/// the bytes of every version and part and compares them with what was computed when they came. No record guards a
/// single extent: what finds a changed byte is the MD5 in the ETag (of each part, after a multipart upload), the
/// checksum that is kept beside it, and the tags of encrypted frames.
namespace store {

/// Something that is not as it must be. What is not known is empty.
struct Damage {
  std::string what;                  // complete English
  std::string bucket, key, version;  // of the version, as version_id() names it
  std::string upload;                // of a part that waits for its completion
  int part = 0;
  std::string file;          // its path
  std::uint64_t offset = 0;  // in the file
  bool operator==(const Damage&) const = default;
};

struct CheckReport {
  std::uint64_t versions = 0, parts = 0, events = 0, files = 0;
  /// Files that nothing refers to: of writes that never ended; the next open for writing removes them. Looked for only
  /// in a store that is open for reading.
  std::uint64_t unknown_files = 0;
  std::uint64_t damage_count = 0;
  std::vector<Damage> damage;  // the first kDamageMax
  static constexpr std::size_t kDamageMax = 10'000;

  void add(Damage found) {
    ++damage_count;
    if (damage.size() < kDamageMax) damage.push_back(std::move(found));
  }
};

struct ScrubOptions {
  std::string after;                                  // ScrubStep::next of the step before; empty: from the beginning
  std::uint64_t bytes_max = std::uint64_t{64} << 20;  // looks at one version more when these are read
  /// Told of bytes that were read, in small pieces: may wait. False ends the step; what was half read comes again.
  std::function<bool(std::uint64_t bytes)> pace;
};

struct ScrubStep {
  std::string next;      // empty: nothing is left, or it was stopped before the first
  bool stopped = false;  // by ScrubOptions::pace
  std::uint64_t versions = 0, parts = 0, bytes = 0;
  /// Of these a part only: bytes that a customer's key encrypts can be read, but not compared without it.
  std::uint64_t unverifiable = 0;
  std::vector<Damage> damage;
};

/// Where a scrub in the background stands; kept with the store.
struct ScrubPosition {
  std::string after;                      // as in ScrubOptions
  std::optional<base::Instant> finished;  // of the last round, business clock
};

}  // namespace store
