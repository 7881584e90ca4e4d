#include "gen/customers.h"

#include <charconv>
#include <chrono>

#include "gen/rows.h"

namespace gen {

using base::ErrorKind;
using base::fail;

Ledger& Ledger::operator+=(const Ledger& other) {
  files += other.files;
  bytes += other.bytes;
  lines += other.lines;
  created += other.created;
  updated += other.updated;
  unchanged += other.unchanged;
  removed += other.removed;
  duplicated += other.duplicated;
  late += other.late;
  for (std::size_t i = 0; i < broken.size(); ++i) broken[i] += other.broken[i];
  return *this;
}

base::Result<ChangeShares> parse_change_shares(std::string_view text) {
  ChangeShares shares;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    double* const share = name == "update"      ? &shares.update
                          : name == "delete"    ? &shares.remove
                          : name == "duplicate" ? &shares.duplicate
                          : name == "late"      ? &shares.late
                          : name == "broken"    ? &shares.broken
                                                : nullptr;
    if (share == nullptr)
      return fail(ErrorKind::InvalidValue,
                  fmt::format("Unknown change (update, delete, duplicate, late, broken are known): {}", name));
    const std::string_view number = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), *share);
    if (error != std::errc{} || end != number.data() + number.size() || !(*share >= 0 && *share <= 1))
      return fail(ErrorKind::InvalidValue, fmt::format("A share must be a number from 0 to 1: {}", part));
  }
  return shares;
}

base::Status check(const CustomerOptions& options) {
  if (options.threads < 1) return fail(ErrorKind::InvalidValue, "At least one thread is needed");
  if (!options.changes) return {};
  const ChangeShares& shares = *options.changes;
  double sum = 0;
  for (const double share : {shares.update, shares.remove, shares.duplicate, shares.late, shares.broken}) {
    if (!(share >= 0)) return fail(ErrorKind::InvalidValue, "A share of changes must not be negative");
    sum += share;
  }
  if (sum > 1.0 + 1e-9) return fail(ErrorKind::InvalidValue, fmt::format("Shares of changes exceed 1: {}", sum));
  if (shares.broken > 0 && options.format == FileFormat::Parquet)
    return fail(ErrorKind::Unsupported, "Broken rows cannot be written as Parquet");
  return {};
}

std::string customer_file_name(const CustomerOptions& options, std::uint64_t file) {
  using namespace std::chrono;
  const sys_seconds time{floor<seconds>(nanoseconds{options.start.ns}) + seconds{file}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  const char* const ending = options.format == FileFormat::Csv    ? "csv"
                             : options.format == FileFormat::Json ? "json"
                                                                  : "parquet";
  return fmt::format("customer_{:04}{:02}{:02}{:02}{:02}{:02}.{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), ending);
}

std::string_view customer_header(FileFormat format) {
  return format == FileFormat::Csv ? "customer_id,first_name,last_name,email,street,city,state,country\r\n" : "";
}

void append_customers(const CustomerOptions& options, std::uint64_t file, std::uint64_t first, std::uint64_t count_ids,
                      std::string& out, Ledger& ledger) {
  constexpr std::uint64_t kStep = 256;  // ids between two checks of the room in `out`
  const ChangePlan plan{options};
  const bool json = options.format == FileFormat::Json;
  const auto write = [&](char* at, std::uint64_t version, std::uint64_t id) {
    const Customer customer = make_customer(options.seed, version, id);
    return json ? write_json(at, customer) : write_csv(at, customer);
  };
  const std::size_t before = out.size();
  std::size_t used = before;
  for (std::uint64_t done = 0; done < count_ids; done += kStep) {
    const std::uint64_t step = std::min(kStep, count_ids - done);
    if (out.size() < used + 2 * step * kLineRoom) out.resize(std::max(out.size() * 2, used + 2 * step * kLineRoom));
    char* at = out.data() + used;
    for (std::uint64_t id = first + done; id < first + done + step; ++id) {
      const Fate fate = plan.fate(file, id);
      const BrokenKind kind = fate == Fate::Broken ? plan.broken_kind(file, id) : BrokenKind{};
      count(ledger, fate, kind);
      switch (fate) {
        case Fate::Created:
        case Fate::Updated: at = write(at, file, id); break;
        case Fate::Unchanged: at = write(at, plan.version_before(file, id), id); break;
        case Fate::Removed: break;
        case Fate::Duplicated: at = write(write(at, plan.version_before(file, id), id), file, id); break;
        case Fate::Late: at = write(at, 0, id); break;
        case Fate::Broken: at = write_broken(at, make_customer(options.seed, file, id), kind, options.format); break;
      }
    }
    used = static_cast<std::size_t>(at - out.data());
  }
  out.resize(used);
  ledger.bytes += used - before;
}

}  // namespace gen
