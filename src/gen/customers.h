#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "gen/column_writer.h"

namespace gen {

inline constexpr std::array<std::string_view, 8> kCustomerColumns{"customer_id", "first_name", "last_name", "email",
                                                                  "street",      "city",       "state",     "country"};

enum class FileFormat { Csv, Json, Parquet };

/// Shares (0 to 1, together at most 1) of the ids of each file after the first; what is left stays unchanged.
struct ChangeShares {
  double update = 0;     // new values
  double remove = 0;     // the id is absent from this file ("delete")
  double duplicate = 0;  // the id comes twice: as it was, then with new values
  double late = 0;       // the values that the id had when it was first seen
  double broken = 0;     // a line that no loader can take; its kinds take turns, see BrokenKind
};

enum class BrokenKind { TooFewFields, TooManyFields, NonNumericId, UnterminatedQuote, InvalidUtf8 };
inline constexpr int kBrokenKinds = 5;

struct CustomerOptions {
  std::uint64_t rows = 10'000;  // ids 0 to rows - 1 in every file
  std::uint64_t files = 1;
  std::uint64_t seed = 0;
  base::Instant start;  // names file 0; file i is named by `start` + i seconds, UTC
  FileFormat format = FileFormat::Csv;
  std::optional<ChangeShares> changes;  // none: every file has new values for every id, as the public scripts do
  int threads = 1;
};

/// What was written, by kind; the same for the same options.
struct Ledger {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;  // without headers; = created + updated + unchanged + 2 * duplicated + late + broken
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t removed = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t late = 0;
  std::array<std::uint64_t, kBrokenKinds> broken{};  // by BrokenKind
  bool operator==(const Ledger&) const = default;
  Ledger& operator+=(const Ledger& other);
};

/// Called after each chunk with all that was written so far, by one thread at a time. It may wait (to hold a rate);
/// false ends the run with Cancelled, the file in hand is not published.
using Progress = std::function<bool(const Ledger& so_far)>;

/// Reads "update=0.3,delete=0.01,duplicate=..,late=..,broken=..". Errors: InvalidValue, naming the part.
base::Result<ChangeShares> parse_change_shares(std::string_view text);

/// Errors: InvalidValue; Unsupported for broken rows in Parquet.
base::Status check(const CustomerOptions& options);

/// "customer_20240101000005.csv"
std::string customer_file_name(const CustomerOptions& options, std::uint64_t file);

/// The header line of a CSV file; empty for the other formats.
std::string_view customer_header(FileFormat format);

/// Appends the lines of ids [first, first + count) of one file, CSV or JSON Lines: a pure function of the options, the
/// file and the ids, whatever was made before. Adds to `ledger` all but `files`.
void append_customers(const CustomerOptions& options, std::uint64_t file, std::uint64_t first, std::uint64_t count,
                      std::string& out, Ledger& ledger);

/// Writes all files into `directory` (made when missing), each under a hidden temporary name and then renamed, so that
/// a listing sees whole files only. `columns` is needed for Parquet only.
base::Result<Ledger> write_customers(const CustomerOptions& options, base::Disk& disk, const std::string& directory,
                                     const Progress& progress = {}, ColumnWriter* columns = nullptr);

}  // namespace gen
