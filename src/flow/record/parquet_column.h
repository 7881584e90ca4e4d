#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/record/parquet.h"
#include "flow/record/parquet_format.h"
#include "flow/record/writer.h"

namespace flow::record::parquet {

/// Bytes that grow at their end; cheaper than a string for what is a few bytes long.
class Bytes {
 public:
  std::size_t size() const { return size_; }
  std::string_view view() const { return {memory_.get(), size_}; }
  void clear() { size_ = 0; }
  /// Room for that many more, to be written to at once.
  char* extend(std::size_t more) {
    if (room_ - size_ < more) grow(more);
    char* const at = memory_.get() + size_;
    size_ += more;
    return at;
  }
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }

 private:
  void grow(std::size_t more);

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0, room_ = 0;
};

/// Levels of a page, which are mostly all the same.
class Levels {
 public:
  void add(std::uint32_t level) {
    if (level == first_ && mixed_.empty()) {
      ++alike_;
    } else {
      add_other(level);
    }
  }
  /// Appends them as the format has them, after their length, and begins anew.
  void finish(std::string& out, int most);

 private:
  void add_other(std::uint32_t level);

  std::uint32_t first_ = 0;
  std::size_t alike_ = 0;             // how often the first level came before another
  std::vector<std::uint32_t> mixed_;  // all of them, when there is another
};

/// The values of one leaf in a row group that is being written: pages that are full are packed already.
class ColumnWriter {
 public:
  ColumnWriter(Physical type, std::vector<std::string> path, int definition_max, int repetition_max,
               const ParquetWriteOptions& options);

  void add_null(int definition, int repetition) { levels(definition, repetition); }
  /// The value as the format has it: little-endian, texts without their length.
  void add(std::string_view bytes, int repetition);
  void add_truth(bool value, int repetition);
  template <class T>
  void add_fixed(T value, int repetition) {
    if (!uses_dictionary_) {
      levels(definition_max_, repetition);
      std::memcpy(values_.extend(sizeof(T)), &value, sizeof(T));
      return;
    }
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof(T));
    add({bytes, sizeof(T)}, hash_of(word), repetition);
  }
  /// Ends the page when it is full. At the end of a record.
  base::Status end_record();
  std::size_t bytes() const { return chunk_.size() + values_.size() + indexes_.size() * 2 + dictionary_.size(); }
  /// Writes the chunk and starts anew.
  base::Result<ColumnChunk> finish(Output& out);

 private:
  void levels(int definition, int repetition) {
    ++page_values_;
    if (definition_max_ > 0) definitions_.add(static_cast<std::uint32_t>(definition));
    if (repetition_max_ > 0) repetitions_.add(static_cast<std::uint32_t>(repetition));
  }
  void add(std::string_view bytes, std::size_t hash, int repetition);
  static std::size_t hash_of(std::uint64_t word) {
    word *= 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(word ^ (word >> 32));
  }
  std::size_t hash_of(std::string_view bytes) const;
  bool index_of(std::string_view bytes, std::size_t hash, std::uint32_t& index);
  void leave_dictionary();
  base::Status end_page();
  base::Status append_page(PageHeader header, std::string_view levels, std::string_view values, std::string& out);

  const Physical type_;
  const std::vector<std::string> path_;
  const int definition_max_, repetition_max_;
  const ParquetWriteOptions& options_;

  Levels definitions_, repetitions_;  // of the page
  Bytes values_;                      // of the page, plain
  std::vector<bool> truths_;
  std::vector<std::uint32_t> indexes_;  // of the page, into the dictionary
  std::size_t page_values_ = 0;

  bool uses_dictionary_;
  std::string dictionary_;               // plain
  std::vector<std::string_view> known_;  // by index; views into the blocks
  std::vector<std::size_t> hashes_;      // of those
  std::size_t looked_up_ = 0;            // values of the chunk
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_room_ = 0;
  char* block_next_ = nullptr;
  std::vector<std::uint32_t> table_;  // index + 1 by hash

  std::string chunk_;  // pages
  ColumnChunk column_;
};

}  // namespace flow::record::parquet
