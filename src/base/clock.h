#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace base {

/// An instant in nanoseconds since 1970-01-01T00:00:00Z (years 1677 to 2262: instants of the program, not users' data).
struct Instant {
  std::int64_t ns = 0;
  auto operator<=>(const Instant&) const = default;
  Instant operator+(std::chrono::nanoseconds d) const { return {ns + d.count()}; }
  Instant operator-(std::chrono::nanoseconds d) const { return {ns - d.count()}; }
  std::chrono::nanoseconds operator-(Instant other) const { return std::chrono::nanoseconds{ns - other.ns}; }
};

/// The *business* clock: stamps rows, versions, schedules and object times. May be virtual.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual bool is_virtual() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  bool is_virtual() const override { return false; }
};

/// Stands still until it is moved, and never goes back.
class VirtualClock final : public Clock {
 public:
  /// 2024-01-01T00:00:00Z, where virtual time starts in a new data directory.
  static constexpr Instant kStart{1'704'067'200'000'000'000};

  explicit VirtualClock(Instant start = kStart) : now_(start) {}
  Instant now() const override;
  bool is_virtual() const override { return true; }
  void advance(std::chrono::nanoseconds by);
  void advance_to(Instant to);

 private:
  mutable std::mutex now_mutex_;
  Instant now_;
};

/// The *wall* clock, never virtual: signature skew, tokens, TLS, timeouts, ages of files.
class WallClock {
 public:
  virtual ~WallClock() = default;
  virtual Instant now() const = 0;
};

class SystemWallClock final : public WallClock {
 public:
  Instant now() const override;
};

}  // namespace base
