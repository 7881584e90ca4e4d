#include "flow/web/request_body.h"

namespace flow::web {
namespace {

constexpr int kGzipLevel = 6;

class TextSink final : public ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n')
      out += "%0A";
    else if (c == '\r')
      out += "%0D";
    else if (c == '"')
      out += "%22";
    else
      out += c;
  }
  return out + '"';
}

}  // namespace

http::BodySource RequestBody::source() {
  http::BodySource source;
  source.length.reset();
  if (!compressed_ && !chunked_) {
    source.length = 0;
    for (const auto& part : parts_) *source.length += part.size();
  }
  source.next = [this] { return next(); };
  source.rewind = [this] { return rewind(); };
  (void)rewind();
  return source;
}

base::Status RequestBody::rewind() {
  part_ = 0;
  reader_.reset();
  codec_.reset();
  ended_ = false;
  return {};
}

base::Result<std::string> RequestBody::next_plain() {
  while (part_ < parts_.size()) {
    auto& part = parts_[part_];
    if (part.content.length == 0) {
      ++part_;
      if (!part.text.empty()) return part.text;
      continue;
    }
    if (!reader_) reader_.emplace(part.content);
    TRY(const auto bytes, reader_->next());
    if (!bytes.empty()) return std::string(bytes);
    reader_.reset();
    ++part_;
  }
  return std::string();
}

base::Result<std::string> RequestBody::next() {
  if (!compressed_) return next_plain();
  if (codec_ == nullptr) {
    TRY(codec_, make_compressor(Compression::Gzip, kGzipLevel));
  }
  TextSink out;
  while (out.text.empty() && !ended_) {
    TRY(const auto bytes, next_plain());
    ended_ = bytes.empty();
    if (ended_)
      TRY_VOID(codec_->finish(out));
    else
      TRY_VOID(codec_->feed(bytes, out));
  }
  return std::move(out.text);
}

std::string form_part_head(const std::string& boundary, const FormPart& part) {
  auto head = "--" + boundary + "\r\nContent-Disposition: form-data; name=" + quoted(part.name);
  if (part.filename) head += "; filename=" + quoted(*part.filename);
  if (!part.content_type.empty()) head += "\r\nContent-Type: " + part.content_type;
  return head + "\r\n\r\n";
}

std::string form_end(const std::string& boundary) { return "--" + boundary + "--\r\n"; }

}  // namespace flow::web
