#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace flow {

enum class BulletinLevel { Debug, Info, Warning, Error, None };
std::string_view name_of(BulletinLevel level);  // "WARNING"
/// What a flow file says of a component (DEBUG, INFO, WARN, ERROR, NONE); Warning for another text.
BulletinLevel bulletin_level_of(std::string_view saved);

/// Something that people should know, for some minutes.
struct Bulletin {
  std::uint64_t id = 0;  // rises
  base::Instant at;      // wall clock
  BulletinLevel level = BulletinLevel::Error;
  std::string message;
};

constexpr std::size_t kBulletinsOfComponent = 5, kBulletinsOfController = 10;

/// The newest of them, `most` at most.
class Bulletins {
 public:
  explicit Bulletins(std::size_t most) : most_(most) {}
  void add(Bulletin bulletin);
  std::vector<Bulletin> newest(base::Instant now) const;  // of the last five minutes

 private:
  std::size_t most_;
  std::vector<Bulletin> kept_;
};

}  // namespace flow
