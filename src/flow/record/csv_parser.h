#pragma once

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
  /// Nothing: the text that stands for null.
  const std::vector<std::optional<std::string_view>>& fields() const { return fields_; }
  base::Status more() { return buffer_.refill(); }
  std::uint64_t line() const { return line_; }  // of the record, from 1

 private:
  enum class Token { Field, RecordEnd, NeedMore };
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
  std::vector<std::optional<std::string_view>> fields_;
  std::uint64_t line_ = 0;
  std::uint64_t lines_ = 1;
  bool special_[256] = {};  // ends or changes a plain field
  bool done_ = false;
};

}  // namespace flow::record
