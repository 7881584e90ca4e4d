#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "flow/engine/event_codec.h"

namespace flow {

/// What is known of a stretch of an event file without reading it: which events cannot be in it.
struct EventBlock {
  std::uint64_t offset = 0, length = 0;
  std::uint64_t first_id = 0, count = 0;
  std::uint64_t components = 0;
  std::uint32_t types = 0;
  base::Instant first{}, last{};
  std::shared_ptr<const std::vector<std::uint64_t>> filter;  // Bloom's, of the keys; null: may have any

  void add(const EventBatch& batch);
  void make_filter(std::span<const std::uint64_t> keys);
  bool may_have(std::uint64_t key) const;
};

/// One file of events: frames (see Log), each of a batch. Files are named by their first id.
class EventFile {
 public:
  EventFile(base::Disk& disk, const std::string& directory, std::uint64_t first_id);
  static std::string path_of(const std::string& directory, std::uint64_t first_id);

  base::Status create();
  /// For more events: cuts off what lies beyond `end` (if given), and what is torn.
  base::Status recover(std::optional<std::uint64_t> end);
  base::Status append(std::span<const EventBatch> batches);
  base::Status sync() { return file_ == nullptr ? base::Status{} : file_->sync(); }
  bool grows() const { return file_ != nullptr; }
  /// No more events come: makes it durable, and keeps the summaries in a file of their own.
  base::Status close();
  /// Reads the summaries of a file that was closed; makes them again when they are missing.
  base::Status load_blocks();
  base::Status remove();

  const std::vector<EventBlock>& blocks() const { return blocks_; }
  /// The batches of a stretch that begins and ends with a block.
  base::Status read(const EventBlock& block,
                    const std::function<base::Status(std::uint64_t first_id, std::string_view batch)>& use) const;

  std::uint64_t first_id() const { return first_id_; }
  std::uint64_t next_id() const { return next_id_; }
  std::uint64_t size() const { return size_; }
  base::Instant last() const { return blocks_.empty() ? base::Instant{} : blocks_.back().last; }
  bool blocks_known() const { return blocks_known_; }

 private:
  void add_to_blocks(const EventBatch& batch, std::uint64_t offset, std::uint64_t length);
  base::Status scan(std::optional<std::uint64_t> end);
  void write_index();
  std::string index_path() const;

  base::Disk& disk_;
  const std::string path_;
  const std::uint64_t first_id_;
  std::uint64_t next_id_;
  std::uint64_t size_ = 0;
  std::unique_ptr<base::File> file_;  // while it grows
  std::vector<EventBlock> blocks_;
  std::vector<std::uint64_t> open_keys_;  // of the last block, while it grows
  bool blocks_known_ = false;
};

}  // namespace flow
