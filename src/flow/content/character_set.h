#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow {

/// Between a character set, by its name in Java, and another. Bytes that mean nothing become U+FFFD, characters that
/// the other set lacks "?", as in Java.
class Transcoder {
 public:
  /// InvalidValue: a set that is not known.
  static base::Result<Transcoder> make(std::string_view from, std::string_view to);
  /// Bytes that mean nothing become "?" from here on.
  void mark_with_question();
  Transcoder(Transcoder&&) noexcept;
  ~Transcoder();
  /// Appends to `out`; an unfinished character waits for the next bytes.
  base::Status feed(std::string_view bytes, std::string& out);
  base::Status finish(std::string& out);

 private:
  struct State;
  explicit Transcoder(std::unique_ptr<State> state);
  base::Status run(std::string_view bytes, bool flush, std::string& out);
  std::unique_ptr<State> state_;
};

/// A character set of a property; text is UTF-8 on our side. UTF-8 and US-ASCII pass as they are, bytes that are no
/// text included.
class CharacterSet {
 public:
  static base::Result<CharacterSet> find(std::string name);
  static CharacterSet utf8() { return {"UTF-8", true}; }
  const std::string& name() const { return name_; }
  bool passes() const { return passes_; }
  base::Result<std::string> decode(std::string_view bytes) const;
  base::Result<std::string> encode(std::string_view text) const;

 private:
  CharacterSet(std::string name, bool passes) : name_(std::move(name)), passes_(passes) {}
  std::string name_;
  bool passes_;
};

/// Bytes of a source, from a character set to UTF-8.
class DecodingSource final : public ByteSource {
 public:
  static base::Result<DecodingSource> make(ByteSource& source, const CharacterSet& set);
  base::Result<std::string_view> next() override;

 private:
  DecodingSource(ByteSource& source, std::optional<Transcoder> transcoder)
      : source_(&source), transcoder_(std::move(transcoder)) {}
  ByteSource* source_;
  std::optional<Transcoder> transcoder_;
  std::string buffer_;
  bool ended_ = false;
};

/// UTF-8 into a character set; finish() at the end.
class EncodingSink final : public ByteSink {
 public:
  static base::Result<EncodingSink> make(ByteSink& sink, const CharacterSet& set);
  base::Status append(std::string_view bytes) override;
  base::Status finish();

 private:
  EncodingSink(ByteSink& sink, std::optional<Transcoder> transcoder)
      : sink_(&sink), transcoder_(std::move(transcoder)) {}
  base::Status flush(std::size_t keep);
  ByteSink* sink_;
  std::optional<Transcoder> transcoder_;
  std::string buffer_;
};

}  // namespace flow
