// Flowfiles that wait in a file of their own. The log says which files there are; what is in them it knows no more.
#include <fmt/format.h>

#include <charconv>
#include <set>

#include "flow/engine/changes_codec.h"
#include "flow/engine/repository.h"

namespace flow {
namespace {

constexpr std::string_view kMagic = "FRESHET SWAP 1\n";

}  // namespace

std::string Repository::swap_path(std::uint64_t number) const {
  return fmt::format("{}/swap/{:012}", options_.directory, number);
}

base::Result<SwapFilePtr> Repository::swap_out(const ConnectionId& connection, std::vector<FlowFilePtr> files) {
  auto swapped = std::make_shared<SwapFile>();
  swapped->connection = connection;
  Changes part;
  std::set<std::shared_ptr<ContentFile>> contents;
  for (const auto& file : files) {
    ++swapped->files;
    swapped->bytes += file->size();
    if (file->content.file != nullptr) contents.insert(file->content.file);
    part.puts.push_back({file, connection});
  }
  swapped->contents.assign(contents.begin(), contents.end());
  {
    const std::lock_guard lock(ledger_mutex_);
    swapped->number = next_swap_++;
  }
  std::string bytes(kMagic);
  Log::frame(encode(part), bytes);
  const auto path = swap_path(swapped->number);
  auto outcome = [&]() -> base::Status {
    TRY(const auto file, disk_.open(path, base::OpenMode::CreateNew));
    return file->append(bytes);  // synced with the record that names it
  }();
  if (!outcome) {
    (void)disk_.remove(path);
    return base::fail(outcome.error());
  }
  Changes changes;
  changes.left = std::move(files);
  changes.swapped_out.push_back(swapped);
  TRY_VOID(commit(std::move(changes)));
  return SwapFilePtr(std::move(swapped));
}

base::Result<std::vector<FlowFilePtr>> Repository::swap_in(const SwapFilePtr& file) {
  const auto path = swap_path(file->number);
  TRY(const auto bytes, disk_.read_all(path));
  auto rest = std::string_view(bytes);
  if (rest.starts_with(kMagic)) rest.remove_prefix(kMagic.size());
  const auto record = Log::take_frame(rest);
  if (!record) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", path));
  TRY(auto changes, decode(*record, *content_));
  changes.swapped_in.push_back(file->number);
  std::vector<FlowFilePtr> files;
  for (auto& put : changes.puts) {
    put.connection = file->connection;
    files.push_back(put.file);
  }
  TRY(const auto position, commit(std::move(changes)));
  for (const auto& swapped : files) swapped->log_position = position;
  return files;
}

std::vector<SwapFilePtr> Repository::swapped() const {
  const std::lock_guard lock(ledger_mutex_);
  std::vector<SwapFilePtr> files;
  for (const auto& [number, file] : swapped_) files.push_back(file);
  return files;
}

/// Before the record that names them.
base::Status Repository::sync_swapped(const Changes& record) {
  if (record.swapped_out.empty()) return {};
  for (const auto& swapped : record.swapped_out) {
    TRY(const auto file, disk_.open(swap_path(swapped->number), base::OpenMode::Write));
    TRY_VOID(file->sync());
  }
  return disk_.sync_directory(options_.directory + "/swap");
}

base::Status Repository::remove_unknown_swaps() {
  const auto directory = options_.directory + "/swap";
  TRY_VOID(disk_.make_directory(directory));
  TRY(const auto names, disk_.list(directory));
  for (const auto& name : names) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool known = error == std::errc{} && swapped_.contains(number);
    if (!known) TRY_VOID(disk_.remove(directory + "/" + name));
  }
  return {};
}

}  // namespace flow
