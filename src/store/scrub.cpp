#include "store/scrub.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/checksum.h"
#include "store/encryption.h"
#include "store/state.h"
#include "store/stored_reader.h"

namespace store {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

/// What is wrong with an object, and at which of its bytes.
struct Finding {
  std::string what;
  std::uint64_t at = 0;
};

/// What a look at one object's bytes came to.
struct Outcome {
  std::optional<Finding> finding;
  std::optional<Extent> extent;  // in which the finding lies
  bool unverifiable = false;
  bool stopped = false;  // by ScrubOptions::pace
  std::uint64_t bytes = 0;
};

/// A stretch of an object that came at once, and its checksum, base64, where one was kept.
struct Stretch {
  std::uint64_t size = 0;
  std::string checksum;
};

std::vector<Stretch> stretches_of(const ObjectDetails& details) {
  if (details.parts.empty()) return {{details.info.size, {}}};
  std::vector<Stretch> stretches;
  for (const auto& part : details.parts) stretches.push_back({part.size, part.checksum});
  return stretches;
}

/// The same extents as bytes that nobody encrypted: all that can be read without the key.
ObjectRecord as_it_lies(ObjectRecord record) {
  record.details.encryption = {};
  record.details.parts.clear();
  record.details.checksum.reset();
  record.details.info.etag.clear();
  record.details.info.size = 0;
  for (auto& content : record.contents) {
    if (!content.key.empty()) content.size = encrypted_size(content.size);
    content.key.clear();
    record.details.info.size += content.size;
  }
  return record;
}

/// Reads an object from its first byte to its last and compares it with its record.
class Verifier {
 public:
  Verifier(const StoredReader& reader, const std::function<bool(std::uint64_t)>& pace)
      : reader_(reader), details_(reader.details()), pace_(pace) {}

  base::Result<Outcome> run() {
    const auto& checksum = details_.checksum;
    if (checksum && checksum->type == ChecksumType::FullObject) whole_ = make_checksum(checksum->algorithm);
    for (const auto& stretch : stretches_of(details_)) {
      TRY_VOID(read(stretch));
      if (outcome_.finding || outcome_.stopped) return std::move(outcome_);
    }
    if (at_ != details_.info.size)
      report(fmt::format("its parts have {} bytes and not {}", at_, details_.info.size), 0);
    else if (!has_right_etag())
      report("its bytes are not those of its ETag", 0);
    else if (!has_right_checksum())
      report(fmt::format("its bytes are not those of its checksum ({})", name_of(checksum->algorithm)), 0);
    return std::move(outcome_);
  }

 private:
  void report(std::string what, std::uint64_t at) { outcome_.finding = Finding{std::move(what), at}; }

  base::Status read(const Stretch& stretch) {
    const auto start = at_;
    const auto md5 = make_md5();
    const auto sum =
        stretch.checksum.empty() || !details_.checksum ? nullptr : make_checksum(details_.checksum->algorithm);
    std::string buffer;
    for (const auto end = at_ + stretch.size; at_ < end; at_ += buffer.size()) {
      buffer.resize(std::min<std::uint64_t>(kReadBytes, end - at_));
      const auto count = reader_.read_at(at_, buffer);
      // Of the machine, not of the object: no handle is left, or no right.
      if (!count &&
          (count.error().kind == base::ErrorKind::Unavailable || count.error().kind == base::ErrorKind::Denied))
        return base::fail(count.error());
      if (!count) return report(count.error().message, at_), base::Status{};
      if (*count != buffer.size()) return report("it ends before its record says", at_ + *count), base::Status{};
      for (auto* digest : {md5.get(), sum.get(), whole_.get()})
        if (digest != nullptr) digest->update(buffer);
      outcome_.bytes += buffer.size();
      outcome_.stopped = pace_ && !pace_(buffer.size());
      if (outcome_.stopped) return {};
    }
    md5s_ += md5->finish();
    if (sum == nullptr) return {};
    const auto raw = sum->finish();
    sums_ += raw;
    if (to_base64(raw) != stretch.checksum)
      report(
          fmt::format("the bytes of a part are not those of its checksum ({})", name_of(details_.checksum->algorithm)),
          start);
    return {};
  }

  /// As join() in multipart.cpp makes it of the parts'.
  bool has_right_etag() const {
    const auto& etag = details_.info.etag;
    if (etag.empty()) return true;
    if (details_.parts.empty()) return to_hex(md5s_) == etag;
    return fmt::format("{}-{}", to_hex(md5(md5s_)), details_.parts.size()) == etag;
  }

  bool has_right_checksum() {
    const auto& kept = details_.checksum;
    if (!kept) return true;
    if (whole_ != nullptr) return to_base64(whole_->finish()) == kept->value;
    const bool has_all =
        std::ranges::none_of(details_.parts, [](const ObjectPart& part) { return part.checksum.empty(); });
    if (!has_all || details_.parts.empty()) return true;
    return fmt::format("{}-{}", to_base64(checksum(kept->algorithm, sums_)), details_.parts.size()) == kept->value;
  }

