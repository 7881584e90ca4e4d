#include "flow/engine/bulletins.h"

#include <algorithm>

namespace flow {
namespace {

constexpr std::chrono::minutes kKept{5};

}  // namespace

std::string_view name_of(BulletinLevel level) {
  switch (level) {
    case BulletinLevel::Debug: return "DEBUG";
    case BulletinLevel::Info: return "INFO";
    case BulletinLevel::Warning: return "WARNING";
    case BulletinLevel::Error: return "ERROR";
    case BulletinLevel::None: return "NONE";
  }
  return "";
}

BulletinLevel bulletin_level_of(std::string_view saved) {
  for (const auto level : {BulletinLevel::Debug, BulletinLevel::Info, BulletinLevel::Error, BulletinLevel::None})
    if (saved == name_of(level)) return level;
  return BulletinLevel::Warning;
}

void Bulletins::add(Bulletin bulletin) {
  kept_.push_back(std::move(bulletin));
  if (kept_.size() > most_) kept_.erase(kept_.begin());
}

std::vector<Bulletin> Bulletins::newest(base::Instant now) const {
  std::vector<Bulletin> newest;
  std::ranges::copy_if(kept_, std::back_inserter(newest),
                       [&](const Bulletin& bulletin) { return now - bulletin.at < kKept; });
  return newest;
}

}  // namespace flow
