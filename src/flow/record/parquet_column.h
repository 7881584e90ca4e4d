#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "flow/record/parquet.h"
#include "flow/record/parquet_format.h"

namespace flow::record::parquet {

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
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof(T));
    add({bytes, sizeof(T)}, hash_of(word), repetition);
  }
  /// Ends the page when it is full. At the end of a record.
  base::Status end_record();
  std::size_t bytes() const { return chunk_.size() + values_.size() + indexes_.size() * 2 + dictionary_.size(); }
  /// Appends the chunk to `out`, whose beginning stands at `offset` in the file, and starts anew.
  base::Result<ColumnChunk> finish(std::string& out, std::uint64_t offset);

 private:
  void levels(int definition, int repetition) {
    ++page_values_;
    if (definition_max_ > 0) definitions_.push_back(static_cast<std::uint32_t>(definition));
    if (repetition_max_ > 0) repetitions_.push_back(static_cast<std::uint32_t>(repetition));
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

  std::vector<std::uint32_t> definitions_, repetitions_;  // of the page
  std::string values_;                                    // of the page, plain
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
