#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/s3/s3_error.h"

namespace store::s3 {

/// A field in front of the file, as the form names it.
struct FormField {
  std::string name;
  std::string value;

  bool operator==(const FormField&) const = default;
};
/// The part "file" begins.
struct FormFile {
  std::string file_name;
  std::string content_type;  // of the part; may be empty

  bool operator==(const FormFile&) const = default;
};
struct FormFileBytes {
  std::string bytes;

  bool operator==(const FormFileBytes&) const = default;
};
struct FormFileEnd {
  bool operator==(const FormFileEnd&) const = default;
};
using FormEvent = std::variant<FormField, FormFile, FormFileBytes, FormFileEnd>;

/// Takes a form with one file apart while it arrives: its fields, then the bytes of the file. The file is the part
/// whose name is "file"; other parts are fields even if they have a file name. What follows the file does not count.
/// Source: RFC 7578; Amazon S3 API Reference, "POST Object".
class FormParser {
 public:
  static constexpr std::size_t kFieldsMax = 100;
  static constexpr std::size_t kBytesBeforeFileMax = 20 << 10;  // of all fields and the headers of their parts

  /// Errors: 412 PreconditionFailed when the Content-Type is not that of a form; 400 MalformedPOSTRequest without a
  /// boundary.
  static S3Result<FormParser> open(std::string_view content_type);

  /// The next bytes of the body, in pieces of any size. Not to be called after an error.
  /// Errors: 400 MalformedPOSTRequest; 400 MaxPostPreDataLengthExceeded.
  S3Result<std::vector<FormEvent>> feed(std::string_view bytes);

  /// Says that the body is at its end. Errors: 400 MalformedPOSTRequest when the form is not; 400 InvalidArgument when
  /// there was no file.
  S3Result<void> finish() const;

 private:
  enum class State { BeforeFirst, BehindBoundary, Headers, Field, File, BehindFile, BehindForm };
  using Step = S3Result<bool>;  // whether to go on with the bytes that are there

  explicit FormParser(std::string_view boundary);
  Step step(std::vector<FormEvent>& events);
  Step skip_to_first();
  Step read_behind_boundary();
  Step read_headers(std::vector<FormEvent>& events);
  Step read_field(std::vector<FormEvent>& events);
  Step read_file(std::vector<FormEvent>& events);
  S3Result<void> count_before_file(std::size_t bytes);

  std::string delimiter_;  // the line end that belongs to it included
  std::string pending_;    // arrived, and not yet understood
  State state_ = State::BeforeFirst;
  std::string field_name_;
  std::size_t field_count_ = 0;
  std::size_t bytes_before_file_ = 0;
};

}  // namespace store::s3
