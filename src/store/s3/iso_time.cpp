#include "store/s3/iso_time.h"

#include <chrono>

namespace store::s3 {
namespace {

using namespace std::chrono;

/// Reads the text front to back; once something is missing, all that follows is too.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + digit();
    return value;
  }
  void require(bool condition) { good_ = good_ && condition; }
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool at_end() const { return rest_.empty(); }
  bool good() const { return good_; }

  int digit() {
    require(at_digit());
    if (!at_digit()) return 0;
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

nanoseconds read_fraction(Cursor& cursor) {
  std::int64_t fraction = 0;
  std::int64_t unit = 100'000'000;
  for (cursor.require(cursor.at_digit()); cursor.at_digit(); unit /= 10) fraction += unit * cursor.digit();
  return nanoseconds{fraction};
}

nanoseconds read_time(Cursor& cursor) {
  const hours hour{cursor.digits(2)};
  cursor.require(cursor.take(':'));
  const minutes minute{cursor.digits(2)};
  cursor.require(cursor.take(':'));
  const seconds second{cursor.digits(2)};
  cursor.require(hour.count() < 24 && minute.count() < 60 && second.count() < 61);
  nanoseconds time = hour + minute + second;
  if (cursor.take('.')) time += read_fraction(cursor);
  return time;
}

minutes read_offset(Cursor& cursor) {
  if (cursor.take('Z') || cursor.at_end()) return minutes{0};
  const bool east = cursor.take('+');
  cursor.require(east || cursor.take('-'));
  const hours hour{cursor.digits(2)};
  cursor.take(':');
  const auto offset = hour + minutes{cursor.digits(2)};
  cursor.require(offset < hours{24});
  return east ? offset : -offset;
}

}  // namespace

std::optional<base::Instant> parse_iso_time(std::string_view text) {
  Cursor cursor(text);
  const year year{cursor.digits(4)};
  cursor.require(cursor.take('-'));
  const month month{static_cast<unsigned>(cursor.digits(2))};
  cursor.require(cursor.take('-'));
  const day day{static_cast<unsigned>(cursor.digits(2))};
  const year_month_day date{year, month, day};
  cursor.require(date.ok() && static_cast<int>(year) > 1677 && static_cast<int>(year) < 2262);
  nanoseconds time{0};
  if (cursor.take('T')) {
    time = read_time(cursor);
    time -= read_offset(cursor);
  }
  if (!cursor.good() || !cursor.at_end()) return std::nullopt;
  return base::Instant{duration_cast<nanoseconds>(sys_days{date}.time_since_epoch()).count() + time.count()};
}

}  // namespace store::s3
