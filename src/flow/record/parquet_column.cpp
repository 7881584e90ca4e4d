#include "flow/record/parquet_column.h"

#include <algorithm>
#include <functional>

namespace flow::record::parquet {
namespace {

constexpr std::size_t kTable = 1024, kTried = 8192, kBlock = std::size_t{64} << 10;

void append_length(std::string& out, std::size_t length) {
  const auto size = static_cast<std::uint32_t>(length);
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
}

/// A text with its length before it.
void append_text(Bytes& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char* const at = out.extend(sizeof(size) + text.size());
  std::memcpy(at, &size, sizeof(size));
  if (!text.empty()) std::memcpy(at + sizeof(size), text.data(), text.size());
}

}  // namespace

void Bytes::grow(std::size_t more) {
  room_ = std::max({size_ + more, room_ * 2, std::size_t{4096}});
  auto memory = std::make_unique_for_overwrite<char[]>(room_);
  if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
  memory_ = std::move(memory);
}

void Levels::add_other(std::uint32_t level) {
  if (alike_ == 0 && mixed_.empty()) {
    first_ = level;
    alike_ = 1;
    return;
  }
  if (mixed_.empty()) mixed_.assign(alike_, first_);
  mixed_.push_back(level);
}

void Levels::finish(std::string& out, int most) {
  if (most == 0) return;
  const auto width = width_of(static_cast<std::uint32_t>(most));
  std::string bytes;
  if (mixed_.empty())
    append_run(bytes, first_, alike_, width);
  else
    append_hybrid(bytes, mixed_, width);
  append_length(out, bytes.size());
  out += bytes;
  mixed_.clear();
  alike_ = 0;
}

ColumnWriter::ColumnWriter(Physical type, std::vector<std::string> path, int definition_max, int repetition_max,
                           const ParquetWriteOptions& options)
    : type_(type),
      path_(std::move(path)),
      definition_max_(definition_max),
      repetition_max_(repetition_max),
      options_(options),
      uses_dictionary_(options.dictionary && type != Physical::Boolean) {
  if (uses_dictionary_) table_.assign(kTable, 0);
}

/// Good enough for a table of its own: values of a column are data, not an attack; the worst is a full dictionary.
std::size_t ColumnWriter::hash_of(std::string_view bytes) const {
  if (type_ != Physical::ByteArray && bytes.size() <= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), bytes.size());
    return hash_of(word);
  }
  std::uint64_t hash = bytes.size() * 0x9E3779B97F4A7C15ULL;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = (hash ^ word) * 0xFF51AFD7ED558CCDULL;
    hash ^= hash >> 32;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  hash = (hash ^ word) * 0xC4CEB9FE1A85EC53ULL;
  return static_cast<std::size_t>(hash ^ (hash >> 29));
}

bool ColumnWriter::index_of(std::string_view bytes, std::size_t hash, std::uint32_t& index) {
  auto mask = table_.size() - 1;
  auto slot = hash & mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    index = table_[slot] - 1;
    if (hashes_[index] == hash && known_[index] == bytes) return true;
  }
  if (dictionary_.size() + bytes.size() + 4 > options_.dictionary_bytes) return false;
  if (block_room_ < bytes.size()) {
    block_room_ = std::max(kBlock, bytes.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_room_));
    block_next_ = blocks_.back().get();
  }
  std::memcpy(block_next_, bytes.data(), bytes.size());
  known_.emplace_back(block_next_, bytes.size());
  hashes_.push_back(hash);
  block_next_ += bytes.size();
  block_room_ -= bytes.size();
  if (type_ == Physical::ByteArray) append_length(dictionary_, bytes.size());
  dictionary_ += bytes;
  index = static_cast<std::uint32_t>(known_.size() - 1);
  table_[slot] = index + 1;
  if (known_.size() * 2 > table_.size()) {
    table_.assign(table_.size() * 4, 0);
    mask = table_.size() - 1;
    for (std::uint32_t i = 0; i < known_.size(); ++i) {
      auto at = hashes_[i] & mask;
      while (table_[at] != 0) at = (at + 1) & mask;
      table_[at] = i + 1;
    }
  }
  return true;
}

/// Too many different values: those of this page become plain again, the pages before stay.
void ColumnWriter::leave_dictionary() {
  uses_dictionary_ = false;
  for (const auto index : indexes_) {
    if (type_ == Physical::ByteArray)
      append_text(values_, known_[index]);
    else
      values_.append(known_[index]);
  }
  indexes_.clear();
}