  const StoredReader& reader_;
  const ObjectDetails& details_;
  const std::function<bool(std::uint64_t)>& pace_;
  Outcome outcome_;
  std::uint64_t at_ = 0;
  std::string md5s_, sums_;  // raw, of the stretches
  std::unique_ptr<Digest> whole_;
};

/// A record that is to be read.
struct Subject {
  std::string mark;  // where it is marked as damaged
  Damage named;      // names filled
  ObjectRecord record;
};

base::Result<Subject> subject_at(const std::string& place, std::string_view value,
                                 const std::map<std::string, Encryption>& uploads) {
  Subject subject;
  auto& details = subject.record.details;
  if (place.front() == 'p') {
    TRY(auto part, decode_part(value));
    const auto parsed = index_key::parse(place);
    if (!parsed) return base::fail(base::ErrorKind::Internal, "the record lies at a key that is not its own");
    subject.mark = index_key::damaged_part(parsed->upload, parsed->part);
    subject.named = {.upload = parsed->upload, .part = parsed->part};
    details.info.size = part.info.size;
    details.info.etag = part.info.etag;
    details.checksum = part.info.checksum;
    if (const auto upload = uploads.find(parsed->upload); upload != uploads.end()) details.encryption = upload->second;
    subject.record.contents = std::move(part.contents);
    return subject;
  }
  TRY(subject.record, decode_object(value));
  const auto& info = details.info;
  subject.mark = index_key::damaged(info.bucket, info.key, info.sequence);
  subject.named = {.bucket = info.bucket, .key = info.key, .version = version_id(info)};
  return subject;
}

/// The extent that holds a byte of an object.
std::optional<Extent> extent_at(const std::vector<Content>& contents, std::uint64_t at) {
  for (const auto& content : contents) {
    if (at >= content.size) {
      at -= content.size;
      continue;
    }
    // In an encrypted one frames stand where their bytes do, each a little longer.
    auto stored = content.key.empty() ? at : at / kFrameBytes * (kFrameBytes + kFrameTagBytes);
    for (const auto& extent : content.extents) {
      if (stored < extent.length) return Extent{extent.file, extent.offset + stored, extent.length - stored};
      stored -= extent.length;
    }
  }
  return std::nullopt;
}

base::Result<Outcome> verify(StoreState& state, ObjectRecord record, std::unique_ptr<FilePin> pin,
                             const std::function<bool(std::uint64_t)>& pace) {
  const auto& encryption = record.details.encryption;
  const bool has_key = encryption.kind != EncryptionKind::Customer && !state.options.key_ring.empty();
  const bool verifiable = encryption.kind == EncryptionKind::None || has_key;
  std::string wrapping;
  if (verifiable) {
    TRY(wrapping, wrapping_key_of(state, {encryption, {}}));
  } else {
    record = as_it_lies(std::move(record));
  }
  const StoredReader reader(state, std::move(record), std::move(wrapping), std::move(pin));
  for (const auto& content : reader.record().contents)
    if (!content.key.empty() && !unseal(reader.wrapping_key(), content.key))
      return Outcome{.finding = Finding{"its key cannot be opened with the store's", 0},
                     .extent = extent_at(reader.record().contents, 0)};
  TRY(auto outcome, Verifier(reader, pace).run());
  outcome.unverifiable = !verifiable;
  if (outcome.finding) outcome.extent = extent_at(reader.record().contents, outcome.finding->at);
  return outcome;
}

base::Result<std::map<std::string, Encryption>> encryption_of_uploads(const StoreState& state) {
  std::map<std::string, Encryption> uploads;
  const auto cursor = state.index->cursor();
  for (cursor->seek("u"); cursor->valid() && cursor->key().starts_with('u'); cursor->next()) {
    const auto parsed = index_key::parse(cursor->key());
    const auto upload = decode_upload(cursor->value());
    if (parsed && upload) uploads[parsed->upload] = upload->encryption;
  }
  TRY_VOID(cursor->status());
  return uploads;
}

/// Marks what a step found; with a store that is open for reading for as long as it is open.
base::Status keep_marks(StoreState& state, const std::map<std::string, std::optional<Damage>>& marks) {
  if (marks.empty()) return {};
  if (!state.options.read_only)
    TRY_VOID(state.run([&](Transaction& transaction) -> base::Status {
      for (const auto& [place, damage] : marks) {
        if (damage)
          transaction.put(place, encode(*damage));
        else
          transaction.erase(place);
      }
      return {};
    }));
  for (const auto& [place, damage] : marks) {
    if (damage)
      state.damaged.add(place, *damage);
    else
      state.damaged.remove(place);
  }
  return {};
}

/// One step on the way over all records that refer to bytes.
class Walk {
 public:
  Walk(StoreState& state, const ScrubOptions& options, std::map<std::string, Encryption> uploads)
      : state_(state), options_(options), uploads_(std::move(uploads)), cursor_(state.index->cursor()) {
    step_.next = options.after;
  }

