#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/record/csv_format.h"
#include "flow/record/input.h"
#include "flow/record/value.h"

namespace flow::record {

/// Splits a text into records and fields by the rules of Apache Commons CSV.
class CsvParser {
 public:
  CsvParser(std::unique_ptr<TextSource> source, CsvFormat format);

  enum class Step {
    Record,  // fields() is one
    Wait,    // the buffer ends in the middle of a record: call more()
    End
  };
  /// Fields are views of the buffer, or of `arena` where they were quoted or escaped; they stay until more(). Errors:
  /// InvalidValue with the line.
  base::Result<Step> next(Arena& arena);
  /// Without data (a null pointer): the text that stands for null.
  std::span<const std::string_view> fields() const { return fields_; }
  base::Status more() {
    marks_.forget();  // the buffer moves
    return buffer_.refill();
  }
  std::uint64_t line() const { return line_; }  // of the record, from 1

 private:
  enum class Token { Field, RecordEnd, NeedMore };
  /// Where the characters are that end or change a plain field: found for 64 bytes at once.
  class Marks {
   public:
    void add(char c) { characters_[count_++] = c; }
    /// The first one from `at` on, or `end`.
    const char* find(const char* at, const char* end) {
      if (!is_in_block(at)) look(at, end);
      for (;;) {
        if (const auto left = found_ >> (at - block_); left != 0) return at + std::countr_zero(left);
        at = block_ + kBlock;
        if (at >= end) return end;
        look(at, end);
      }
    }
    void forget() { block_ = nullptr; }

   private:
    static constexpr std::size_t kBlock = 64;
    /// As numbers: there may be no block.
    bool is_in_block(const char* at) const {
      return reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(block_) < kBlock;
    }
    void look(const char* at, const char* end);

    char characters_[4] = {};
    std::size_t count_ = 0;
    const char* block_ = nullptr;
    std::uint64_t found_ = 0;  // a bit for each byte of the block
  };
  /// Plain fields up to the end of the record; answers Field when something else comes first.
  Token plain_fields();
  base::Result<Token> simple(Arena& arena);
  base::Result<Token> quoted(Arena& arena);
  Token end_of_field(std::string_view text);
  Token line_end();
  void escape(std::string& out);
  void add(std::string_view text);
  bool is_meta(char c) const;
  base::Failure<base::Error> wrong(std::string_view what) const;

  const CsvFormat format_;
  TextBuffer buffer_;
  std::string_view text_;  // what the buffer holds
  std::size_t at_ = 0;     // in it
  std::vector<std::string_view> fields_;
  std::uint64_t line_ = 0;
  std::uint64_t lines_ = 1;
  Marks marks_;
  bool done_ = false;
};

}  // namespace flow::record
