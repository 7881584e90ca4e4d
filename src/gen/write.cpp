#include <atomic>
#include <thread>

#include "gen/customers.h"
#include "gen/rows.h"

namespace gen {
namespace {

using base::ErrorKind;
using base::fail;
using base::Status;

constexpr std::uint64_t kChunkIds = 16'384;

/// What the threads of one run share.
class Run {
 public:
  Run(const CustomerOptions& options, base::Disk& disk, const std::string& directory, const Progress& progress)
      : options_(options), disk_(disk), directory_(directory), progress_(progress) {}

  /// Takes files until none is left or one failed.
  void work() {
    for (;;) {
      const std::uint64_t file = next_file_++;
      if (file >= options_.files || stopped_) return;
      if (const Status status = write_file(file); !status) stop(status.error());
    }
  }

  base::Result<Ledger> result() {
    if (error_) return fail(*error_);
    return ledger_;
  }

 private:
  Status write_file(std::uint64_t file) {
    const std::string name = customer_file_name(options_, file);
    const std::string partial = directory_ + "/." + name + ".partial";
    const Status written = write_chunks(file, partial);
    if (!written) {
      (void)disk_.remove(partial);
      return written;
    }
    TRY_VOID(disk_.rename(partial, directory_ + "/" + name));
    return add({.files = 1});
  }

  Status write_chunks(std::uint64_t file, const std::string& path) {
    TRY(const auto output, disk_.open(path, base::OpenMode::Create));
    std::string buffer;
    buffer.reserve(2 * kChunkIds * 160);
    buffer = customer_header(options_.format);
    Ledger chunk{.bytes = buffer.size()};
    for (std::uint64_t first = 0; first < options_.rows || !buffer.empty(); first += kChunkIds) {
      if (first < options_.rows)
        append_customers(options_, file, first, std::min(kChunkIds, options_.rows - first), buffer, chunk);
      TRY_VOID(output->append(buffer));
      TRY_VOID(add(chunk));
      chunk = {};
      buffer.clear();
    }
    return {};
  }

  Status add(const Ledger& part) {
    const std::lock_guard lock{ledger_mutex_};
    ledger_ += part;
    if (progress_ && !progress_(ledger_)) return fail(ErrorKind::Cancelled, "The generator was stopped");
    return {};
  }

  void stop(const base::Error& error) {
    const std::lock_guard lock{ledger_mutex_};
    if (!error_) error_ = error;
    stopped_ = true;
  }

  const CustomerOptions& options_;
  base::Disk& disk_;
  const std::string& directory_;
  const Progress& progress_;
  std::atomic<std::uint64_t> next_file_{0};
  std::atomic<bool> stopped_{false};
  std::mutex ledger_mutex_;
  Ledger ledger_;
  std::optional<base::Error> error_;
};

/// Some rows of one file, held as columns.
class ColumnBatch {
 public:
  void add(const Customer& customer) {
    ids_.push_back(static_cast<std::int64_t>(customer.id));
    char scratch[kLineRoom];
    for (int column = 1; column < 8; ++column) {
      const char* const end = write_field(scratch, customer, column);
      ends_.push_back(static_cast<std::size_t>(end - scratch));
      bytes_.append(scratch, ends_.back());
    }
  }

  Status flush_to(ColumnWriter& writer) {
    std::array<std::vector<std::string_view>, 7> views;
    std::size_t at = 0;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      views[i % 7].push_back(std::string_view{bytes_}.substr(at, ends_[i]));
      at += ends_[i];
    }
    CustomerColumns columns{.customer_id = ids_, .text = {}};
    for (std::size_t i = 0; i < 7; ++i) columns.text[i] = views[i];
    const Status status = writer.append(columns);
    ids_.clear();
    bytes_.clear();
    ends_.clear();
    return status;
  }

 private:
  std::vector<std::int64_t> ids_;
  std::string bytes_;
  std::vector<std::size_t> ends_;  // lengths, row by row
};

void add_images(const CustomerOptions& options, const ChangePlan& plan, std::uint64_t file, std::uint64_t id,
                ColumnBatch& batch, Ledger& ledger) {
  const Fate fate = plan.fate(file, id);
  count(ledger, fate, {});
  if (fate == Fate::Removed) return;
  if (fate == Fate::Duplicated || fate == Fate::Unchanged)
    batch.add(make_customer(options.seed, plan.version_before(file, id), id));
  if (fate == Fate::Late) batch.add(make_customer(options.seed, 0, id));
  if (fate == Fate::Created || fate == Fate::Updated || fate == Fate::Duplicated)
    batch.add(make_customer(options.seed, file, id));
}

Status write_column_file(const CustomerOptions& options, const ChangePlan& plan, std::uint64_t file,
                         const std::string& path, const Progress& progress, ColumnWriter& writer, Ledger& ledger) {
  TRY_VOID(writer.begin(path));
  for (std::uint64_t first = 0; first < options.rows; first += kChunkIds) {
    ColumnBatch batch;
    for (std::uint64_t id = first; id < std::min(options.rows, first + kChunkIds); ++id)
      add_images(options, plan, file, id, batch, ledger);
    TRY_VOID(batch.flush_to(writer));
    if (progress && !progress(ledger)) return fail(ErrorKind::Cancelled, "The generator was stopped");
  }
  TRY(const std::uint64_t bytes, writer.finish());
  ledger.bytes += bytes;
  return {};
}

base::Result<Ledger> write_columns(const CustomerOptions& options, base::Disk& disk, const std::string& directory,
                                   const Progress& progress, ColumnWriter& writer) {
  const ChangePlan plan{options};
  Ledger ledger;
  for (std::uint64_t file = 0; file < options.files; ++file) {
    const std::string name = customer_file_name(options, file);
    const std::string partial = directory + "/." + name + ".partial";
    if (auto written = write_column_file(options, plan, file, partial, progress, writer, ledger); !written) {
      (void)disk.remove(partial);
      return fail(std::move(written).error());
    }
    TRY_VOID(disk.rename(partial, directory + "/" + name));
    ++ledger.files;
  }
  return ledger;
}

}  // namespace

base::Result<Ledger> write_customers(const CustomerOptions& options, base::Disk& disk, const std::string& directory,
                                     const Progress& progress, ColumnWriter* columns) {
  TRY_VOID(check(options));
  TRY_VOID(disk.make_directory(directory));
  if (options.format == FileFormat::Parquet) {
    if (columns == nullptr) return fail(ErrorKind::Unsupported, "This program cannot write Parquet");
    return write_columns(options, disk, directory, progress, *columns);
  }
  Run run{options, disk, directory, progress};
  std::vector<std::thread> others;
  for (int i = 1; i < options.threads; ++i) others.emplace_back([&run] { run.work(); });
  run.work();
  for (std::thread& thread : others) thread.join();
  return run.result();
}

}  // namespace gen