  base::Result<ScrubStep> run() {
    for (const char space : index_key::kReferringSpaces) {
      const std::string first(1, space);
      if (options_.after.substr(0, 1) > first) continue;
      cursor_->seek(std::max(first, options_.after + '\0'));
      for (; cursor_->valid() && cursor_->key().starts_with(first); cursor_->next()) {
        std::string place(cursor_->key());
        TRY(const bool goes_on, look_at(place));
        if (!goes_on) return finish();
        step_.next = std::move(place);
        if (step_.bytes >= options_.bytes_max) return finish();
      }
      TRY_VOID(cursor_->status());
    }
    step_.next.clear();
    TRY_VOID(forget_what_went());
    return finish();
  }

 private:
  base::Result<ScrubStep> finish() {
    TRY_VOID(keep_marks(state_, marks_));
    return std::move(step_);
  }

  /// False when the step must end.
  base::Result<bool> look_at(const std::string& place) {
    for (;;) {
      TRY(const auto value, state_.index->get(place));
      if (!value) return true;
      auto subject = subject_at(place, *value, uploads_);
      if (!subject) return true;  // the check tells of records that cannot be read
      auto pin = pin_files(state_, subject->record.contents);
      // As in open_stored: what went between the look and the pin is not damaged.
      TRY(const auto again, state_.index->get(place));
      if (again != value) continue;
      TRY(const auto outcome, verify(state_, std::move(subject->record), std::move(pin), options_.pace));
      step_.bytes += outcome.bytes;
      step_.stopped = outcome.stopped;
      if (outcome.stopped) return false;
      ++(place.front() == 'p' ? step_.parts : step_.versions);
      step_.unverifiable += outcome.unverifiable ? 1 : 0;
      judge(*subject, outcome);
      return true;
    }
  }

  void judge(const Subject& subject, const Outcome& outcome) {
    if (!outcome.finding) {
      if (state_.damaged.contains(subject.mark)) marks_[subject.mark] = std::nullopt;
      return;
    }
    auto damage = subject.named;
    damage.what = outcome.finding->what;
    if (outcome.extent) {
      damage.file = state_.files.path_of(outcome.extent->file);
      damage.offset = outcome.extent->offset;
    }
    marks_[subject.mark] = damage;
    step_.damage.push_back(std::move(damage));
  }

  /// At the end of a round: marks of versions and parts that were removed.
  base::Status forget_what_went() {
    for (const auto& [mark, damage] : state_.damaged.all()) {
      if (marks_.contains(mark)) continue;
      TRY(const bool there, is_there(mark, damage));
      if (!there) marks_[mark] = std::nullopt;
    }
    return {};
  }

  base::Result<bool> is_there(const std::string& mark, const Damage& damage) const {
    if (!damage.upload.empty()) {
      TRY(const auto part, state_.index->get(index_key::part(damage.upload, damage.part)));
      return part.has_value();
    }
    const auto sequence = decode_number(std::string_view(mark).substr(mark.size() - 8));
    const auto has = [&](const std::string& place) -> base::Result<bool> {
      TRY(const auto value, state_.index->get(place));
      if (!value) return false;
      TRY(const auto listed, decode_listed(*value));
      return listed.info.sequence == sequence;
    };
    TRY(const bool is_current, has(index_key::object(damage.bucket, damage.key)));
    if (is_current) return true;
    return has(index_key::version(damage.bucket, damage.key, sequence));
  }

  StoreState& state_;
  const ScrubOptions& options_;
  const std::map<std::string, Encryption> uploads_;
  const std::unique_ptr<IndexCursor> cursor_;
  ScrubStep step_;
  std::map<std::string, std::optional<Damage>> marks_;  // none: it is whole, or gone
};

}  // namespace

base::Result<ScrubStep> ObjectStore::scrub(const ScrubOptions& options) {
  TRY(auto uploads, encryption_of_uploads(*state_));
  return Walk(*state_, options, std::move(uploads)).run();
}

base::Result<ScrubPosition> ObjectStore::scrub_position() const {
  TRY(const auto kept, state_->index->get(index_key::kScrub));
  if (!kept) return ScrubPosition{};
  return decode_scrub_position(*kept);
}

base::Status ObjectStore::keep_scrub_position(const ScrubPosition& position) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    transaction.put(std::string(index_key::kScrub), encode(position));
    return {};
  });
}

std::vector<Damage> ObjectStore::damaged() const {
  std::vector<Damage> found;
  for (auto& [place, damage] : state_->damaged.all()) found.push_back(damage);
  return found;
}

}  // namespace store
