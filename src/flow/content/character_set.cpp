#include "flow/content/character_set.h"

#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <array>

namespace flow {
namespace {

constexpr std::size_t kSinkBytes = 64 << 10;

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

base::Result<Converter> open_converter(std::string_view name, bool writes) {
  // Java writes UTF-16 with the high byte first and a mark before it.
  const std::string own(writes && name == "UTF-16" ? "UTF-16BE,version=1" : name);
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(own.c_str(), &status));
  if (U_FAILURE(status) || own.empty())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is not a character set", name));
  if (writes) {
    UErrorCode ignored = U_ZERO_ERROR;  // sets of Unicode have all characters
    ucnv_setSubstChars(converter.get(), "?", 1, &ignored);
  }
  return converter;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

}  // namespace

struct Transcoder::State {
  Converter from, to;
  std::array<UChar, 1024> pivot{};
  UChar* pivot_read = nullptr;
  UChar* pivot_write = nullptr;
  bool begun = false;
};

Transcoder::Transcoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transcoder::Transcoder(Transcoder&&) noexcept = default;
Transcoder::~Transcoder() = default;

base::Result<Transcoder> Transcoder::make(std::string_view from, std::string_view to) {
  auto state = std::make_unique<State>();
  TRY(state->from, open_converter(from, false));
  TRY(state->to, open_converter(to, true));
  state->pivot_read = state->pivot_write = state->pivot.data();
  return Transcoder(std::move(state));
}

void Transcoder::mark_with_question() {
  const auto mark = [](const void*, UConverterToUnicodeArgs* arguments, const char*, int32_t,
                       UConverterCallbackReason reason, UErrorCode* status) {
    if (reason > UCNV_IRREGULAR) return;
    const UChar question = u'?';
    *status = U_ZERO_ERROR;
    ucnv_cbToUWriteUChars(arguments, &question, 1, 0, status);
  };
  UErrorCode status = U_ZERO_ERROR;
  ucnv_setToUCallBack(state_->from.get(), mark, nullptr, nullptr, nullptr, &status);
}

base::Status Transcoder::run(std::string_view bytes, bool flush, std::string& out) {
  std::array<char, 8192> target{};
  const char* source = bytes.data();
  const char* const source_end = source + bytes.size();
  for (;;) {
    char* at = target.data();
    UErrorCode status = U_ZERO_ERROR;
    ucnv_convertEx(state_->to.get(), state_->from.get(), &at, target.data() + target.size(), &source, source_end,
                   state_->pivot.data(), &state_->pivot_read, &state_->pivot_write,
                   state_->pivot.data() + state_->pivot.size(), !state_->begun, flush, &status);
    state_->begun = true;
    out.append(target.data(), static_cast<std::size_t>(at - target.data()));
    if (status == U_BUFFER_OVERFLOW_ERROR) continue;
    if (U_FAILURE(status))
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("text cannot be converted: {}", u_errorName(status)));
    return {};
  }
}

base::Status Transcoder::feed(std::string_view bytes, std::string& out) { return run(bytes, false, out); }
base::Status Transcoder::finish(std::string& out) { return run("", true, out); }

base::Result<CharacterSet> CharacterSet::find(std::string name) {
  TRY(const auto known, open_converter(name, false));
  const auto big = upper(name);
  const bool passes = big == "UTF-8" || big == "UTF8" || big == "US-ASCII" || big == "ASCII";
  return CharacterSet(std::move(name), passes);
}

base::Result<std::string> CharacterSet::decode(std::string_view bytes) const {
  if (passes_) return std::string(bytes);
  TRY(auto transcoder, Transcoder::make(name_, "UTF-8"));
  std::string text;
  TRY_VOID(transcoder.feed(bytes, text));
  TRY_VOID(transcoder.finish(text));
  return text;
}

base::Result<std::string> CharacterSet::encode(std::string_view text) const {
  if (passes_) return std::string(text);
  TRY(auto transcoder, Transcoder::make("UTF-8", name_));
  std::string bytes;
  TRY_VOID(transcoder.feed(text, bytes));
  TRY_VOID(transcoder.finish(bytes));
  return bytes;
}

base::Result<DecodingSource> DecodingSource::make(ByteSource& source, const CharacterSet& set) {
  if (set.passes()) return DecodingSource(source, std::nullopt);
  TRY(auto transcoder, Transcoder::make(set.name(), "UTF-8"));
  return DecodingSource(source, std::move(transcoder));
}

base::Result<std::string_view> DecodingSource::next() {
  if (!transcoder_) return source_->next();
  buffer_.clear();
  while (buffer_.empty() && !ended_) {
    TRY(const auto bytes, source_->next());
    ended_ = bytes.empty();
    TRY_VOID(ended_ ? transcoder_->finish(buffer_) : transcoder_->feed(bytes, buffer_));
  }
  return std::string_view(buffer_);
}

base::Result<EncodingSink> EncodingSink::make(ByteSink& sink, const CharacterSet& set) {
  if (set.passes()) return EncodingSink(sink, std::nullopt);
  TRY(auto transcoder, Transcoder::make("UTF-8", set.name()));
  return EncodingSink(sink, std::move(transcoder));
}

base::Status EncodingSink::flush(std::size_t keep) {
  if (buffer_.size() <= keep) return {};
  TRY_VOID(sink_->append(buffer_));
  buffer_.clear();
  return {};
}

base::Status EncodingSink::append(std::string_view bytes) {
  if (transcoder_)
    TRY_VOID(transcoder_->feed(bytes, buffer_));
  else
    buffer_ += bytes;
  return flush(kSinkBytes);  // many short lines are one write
}

base::Status EncodingSink::finish() {
  if (transcoder_) TRY_VOID(transcoder_->finish(buffer_));
  return flush(0);
}

}  // namespace flow
