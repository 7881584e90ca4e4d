#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/disk.h"
#include "cli/commands.h"
#include "cli/parquet_customers.h"
#include "gen/customers.h"

namespace cli {
namespace {

base::Result<gen::FileFormat> parse_format(std::string_view text) {
  if (text == "csv") return gen::FileFormat::Csv;
  if (text == "json") return gen::FileFormat::Json;
  if (text == "parquet") return gen::FileFormat::Parquet;
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("no such file format (csv, json, parquet): {}", text));
}

base::Result<base::Instant> parse_start(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, read = 0;
  const std::string copy(text);
  const int count =
      std::sscanf(copy.c_str(), "%4d-%2d-%2d%*[T ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &read);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const auto rest = count == 6 ? text.substr(static_cast<std::size_t>(read)) : "?";
  if (!(rest.empty() || rest == "Z") || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a time (wanted 2024-01-01T00:00:00Z): {}", text));
  const auto since = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                     std::chrono::minutes(minute) + std::chrono::seconds(second);
  return base::Instant{std::chrono::nanoseconds(since).count()};
}

/// Shows how far a run is, and holds it to a rate.
class Pace {
 public:
  Pace(double rows_per_second, std::uint64_t rows) : rate_(rows_per_second), rows_(rows) {}
  bool operator()(const gen::Ledger& so_far) {
    const auto now = std::chrono::steady_clock::now();
    if (rate_ > 0) {
      const auto due = begun_ + std::chrono::duration<double>(static_cast<double>(so_far.lines) / rate_);
      std::this_thread::sleep_until(std::chrono::time_point_cast<std::chrono::nanoseconds>(due));
    }
    if (terminal_ && now - shown_ > std::chrono::milliseconds(200)) {
      shown_ = now;
      fmt::print(stderr, "\r{} of about {} lines, {} MB", so_far.lines, rows_, so_far.bytes / 1'000'000);
    }
    return true;
  }
  void end() const {
    if (terminal_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  double rate_;
  std::uint64_t rows_;
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now(), shown_{};
};

base::Result<gen::CustomerOptions> customer_options(const GenerateOptions& options) {
  gen::CustomerOptions made{
      .rows = options.rows, .files = options.files, .seed = options.seed, .threads = options.threads};
  TRY(made.format, parse_format(options.format));
  if (!options.changes.empty()) {
    TRY(made.changes, gen::parse_change_shares(options.changes));
  }
  if (options.start) {
    TRY(made.start, parse_start(*options.start));
  } else {
    made.start = base::SystemClock{}.now();
  }
  TRY_VOID(gen::check(made));
  return made;
}

}  // namespace

int generate_customers(const GenerateOptions& options) {
  const auto made = customer_options(options);
  if (!made) return complain(made.error()), kWrongUsage;
  std::unique_ptr<ParquetCustomers> columns;
  if (made->format == gen::FileFormat::Parquet) {
    auto opened = ParquetCustomers::open();
    if (!opened) return complain(opened.error());
    columns = *std::move(opened);
  }
  base::PosixDisk disk;
  Pace pace(options.rate, options.rows * options.files);
  const auto ledger = gen::write_customers(
      *made, disk, options.out, [&pace](const gen::Ledger& so_far) { return pace(so_far); }, columns.get());
  pace.end();
  if (!ledger) return complain(ledger.error());
  std::uint64_t broken = 0;
  for (const auto count : ledger->broken) broken += count;
  const auto printed = print(fmt::format(
      R"({{"files": {}, "bytes": {}, "lines": {}, "created": {}, "updated": {}, "unchanged": {}, "removed": {}, )"
      R"("duplicated": {}, "late": {}, "broken": {}}})"
      "\n",
      ledger->files, ledger->bytes, ledger->lines, ledger->created, ledger->updated, ledger->unchanged, ledger->removed,
      ledger->duplicated, ledger->late, broken));
  return printed ? kSuccess : complain(printed.error());
}

}  // namespace cli
