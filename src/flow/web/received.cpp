#include "flow/web/received.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/content/codec.h"
#include "flow/web/text.h"
#include "http/feed.h"

namespace flow::web {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kWaitingBytes = 1 << 20;
constexpr std::size_t kPartHeadBytes = 64 << 10;
constexpr std::size_t kPartsMax = 10'000;

/// The content on its way. Used by one worker at a time.
class Receiving final : public ByteSink {
 public:
  Receiving(Session& session, ReceiveOptions options) : session_(session), options_(options) {}

  /// False after a failure.
  bool take(std::string_view piece) {
    status_ = feed(piece);
    return status_.has_value();
  }
  base::Result<ContentClaim> finish() {
    TRY_VOID(status_);
    if (codec_ != nullptr) TRY_VOID(codec_->finish(*this));
    if (!writer_) return ContentClaim{};
    return writer_->finish();
  }
  base::Status append(std::string_view bytes) override {
    if (bytes.empty()) return {};
    bytes_ += bytes.size();
    if (bytes_ > options_.bytes_max)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the body is longer than {} bytes", options_.bytes_max));
    if (!writer_) {
      TRY(auto writer, session_.begin_write());
      writer_.emplace(std::move(writer));
    }
    return writer_->append(bytes);
  }

 private:
  base::Status feed(std::string_view piece) {
    if (!options_.gunzip) return append(piece);
    if (codec_ == nullptr) {
      TRY(codec_, make_decompressor(Compression::Gzip));
    }
    return codec_->feed(piece, *this);
  }

  Session& session_;
  const ReceiveOptions options_;
  std::unique_ptr<Codec> codec_;
  std::optional<ContentWriter> writer_;
  std::uint64_t bytes_ = 0;
  base::Status status_;
};

/// Reads a content from its beginning and looks for a text in it, of which it holds a little at a time.
class Scanner {
 public:
  explicit Scanner(ContentClaim claim) : claim_(std::move(claim)) {}
  std::uint64_t position() const { return position_; }

  /// Goes behind the next `text`, and answers where that begins; nothing: there is none. What it passes is kept in
  /// `passed`, if that is wanted, up to `most` bytes.
  base::Result<std::optional<std::uint64_t>> pass(std::string_view text, std::string* passed = nullptr,
                                                  std::size_t most = 0) {
    for (;;) {
      const auto found = std::string_view(buffer_).find(text);
      // The beginning of `text` may lie at the end of what is there.
      const auto sure = found != std::string::npos ? found : buffer_.size() - std::min(buffer_.size(), text.size() - 1);
      if (passed != nullptr) passed->append(buffer_, 0, std::min(sure, most - std::min(most, passed->size())));
      position_ += sure;
      buffer_.erase(0, sure);
      if (found != std::string::npos) {
        const auto at = position_;
        position_ += text.size();
        buffer_.erase(0, text.size());
        return at;
      }
      TRY(const auto more, read());
      if (!more) return std::nullopt;
    }
  }
  /// The next bytes, as many as there are.
  base::Result<std::string> take(std::size_t size) {
    while (buffer_.size() < size) {
      TRY(const auto more, read());
      if (!more) break;
    }
    auto taken = buffer_.substr(0, size);
    buffer_.erase(0, taken.size());
    position_ += taken.size();
    return taken;
  }

 private:
  base::Result<bool> read() {
    std::string piece(std::min<std::uint64_t>(kPieceBytes, claim_.length - read_), '\0');
    if (piece.empty()) return false;
    TRY(const auto count, read_content(claim_, read_, piece));
    read_ += count;
    buffer_.append(piece, 0, count);
    return true;
  }

  const ContentClaim claim_;
  std::uint64_t read_ = 0;
  std::uint64_t position_ = 0;  // of the first byte in buffer_
  std::string buffer_;
};

base::Failure<base::Error> broken(std::string_view why) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the body is no multipart/form-data: {}", why));
}

base::Result<http::Headers> headers_of(std::string_view head) {
  http::Headers headers;
  while (!head.empty()) {
    auto line = take_until(head, '\n');
    if (line.empty()) continue;
    if (line.find(':') == std::string_view::npos) return broken("a header of a part has no colon");
    auto name = std::string(take_until(line, ':'));
    headers.add(std::move(name), std::string(trimmed(line)));
  }
  return headers;
}

}  // namespace

