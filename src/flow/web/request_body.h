#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/content/codec.h"
#include "flow/engine/content.h"
#include "http/client.h"

namespace flow::web {

/// The body of a request, of texts and contents one after the other. It is read a piece at a time, as often as it is
/// sent, and may be compressed on its way.
class RequestBody {
 public:
  void add(std::string text) { parts_.push_back({std::move(text), {}}); }
  void add(ContentClaim content) { parts_.push_back({{}, std::move(content)}); }
  /// With gzip.
  void compress() { compressed_ = true; }
  /// Its length stays untold.
  void send_in_chunks() { chunked_ = true; }

  /// Of this body, which must outlive it.
  http::BodySource source();

 private:
  struct Part {
    std::string text;
    ContentClaim content;
    std::uint64_t size() const { return text.size() + content.length; }
  };
  base::Status rewind();
  base::Result<std::string> next();
  base::Result<std::string> next_plain();

  std::vector<Part> parts_;
  bool compressed_ = false;
  bool chunked_ = false;
  // Where it is:
  std::size_t part_ = 0;
  std::optional<ContentReader> reader_;
  std::unique_ptr<Codec> codec_;
  bool ended_ = false;
};

/// One field of a form, or the file of it.
struct FormPart {
  std::string name;
  std::optional<std::string> filename = {};
  std::string content_type = {};  // empty: none
};
/// What stands before the content of a part of multipart/form-data, and behind the last.
std::string form_part_head(const std::string& boundary, const FormPart& part);
std::string form_end(const std::string& boundary);

}  // namespace flow::web