void ColumnWriter::add(std::string_view bytes, int repetition) {
  add(bytes, uses_dictionary_ ? hash_of(bytes) : 0, repetition);
}

void ColumnWriter::add(std::string_view bytes, std::size_t hash, int repetition) {
  levels(definition_max_, repetition);
  if (uses_dictionary_) {
    std::uint32_t index = 0;
    // Where most values are new, a dictionary does not pay.
    const bool pays = ++looked_up_ != kTried || known_.size() < kTried / 2;
    if (pays && index_of(bytes, hash, index)) {
      indexes_.push_back(index);
      return;
    }
    leave_dictionary();
  }
  if (type_ == Physical::ByteArray)
    append_text(values_, bytes);
  else
    values_.append(bytes);
}

void ColumnWriter::add_truth(bool value, int repetition) {
  levels(definition_max_, repetition);
  truths_.push_back(value);
}

base::Status ColumnWriter::end_record() {
  const auto size = values_.size() + indexes_.size() * 2 + truths_.size() / 8 + page_values_ / 8;
  return size < options_.page_bytes ? base::Status{} : end_page();
}

base::Status ColumnWriter::append_page(PageHeader header, std::string_view levels, std::string_view values,
                                       std::string& out) {
  const auto codec = codec_of(static_cast<int>(options_.compression)).value();
  header.size = static_cast<std::int64_t>(levels.size() + values.size());
  std::string packed;
  if (codec != BlockCodec::None) {
    TRY(packed, pack_block(std::string(levels).append(values), codec));
    levels = packed;
    values = {};
  }
  header.packed_size = static_cast<std::int64_t>(levels.size() + values.size());
  const auto head = write_page_header(header);
  out += head;
  out += levels;
  out += values;
  column_.size += static_cast<std::int64_t>(head.size()) + header.size;
  column_.packed_size += static_cast<std::int64_t>(head.size()) + header.packed_size;
  return {};
}

base::Status ColumnWriter::end_page() {
  if (page_values_ == 0) return {};
  std::string content;  // levels, and values that are not plain
  std::string_view plain;
  repetitions_.finish(content, repetition_max_);
  definitions_.finish(content, definition_max_);
  PageHeader header{.values = static_cast<std::int64_t>(page_values_)};
  if (uses_dictionary_) {
    header.encoding = Encoding::PlainDictionary;
    column_.dictionary = true;
    const auto width = width_of(known_.empty() ? 0 : static_cast<std::uint32_t>(known_.size() - 1));
    content += static_cast<char>(width);
    append_hybrid(content, indexes_, width);
    indexes_.clear();
  } else if (type_ == Physical::Boolean) {
    std::string bits((truths_.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < truths_.size(); ++i)
      if (truths_[i]) bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << (i % 8)));
    content += bits;
    truths_.clear();
  } else {
    plain = values_.view();
  }
  TRY_VOID(append_page(header, content, plain, chunk_));
  values_.clear();
  column_.values += static_cast<std::int64_t>(page_values_);
  page_values_ = 0;
  return {};
}

base::Result<ColumnChunk> ColumnWriter::finish(Output& out) {
  TRY_VOID(end_page());
  if (column_.dictionary) {
    column_.dictionary_offset = static_cast<std::int64_t>(out.written());
    PageHeader header{.kind = PageHeader::Kind::Dictionary,
                      .values = static_cast<std::int64_t>(known_.size()),
                      .encoding = Encoding::PlainDictionary};
    TRY_VOID(append_page(header, {}, dictionary_, out.text()));
  }
  column_.data_offset = static_cast<std::int64_t>(out.written());
  TRY_VOID(out.append(chunk_));
  column_.type = type_;
  column_.path = path_;
  column_.codec = static_cast<int>(options_.compression);
  auto column = std::move(column_);
  column_ = {};
  chunk_.clear();
  dictionary_.clear();
  known_.clear();
  hashes_.clear();
  looked_up_ = 0;
  blocks_.clear();
  block_room_ = 0;
  uses_dictionary_ = options_.dictionary && type_ != Physical::Boolean;
  if (uses_dictionary_) table_.assign(kTable, 0);
  return column;
}

}  // namespace flow::record::parquet
