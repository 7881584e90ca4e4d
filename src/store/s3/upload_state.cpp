#include <fmt/format.h>

#include <charconv>

#include "store/s3/transfer.h"

namespace store::s3 {
namespace {

constexpr std::string_view kFirstLine = "freshet upload 1";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return parts;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::uint64_t UploadState::position() const {
  std::uint64_t bytes = 0;
  for (int number = 1;; ++number) {
    const auto found = std::ranges::find(parts, number, &RemotePart::number);
    if (found == parts.end()) return bytes;
    bytes += found->size;
  }
}

std::string to_text(const UploadState& state) {
  auto text = fmt::format("{}\n{}\n{}\n{}\n{} {}\n", kFirstLine, http::percent_encode(state.bucket),
                          http::percent_encode(state.key), http::percent_encode(state.upload_id), state.part_bytes,
                          state.length);
  for (const auto& part : state.parts)
    text += fmt::format("{} {} {} {}\n", part.number, part.size, http::percent_encode(part.etag),
                        http::percent_encode(part.checksum));
  return text;
}

base::Result<UploadState> parse_upload_state(std::string_view text) {
  const auto bad = [] { return base::fail(base::ErrorKind::InvalidValue, "not the state of an upload"); };
  const auto lines = split(text, '\n');
  if (lines.size() < 5 || lines[0] != kFirstLine) return bad();
  UploadState state{.bucket = http::percent_decode(lines[1]),
                    .key = http::percent_decode(lines[2]),
                    .upload_id = http::percent_decode(lines[3])};
  const auto numbers = split(lines[4], ' ');
  if (numbers.size() != 2 || !read(numbers[0], state.part_bytes) || !read(numbers[1], state.length)) return bad();
  for (std::size_t i = 5; i < lines.size(); ++i) {
    const auto fields = split(lines[i], ' ');
    RemotePart part;
    if (fields.size() < 3 || !read(fields[0], part.number) || !read(fields[1], part.size)) return bad();
    part.etag = http::percent_decode(fields[2]);
    if (fields.size() > 3) part.checksum = http::percent_decode(fields[3]);
    state.parts.push_back(std::move(part));
  }
  return state;
}

}  // namespace store::s3
