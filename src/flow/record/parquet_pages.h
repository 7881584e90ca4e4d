#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/record/input.h"
#include "flow/record/parquet_format.h"
#include "flow/record/value.h"

namespace flow::record::parquet {

/// The values of one leaf in a row group, one after the other, a page at a time in memory.
class ColumnReader {
 public:
  static base::Result<std::unique_ptr<ColumnReader>> open(std::shared_ptr<const Input> input, const ColumnChunk& chunk,
                                                          const SchemaElement& element, int definition_max,
                                                          int repetition_max);
  /// Of the next value; -1 (definition) and 0 (repetition) when there is none.
  base::Result<int> definition();
  base::Result<int> repetition();
  base::Status skip();
  /// The next value, which must be there.
  base::Result<Value> take(Arena& arena);
  /// Pages that were read before the one in hand may go.
  void forget() { old_pages_.clear(); }

 private:
  ColumnReader(std::shared_ptr<const Input> input, const ColumnChunk& chunk, const SchemaElement& element,
               int definition_max, int repetition_max);
  base::Result<bool> have();  // loads the next page when this one is done; false at the end
  base::Status load_page();
  base::Result<std::string> page_body(const PageHeader& header, std::string_view bytes) const;
  base::Status load_values(Encoding encoding, std::string_view bytes, std::size_t count);
  base::Result<std::string_view> plain(std::string_view& bytes) const;
  base::Result<Value> value_of(std::string_view bytes, Arena& arena) const;

  const std::shared_ptr<const Input> input_;
  const ColumnChunk& chunk_;
  const SchemaElement& element_;
  const int definition_max_, repetition_max_;
  BlockCodec codec_ = BlockCodec::None;
  std::uint64_t at_ = 0, end_ = 0;  // in the file
  std::int64_t left_ = 0;           // values of the chunk

  std::shared_ptr<std::string> dictionary_page_;
  std::vector<std::string_view> dictionary_;

  std::vector<std::shared_ptr<std::string>> old_pages_;
  std::shared_ptr<std::string> page_;
  std::vector<std::uint32_t> definitions_, repetitions_, indexes_;
  std::vector<std::int64_t> numbers_;  // of pages whose encoding made them
  std::vector<std::string> texts_;
  std::string_view rest_;  // plain values
  Encoding encoding_ = Encoding::Plain;
  std::size_t page_values_ = 0, next_ = 0, next_value_ = 0;
};

/// Numbers of the encoding DELTA_BINARY_PACKED; takes them from the front of `bytes`.
base::Result<std::vector<std::int64_t>> read_deltas(std::string_view& bytes);

}  // namespace flow::record::parquet
