#include "flow/record/input.h"

#include <fmt/format.h>
#include <unicode/ucnv.h>

#include <algorithm>
#include <cstring>

namespace flow::record {
namespace {

class ClaimInput final : public Input {
 public:
  explicit ClaimInput(ContentClaim claim) : claim_(std::move(claim)) {}
  std::uint64_t size() const override { return claim_.length; }
  base::Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override {
    return read_content(claim_, offset, into);
  }

 private:
  const ContentClaim claim_;
};

class TextInput final : public Input {
 public:
  explicit TextInput(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  base::Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override {
    if (offset >= text_.size()) return std::size_t{0};
    return text_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
  }

 private:
  const std::string text_;
};

class PlainSource final : public TextSource {
 public:
  explicit PlainSource(std::shared_ptr<const Input> input) : input_(std::move(input)) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    if (offset_ == 0) {
      char mark[3];
      TRY(const auto got, input_->read(0, mark));
      if (got == 3 && std::string_view(mark, 3) == "\xEF\xBB\xBF") offset_ = 3;
    }
    TRY(const auto got, input_->read(offset_, into));
    offset_ += got;
    return got;
  }

 private:
  const std::shared_ptr<const Input> input_;
  std::uint64_t offset_ = 0;
};

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using ConverterPtr = std::unique_ptr<UConverter, CloseConverter>;

base::Result<ConverterPtr> open_converter(const std::string& charset) {
  UErrorCode error = U_ZERO_ERROR;
  ConverterPtr converter(ucnv_open(charset.c_str(), &error));
  if (U_FAILURE(error))
    return base::fail(base::ErrorKind::Unsupported, fmt::format("the character set '{}' is not known", charset));
  return converter;
}

class ConvertedSource final : public TextSource {
 public:
  ConvertedSource(std::shared_ptr<const Input> input, ConverterPtr from, ConverterPtr to)
      : input_(std::move(input)), from_(std::move(from)), to_(std::move(to)) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    char* out = into.data();
    char* const out_end = out + into.size();
    while (out < out_end) {
      if (at_ == end_ && offset_ < input_->size()) {
        TRY(const auto got, input_->read(offset_, bytes_));
        offset_ += got;
        at_ = 0;
        end_ = got;
      }
      const bool last = offset_ == input_->size();
      const char* in = bytes_ + at_;
      UErrorCode error = U_ZERO_ERROR;
      const auto* const before = out;
      ucnv_convertEx(to_.get(), from_.get(), &out, out_end, &in, bytes_ + end_, pivot_, &pivot_source_, &pivot_target_,
                     pivot_ + std::size(pivot_), static_cast<UBool>(!started_), static_cast<UBool>(last), &error);
      started_ = true;
      at_ = static_cast<std::size_t>(in - bytes_);
      if (U_FAILURE(error) && error != U_BUFFER_OVERFLOW_ERROR)
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("the content is not in its character set: {}", u_errorName(error)));
      if (last && at_ == end_ && error != U_BUFFER_OVERFLOW_ERROR && out == before) break;
    }
    auto got = static_cast<std::size_t>(out - into.data());
    if (first_ && got >= 3 && std::string_view(into.data(), 3) == "\xEF\xBB\xBF") {
      std::memmove(into.data(), into.data() + 3, got - 3);
      first_ = false;
      TRY(const auto more, read(into.subspan(got - 3)));
      return got - 3 + more;
    }
    first_ = false;
    return got;
  }

 private:
  const std::shared_ptr<const Input> input_;
  const ConverterPtr from_, to_;
  std::uint64_t offset_ = 0;
  char bytes_[16384];
  std::size_t at_ = 0, end_ = 0;
  UChar pivot_[4096];
  UChar* pivot_source_ = pivot_;
  UChar* pivot_target_ = pivot_;
  bool started_ = false;
  bool first_ = true;
};

}  // namespace

std::shared_ptr<const Input> input_of(ContentClaim claim) { return std::make_shared<ClaimInput>(std::move(claim)); }
std::shared_ptr<const Input> input_of(std::string text) { return std::make_shared<TextInput>(std::move(text)); }

bool is_utf8(const std::string& charset) {
  return ucnv_compareNames(charset.c_str(), "UTF-8") == 0 || ucnv_compareNames(charset.c_str(), "US-ASCII") == 0;
}

base::Result<std::unique_ptr<TextSource>> TextSource::open(std::shared_ptr<const Input> input,
                                                           const std::string& charset) {
  if (is_utf8(charset)) return std::unique_ptr<TextSource>(new PlainSource(std::move(input)));
  TRY(auto from, open_converter(charset));
  TRY(auto to, open_converter("UTF-8"));
  return std::unique_ptr<TextSource>(new ConvertedSource(std::move(input), std::move(from), std::move(to)));
}

base::Result<std::string> encode_text(std::string_view text, const std::string& charset) {
  if (is_utf8(charset)) return std::string(text);
  TRY(const auto from, open_converter("UTF-8"));
  TRY(const auto to, open_converter(charset));
  std::string out(text.size() * 4 + 16, '\0');
  char* at = out.data();
  const char* in = text.data();
  UErrorCode error = U_ZERO_ERROR;
  ucnv_convertEx(to.get(), from.get(), &at, out.data() + out.size(), &in, in + text.size(), nullptr, nullptr, nullptr,
                 nullptr, 1, 1, &error);
  if (U_FAILURE(error))
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("cannot write {}: {}", charset, u_errorName(error)));
  out.resize(static_cast<std::size_t>(at - out.data()));
  return out;
}

base::Status TextBuffer::refill(std::size_t most) {
  const auto kept = end_ - begin_;
  if (kept > most)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("a record is longer than {} MB", most >> 20));
  std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
  begin_ = 0;
  end_ = kept;
  const std::size_t least = std::size_t{1} << 20;
  if (buffer_.size() < least || kept > buffer_.size() / 2) buffer_.resize(std::max(least, buffer_.size() * 2));
  const auto room = std::span(buffer_).subspan(end_);
  TRY(const auto got, source_->read(room));
  end_ += got;
  at_end_ = got < room.size();
  return {};
}

}  // namespace flow::record
