#include "flow/record/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "flow/content/character_set.h"

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

constexpr std::string_view kMark = "\xEF\xBB\xBF";

class PlainSource final : public TextSource {
 public:
  explicit PlainSource(std::shared_ptr<const Input> input) : input_(std::move(input)) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    if (offset_ == 0) {
      char mark[3];
      TRY(const auto got, input_->read(0, mark));
      if (std::string_view(mark, got) == kMark) offset_ = kMark.size();
    }
    TRY(const auto got, input_->read(offset_, into));
    offset_ += got;
    return got;
  }

 private:
  const std::shared_ptr<const Input> input_;
  std::uint64_t offset_ = 0;
};

class ConvertedSource final : public TextSource {
 public:
  ConvertedSource(std::shared_ptr<const Input> input, Transcoder transcoder)
      : input_(std::move(input)), transcoder_(std::move(transcoder)) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    while (text_.size() - at_ < into.size() && !ended_) {
      text_.erase(0, at_);
      at_ = 0;
      char bytes[16384];
      TRY(const auto got, input_->read(offset_, bytes));
      offset_ += got;
      ended_ = offset_ == input_->size();
      TRY_VOID(transcoder_.feed({bytes, got}, text_));
      if (ended_) TRY_VOID(transcoder_.finish(text_));
      if (std::exchange(first_, false) && text_.starts_with(kMark)) at_ = kMark.size();
    }
    const auto got = text_.copy(into.data(), into.size(), at_);
    at_ += got;
    return got;
  }

 private:
  const std::shared_ptr<const Input> input_;
  Transcoder transcoder_;
  std::uint64_t offset_ = 0;
  std::string text_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool ended_ = false;
};

class LaterInput final : public Input {
 public:
  LaterInput(std::shared_ptr<const Input> input, std::uint64_t begin) : input_(std::move(input)), begin_(begin) {}
  std::uint64_t size() const override { return input_->size() - begin_; }
  base::Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override {
    return input_->read(begin_ + offset, into);
  }

 private:
  const std::shared_ptr<const Input> input_;
  const std::uint64_t begin_;
};

}  // namespace

std::shared_ptr<const Input> input_after(std::shared_ptr<const Input> input, std::uint64_t bytes) {
  if (bytes == 0) return input;
  const auto begin = std::min(bytes, input->size());
  return std::make_shared<LaterInput>(std::move(input), begin);
}

std::shared_ptr<const Input> input_of(ContentClaim claim) { return std::make_shared<ClaimInput>(std::move(claim)); }
std::shared_ptr<const Input> input_of(std::string text) { return std::make_shared<TextInput>(std::move(text)); }

base::Result<std::unique_ptr<TextSource>> TextSource::open(std::shared_ptr<const Input> input,
                                                           const std::string& charset) {
  TRY(const auto set, CharacterSet::find(charset));
  if (set.passes()) return std::unique_ptr<TextSource>(new PlainSource(std::move(input)));
  TRY(auto transcoder, Transcoder::make(charset, "UTF-8"));
  return std::unique_ptr<TextSource>(new ConvertedSource(std::move(input), std::move(transcoder)));
}

base::Status TextBuffer::refill(std::size_t most) {
  const auto kept = end_ - begin_;
  if (kept > most)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("a record is longer than {} MB", most >> 20));
  if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
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
