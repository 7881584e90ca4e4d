#include "cli/demo_picture.h"

#include <fmt/format.h>

namespace cli {
namespace {

struct HopNames {
  std::string_view engine;  // what moves
  std::string_view target;  // where to
  std::string_view unit;    // of what waits before it
  bool counts_files, counts_bytes, counts_rows;
};

constexpr std::array<HopNames, PipelineMoment::kHops> kNames{{
    {"generator", "incoming/*.csv", "", true, true, true},
    {"NiFi flow", "s3://freshet-demo", "files", true, true, false},
    {"pipe", "CUSTOMER_RAW", "files", true, false, true},
    {"task, SCD 1", "CUSTOMER", "rows", false, false, true},
    {"task, SCD 2", "CUSTOMER_HISTORY", "changes", false, false, true},
}};

/// Per second, of rows where the hop counts them and of bytes otherwise.
std::string rate(const HopNames& names, const HopMoment& now, const HopMoment& before, double seconds) {
  if (seconds <= 0) return "";
  if (names.counts_rows)
    return with_separators(static_cast<std::uint64_t>(static_cast<double>(now.rows - before.rows) / seconds)) +
           " rows/s";
  return readable_bytes(static_cast<double>(now.bytes - before.bytes) / seconds) + "/s";
}

}  // namespace

std::string with_separators(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string readable_bytes(double bytes) {
  constexpr std::array<std::string_view, 4> kUnits{"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{:.0f} B", bytes);
  std::size_t unit = 0;
  for (bytes /= 1000; bytes >= 999.95 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  return fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string draw_pipeline(const PipelineMoment& now, const PipelineMoment& before) {
  const double seconds = (now.since_start - before.since_start).count();
  std::string picture = fmt::format("{:<12}   {:<17} {:>7} {:>10} {:>12} {:>15} {:>18}\n", "", "", "files", "bytes",
                                    "rows", "waiting", "rate");
  for (std::size_t hop = 0; hop < kNames.size(); ++hop) {
    const HopNames& names = kNames[hop];
    const HopMoment& moment = now.hops[hop];
    picture += fmt::format("{:<12} ▶ {:<17} {:>7} {:>10} {:>12} {:>15} {:>18}\n", names.engine, names.target,
                           names.counts_files ? with_separators(moment.files) : "",
                           names.counts_bytes ? readable_bytes(static_cast<double>(moment.bytes)) : "",
                           names.counts_rows ? with_separators(moment.rows) : "",
                           moment.waiting > 0 ? fmt::format("{} {}", with_separators(moment.waiting), names.unit) : "",
                           rate(names, moment, before.hops[hop], seconds));
  }
  const std::string age =
      now.newest_history_age ? fmt::format("{:.1f} s old", now.newest_history_age->count()) : "not there yet";
  return picture + fmt::format("{:.1f} s   newest history row: {}\n", now.since_start.count(), age);
}

}  // namespace cli