http::Awaitable<base::Result<ContentClaim>> receive(http::Exchange& exchange, http::Workers& workers, Session& session,
                                                    ReceiveOptions options) {
  Receiving receiving(session, options);
  base::Status read;
  {
    http::Feed feed(workers, kWaitingBytes, [&receiving](base::Bytes piece) { return receiving.take(piece.view()); });
    read = co_await feed.put_body(exchange, kPieceBytes);
  }
  CO_TRY_VOID(std::move(read));
  const std::function<base::Result<ContentClaim>()> finish = [&receiving] { return receiving.finish(); };
  co_return co_await http::run_on(workers, finish);
}

void describe_part(Session& session, FlowFile& file, const std::vector<Part>& parts, std::size_t index) {
  const auto& part = parts[index];
  const auto put = [&](std::string_view name, std::string value) {
    session.put_attribute(file, name, std::move(value));
  };
  for (const auto& [name, value] : part.headers.lines()) put("http.headers.multipart." + name, value);
  put("http.multipart.size", std::to_string(part.content.length));
  if (const auto type = part.headers.find("content-type")) put("http.multipart.content.type", std::string(*type));
  put("http.multipart.name", part.name);
  if (part.filename) put("http.multipart.filename", *part.filename);
  put("http.multipart.fragments.sequence.number", std::to_string(index + 1));
  put("http.multipart.fragments.total.number", std::to_string(parts.size()));
}

std::optional<std::string> parameter_of(std::string_view header, std::string_view wanted) {
  std::size_t at = header.find(';');
  while (at < header.size()) {
    at = header.find_first_not_of("; \t", at);
    if (at == std::string_view::npos) return std::nullopt;
    const auto equals = header.find_first_of("=;", at);
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(header.substr(at, equals - at));
    at = equals;
    if (header[equals] == ';') continue;
    std::string value;
    if (header.substr(equals + 1, 1) == "\"") {
      for (at = equals + 2; at < header.size() && header[at] != '"'; ++at) {
        // Browsers escape the quote alone: a path of Windows has backslashes of its own.
        if (header.substr(at, 2) == "\\\"") ++at;
        value += header[at];
      }
      at = header.find(';', at);
    } else {
      at = std::min(header.find(';', equals), header.size());
      value = trimmed(header.substr(equals + 1, at - equals - 1));
    }
    if (http::equal_without_case(name, wanted)) return value;
  }
  return std::nullopt;
}

base::Result<std::vector<Part>> parts_of(const ContentClaim& body, std::string_view content_type) {
  const auto boundary = parameter_of(content_type, "boundary");
  if (!boundary || boundary->empty()) return broken("its type names no boundary");
  std::vector<Part> parts;
  Scanner scanner(body);
  TRY(const auto opening, scanner.pass("--" + *boundary));
  if (!opening) return broken("its boundary does not come");
  for (;;) {
    TRY(const auto behind, scanner.take(2));
    if (behind == "--") return parts;
    if (behind != "\r\n") return broken("something follows a boundary in its line");
    if (parts.size() == kPartsMax) return broken("it has too many parts");
    std::string head;
    // Also a part without any header.
    TRY(const auto first, scanner.take(2));
    if (first != "\r\n") {
      TRY(const auto end, scanner.pass("\r\n\r\n", &head, kPartHeadBytes));
      if (!end || head.size() == kPartHeadBytes) return broken("the headers of a part do not end");
      head.insert(0, first);
    }
    Part part;
    TRY(part.headers, headers_of(head));
    const auto begin = scanner.position();
    TRY(const auto end, scanner.pass("\r\n--" + *boundary));
    if (!end) return broken("its last boundary does not come");
    if (*end > begin) part.content = {body.file, body.offset + begin, *end - begin};
    const auto disposition = part.headers.get("content-disposition");
    part.name = parameter_of(disposition, "name").value_or("");
    part.filename = parameter_of(disposition, "filename");
    parts.push_back(std::move(part));
  }
}

}  // namespace flow::web
