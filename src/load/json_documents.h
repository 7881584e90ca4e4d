#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/values/json.h"
#include "load/decoder.h"

namespace load {

/// The documents of a JSON file, one after another: separated by white space or commas, or by nothing; with
/// STRIP_OUTER_ARRAY the elements of the outermost arrays. Source: loading.md 3.8.
class JsonDocuments {
 public:
  JsonDocuments(std::unique_ptr<ByteSource> text, const FileFormat& format) : text_(std::move(text)), format_(format) {}
  /// The next document as canonical text; nothing at the end. Errors: 100069 for text that is no JSON, those of the
  /// source.
  base::Result<std::optional<std::string>> next();

 private:
  base::Result<bool> more();  // false at the end of the file
  base::Result<bool> skip_separators();
  base::Result<std::size_t> end_of_document();

  std::unique_ptr<ByteSource> text_;
  const FileFormat& format_;
  std::string buffer_;
  std::size_t at_ = 0;  // of the buffer: what is before it has been taken
  bool inside_array_ = false;
};

/// Canonical text of a value as the file format keeps it: without null members under STRIP_NULL_VALUES.
std::string document_text(engine::JsonValue value, bool strip_nulls);

}  // namespace load
