#include "store/s3/documents/form_parser.h"

#include <algorithm>

#include "http/message.h"
#include "store/s3/documents/form_header.h"
#include "store/s3/documents/text.h"

namespace store::s3 {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadersEnd = "\r\n\r\n";
constexpr std::size_t kHeaderBytesMax = 8 << 10;
constexpr std::size_t kBoundaryBytesMax = 200;  // RFC 2046 has 70

S3Failure malformed(std::string_view what) {
  return refuse(400, "MalformedPOSTRequest",
                "The body of your POST request is not well-formed multipart/form-data: " + std::string(what));
}

/// Where the longest end of the bytes begins that the delimiter begins with.
std::size_t begin_of_delimiter(std::string_view bytes, std::string_view delimiter) {
  auto at = bytes.size() - std::min(bytes.size(), delimiter.size() - 1);
  while (!delimiter.starts_with(bytes.substr(at))) ++at;
  return at;
}

}  // namespace

FormParser::FormParser(std::string_view boundary)
    // The line end of the delimiter is there before the first boundary too, as it were.
    : delimiter_("\r\n--" + std::string(boundary)), pending_(kLineEnd) {}

S3Result<FormParser> FormParser::open(std::string_view content_type) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  if (!http::equal_without_case(type, "multipart/form-data"))
    return refuse(412, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data");
  const auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryBytesMax) return malformed("it has no boundary");
  return FormParser(*boundary);
}

S3Result<std::vector<FormEvent>> FormParser::feed(std::string_view bytes) {
  std::vector<FormEvent> events;
  if (state_ == State::BehindFile || state_ == State::BehindForm) return events;
  pending_ += bytes;
  for (bool more = true; more;) {
    TRY(more, step(events));
  }
  return events;
}

FormParser::Step FormParser::step(std::vector<FormEvent>& events) {
  switch (state_) {
    case State::BeforeFirst: return skip_to_first();
    case State::BehindBoundary: return read_behind_boundary();
    case State::Headers: return read_headers(events);
    case State::Field: return read_field(events);
    case State::File: return read_file(events);
    case State::BehindFile:
    case State::BehindForm: pending_.clear(); return false;
  }
  return false;
}

S3Result<void> FormParser::count_before_file(std::size_t bytes) {
  bytes_before_file_ += bytes;
  if (bytes_before_file_ > kBytesBeforeFileMax)
    return refuse(400, "MaxPostPreDataLengthExceeded",
                  "Your POST request fields preceding the upload file were too large.");
  return {};
}

FormParser::Step FormParser::skip_to_first() {
  // Nobody sends a preamble; a little of one is tolerated.
  const auto at = pending_.find(delimiter_);
  const auto preamble = at != std::string::npos ? at : pending_.size() - std::min(pending_.size(), delimiter_.size());
  if (preamble > kHeaderBytesMax) return malformed("it does not begin with its boundary");
  if (at == std::string::npos) return false;
  pending_.erase(0, at + delimiter_.size());
  state_ = State::BehindBoundary;
  return true;
}

FormParser::Step FormParser::read_behind_boundary() {
  if (pending_.size() < 2) return false;
  if (pending_.starts_with("--")) {
    state_ = State::BehindForm;
    return true;
  }
  if (!pending_.starts_with(kLineEnd)) return malformed("no line end behind a boundary");
  // The line end stays, so that headers of no line have an end too.
  state_ = State::Headers;
  return true;
}

FormParser::Step FormParser::read_headers(std::vector<FormEvent>& events) {
  const auto end = pending_.find(kHeadersEnd);
  if (end > kHeaderBytesMax) {
    if (end != std::string::npos || pending_.size() > kHeaderBytesMax + kHeadersEnd.size())
      return malformed("the headers of a part are too long");
    return false;
  }
  const auto headers = read_part_headers(std::string_view(pending_).substr(0, end));
  if (!headers || headers->name.empty()) return malformed("a part has no name");
  pending_.erase(0, end + kHeadersEnd.size());
  if (to_lower(headers->name) == "file") {
    events.emplace_back(FormFile{headers->file_name, headers->content_type});
    state_ = State::File;
    return true;
  }
  if (++field_count_ > kFieldsMax) return malformed("it has too many fields");
  TRY_VOID(count_before_file(end));
  field_name_ = headers->name;
  state_ = State::Field;
  return true;
}

FormParser::Step FormParser::read_field(std::vector<FormEvent>& events) {
  const auto at = pending_.find(delimiter_);
  if (at == std::string::npos) {
    // All but what may be the delimiter is certain to be the value's.
    const auto certain = pending_.size() - std::min(pending_.size(), delimiter_.size());
    if (bytes_before_file_ + certain > kBytesBeforeFileMax) TRY_VOID(count_before_file(certain));
    return false;
  }
  TRY_VOID(count_before_file(at));
  events.emplace_back(FormField{std::move(field_name_), pending_.substr(0, at)});
  pending_.erase(0, at + delimiter_.size());
  state_ = State::BehindBoundary;
  return true;
}

FormParser::Step FormParser::read_file(std::vector<FormEvent>& events) {
  const auto at = pending_.find(delimiter_);
  const bool ends = at != std::string::npos;
  // What may be the beginning of the delimiter waits for the bytes that tell.
  const auto kept = ends ? std::string() : pending_.substr(begin_of_delimiter(pending_, delimiter_));
  pending_.resize(ends ? at : pending_.size() - kept.size());
  if (!pending_.empty()) events.emplace_back(FormFileBytes{std::move(pending_)});
  pending_ = kept;
  if (ends) {
    events.emplace_back(FormFileEnd{});
    state_ = State::BehindFile;
  }
  return false;
}

S3Result<void> FormParser::finish() const {
  if (state_ == State::BehindFile) return {};
  if (state_ == State::BehindForm)
    return refuse(400, "InvalidArgument", "POST requires exactly one file upload per request.");
  return malformed("it ends too early");
}

}  // namespace store::s3
