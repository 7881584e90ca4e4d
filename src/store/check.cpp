#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "store/encryption.h"
#include "store/state.h"
#include "store/versions.h"

namespace store {
namespace {

constexpr std::size_t kExtentsMax = 4 << 20;  // that are sorted at once

/// A data file: what the index says of it, what the records refer to, and what is on the disk.
struct KnownFile {
  FileRecord record;
  std::optional<std::uint64_t> size;  // on the disk; none: it is not there
  bool vanished = false;              // went while the check ran: nothing refers to it any more
  std::uint64_t live = 0;
  std::size_t extents = 0;
};

/// A stretch of a file that something refers to.
struct Reference {
  Extent extent;
  bool may_be_stretch = false;  // parts can be copied out of other objects; nothing else is a part of what was written
  bool is_encrypted = false;    // nobody shares these
};

/// Two that cannot both be right, though they may well be one and the same: copies share what they copied.
bool clash(const Reference& a, const Reference& b) {
  if (a.is_encrypted || b.is_encrypted) return true;
  if (a.extent == b.extent) return false;
  const auto within = [](const Extent& inner, const Extent& outer) {
    return inner.offset >= outer.offset && inner.offset + inner.length <= outer.offset + outer.length;
  };
  if (within(a.extent, b.extent)) return !a.may_be_stretch;
  if (within(b.extent, a.extent)) return !b.may_be_stretch;
  return !a.may_be_stretch || !b.may_be_stretch;
}

/// What a record of kReferringSpaces says, as far as this check wants it.
struct Referrer {
  Damage named;  // names filled, nothing else
  std::uint64_t size = 0;
  bool has_parts = false;
  std::vector<Content> contents;
};

base::Result<Referrer> read_referrer(std::string_view place, std::string_view value) {
  Referrer referrer;
  if (place.front() == 'p') {
    TRY(auto part, decode_part(value));
    referrer.size = part.info.size;
    referrer.has_parts = true;
    referrer.contents = std::move(part.contents);
    if (const auto parsed = index_key::parse(place)) {
      referrer.named.upload = parsed->upload;
      referrer.named.part = parsed->part;
    }
    return referrer;
  }
  TRY(auto object, decode_object(value));
  const auto& info = object.details.info;
  referrer.named = {.bucket = info.bucket, .key = info.key, .version = version_id(info)};
  referrer.size = info.size;
  referrer.has_parts = !object.details.parts.empty();
  referrer.contents = std::move(object.contents);
  return referrer;
}

std::vector<Reference> references_of(const Referrer& referrer) {
  std::vector<Reference> references;
  for (const auto& content : referrer.contents)
    for (const auto& extent : content.extents) references.push_back({extent, referrer.has_parts, !content.key.empty()});
  return references;
}

/// Walks over one moment of the index, space by space: what others refer to comes before them.
class Checker {
 public:
  explicit Checker(const StoreState& state) : state_(state), cursor_(state.index->cursor()) {}

  base::Result<CheckReport> run() {
    TRY_VOID(walk("m", [&](auto&, auto& value) { return take_sequence(value); }));
    TRY_VOID(walk("b", [&](auto& place, auto& value) { return take_bucket(place, value); }));
    TRY_VOID(walk("f", [&](auto& place, auto& value) { return take_file(place, value); }));
    TRY_VOID(walk("u", [&](auto& place, auto& value) { return take_upload(place, value); }));
    for (const char space : index_key::kReferringSpaces)
      TRY_VOID(walk({&space, 1}, [&](auto& place, auto& value) { return take_referrer(place, value); }));
    TRY_VOID(walk("e", [&](auto& place, auto& value) { return take_event(place, value); }));
    TRY_VOID(walk("d", [&](auto&, auto& value) { return take_other(decode_finished(value), "of a finished upload"); }));
    TRY_VOID(walk("t", [&](auto&, auto& value) { return take_other(decode_object(value), "of a write's token"); }));
    compare_files();
    TRY_VOID(find_overlaps());
    TRY_VOID(find_unknown_files());
    return std::move(report_);
  }

 private:
  template <class Take>
  base::Status walk(std::string_view space, const Take& take) {
    for (cursor_->seek(space); cursor_->valid() && cursor_->key().starts_with(space); cursor_->next()) {
      const std::string place(cursor_->key());
      const auto value = cursor_->value();
      TRY_VOID(take(place, value));
    }
    return cursor_->status();
  }

  void add(std::string what, Damage named = {}) {
    named.what = std::move(what);
    report_.add(std::move(named));
  }
  void add_at(std::string what, Damage named, const Extent& extent) {
    named.file = state_.files.path_of(extent.file);
    named.offset = extent.offset;
    add(std::move(what), std::move(named));
  }

  base::Status take_sequence(std::string_view value) {
    if (cursor_->key() == index_key::kSequence) sequence_ = decode_number(value);
    return {};
  }

  base::Status take_bucket(const std::string& place, std::string_view value) {
    auto bucket = decode_bucket(place.substr(1), value);
    if (bucket)
      buckets_.insert(bucket->name);
    else
      add("the record of a bucket cannot be read", {.bucket = place.substr(1)});
    return {};
  }

  base::Status take_file(const std::string& place, std::string_view value) {
    const FileId id{decode_number(std::string_view(place).substr(1))};
    const auto path = state_.files.path_of(id);
    const auto record = decode_file(value);
    ++report_.files;
    KnownFile file;
    if (record)
      file.record = *record;
    else
      add("the record of a data file cannot be read", {.file = path});
    if (const auto opened = state_.disk.open(path, base::OpenMode::Read)) {
      TRY(file.size, (*opened)->size());
    } else if (opened.error().kind != base::ErrorKind::NotFound) {
      return base::fail(opened.error());
    } else {
      TRY(const auto now, state_.index->get(place));
      file.vanished = !now;
    }
    if (record && !file.size && !file.vanished) add("a data file is not there", {.file = path});
    if (record && file.size && *file.size < record->end)
      add(fmt::format("a data file has {} bytes and not the {} that were written", *file.size, record->end),
          {.file = path, .offset = *file.size});
    files_[id] = file;
    return {};
  }

  base::Status take_upload(const std::string& place, std::string_view value) {
    const auto parsed = index_key::parse(place);
    if (!parsed || !decode_upload(value)) {
      add("the record of an upload cannot be read", parsed ? named_upload(*parsed) : Damage{});
    } else if (!buckets_.contains(parsed->bucket)) {
      add("an upload goes to a bucket that is not there", named_upload(*parsed));
    }
    if (parsed) uploads_.insert(parsed->upload);
    return {};
  }
  static Damage named_upload(const index_key::Place& place) {
    return {.bucket = place.bucket, .key = place.key, .upload = place.upload};
  }

  base::Status take_referrer(const std::string& place, std::string_view value) {
    const auto read = read_referrer(place, value);
    if (!read) {
      add(read.error().message, named_by(place));
      return {};
    }
    ++(place.front() == 'p' ? report_.parts : report_.versions);
    if (place.front() == 'p' && !uploads_.contains(read->named.upload))
      add("a part belongs to an upload that is not there", read->named);
    take_contents(*read);
    if (place.front() == 'o' || place.front() == 'v') return take_version(place, value, read->named);
    return {};
  }

  static Damage named_by(const std::string& place) {
    const auto parsed = index_key::parse(place);
    if (!parsed) return {};
    return {.bucket = parsed->bucket, .key = parsed->key, .upload = parsed->upload, .part = parsed->part};
  }

  void take_contents(const Referrer& referrer) {
    std::uint64_t size = 0;
    for (const auto& content : referrer.contents) {
      size += content.size;
      std::uint64_t stored = 0;
      for (const auto& extent : content.extents) {
        stored += extent.length;
        take_extent(extent, referrer.named);
      }
      if (stored != (content.key.empty() ? content.size : encrypted_size(content.size)))
        add(fmt::format("{} bytes lie in stretches of {}", content.size, stored), referrer.named);
    }
    if (size != referrer.size)
      add(fmt::format("the record says {} bytes and refers to {}", referrer.size, size), referrer.named);
  }

  void take_extent(const Extent& extent, const Damage& named) {
    const auto found = files_.find(extent.file);
    if (found == files_.end()) return add_at("its data file is not in the index", named, extent);
    auto& file = found->second;
    file.live += extent.length;
    ++file.extents;
    if (file.vanished) return;
    if (!file.size) {
      add_at("its data file is not there", named, extent);
    } else if (extent.offset + extent.length > *file.size) {
      add_at(fmt::format("its data file ends at {} and not behind {}", *file.size, extent.offset + extent.length),
             named, extent);
    } else if (extent.offset + extent.length > file.record.end) {
      add_at("it lies behind the end that the index knows of its data file", named, extent);
    }
  }

  base::Status take_version(const std::string& place, std::string_view value, const Damage& named) {
    const bool is_current = place.front() == 'o';
    const auto parsed = index_key::parse(place);
    if (!parsed || parsed->bucket != named.bucket || parsed->key != named.key) {
      add("the record lies at a key that is not its own", named);
      return {};
    }
    if (!buckets_.contains(named.bucket)) add("the version lies in a bucket that is not there", named);
    const auto listed = decode_listed(value);
    if (!listed) return {};
    const auto sequence = listed->info.sequence;
    if (sequence > sequence_) add("the version is newer than the newest commit", named);
    if (is_current && listed->is_delete_marker) add("a delete marker stands in the place of the object", named);
    if (!is_current && index_key::sequence_of(place) != sequence)
      add("the record lies at a key that is not its own", named);
    // Versions of one key follow each other: once for each key.
    const auto key = index_key::versions(named.bucket, named.key);
    if (is_current || key == last_key_) return {};
    last_key_ = key;
    return check_newest(named);
  }

  /// The current object is newer than all others; without one a delete marker is the newest. Asks the index anew, as
  /// one moment of it must have both.
  base::Status check_newest(const Damage& named) {
    const auto space = index_key::versions(named.bucket, named.key);
    const auto look = state_.index->cursor();
    look->seek(space);
    TRY_VOID(look->status());
    if (!look->valid() || !look->key().starts_with(space)) return {};
    const auto newest = decode_listed(look->value());
    const auto place = index_key::object(named.bucket, named.key);
    look->seek(place);
    TRY_VOID(look->status());
    const bool has_current = look->valid() && look->key() == place;
    if (!newest) return {};
    if (!has_current) {
      if (!newest->is_delete_marker) add("the newest version is not the current one", named);
      return {};
    }
    const auto current = decode_listed(look->value());
    if (current && current->info.sequence <= newest->info.sequence)
      add("an older version stands in the place of the current one", named);
    return {};
  }

  base::Status take_event(const std::string& place, std::string_view value) {
    ++report_.events;
    const auto event = decode_event(value);
    const auto sequence = decode_number(std::string_view(place).substr(1));
    if (!event)
      add(fmt::format("the record of event {} cannot be read", sequence));
    else if (event->sequence != sequence || sequence > sequence_)
      add(fmt::format("event {} has the number of another", sequence), {.bucket = event->bucket, .key = event->key});
    return {};
  }

  template <class T>
  base::Status take_other(const base::Result<T>& decoded, std::string_view of) {
    if (!decoded) add(fmt::format("the record {} cannot be read", of));
    return {};
  }

  void compare_files() {
    for (const auto& [id, file] : files_)
      if (!file.vanished && file.live != file.record.live)
        add(fmt::format("{} bytes of a data file are in use and not the {} that the index counts", file.live,
                        file.record.live),
            {.file = state_.files.path_of(id)});
  }

  /// Batch by batch of files, so that memory is bounded: most have few extents.
  base::Status find_overlaps() {
    std::set<FileId> batch;
    std::size_t extents = 0;
    for (const auto& [id, file] : files_) {
      if (file.extents < 2) continue;
      if (extents + file.extents > kExtentsMax && !batch.empty()) {
        TRY_VOID(find_overlaps_in(batch));
        batch.clear();
        extents = 0;
      }
      batch.insert(id);
      extents += file.extents;
    }
    return batch.empty() ? base::Status{} : find_overlaps_in(batch);
  }

  base::Status find_overlaps_in(const std::set<FileId>& batch) {
    std::vector<Reference> references;
    TRY_VOID(each_reference([&](const Reference& reference, const Damage&) {
      if (batch.contains(reference.extent.file)) references.push_back(reference);
    }));
    std::ranges::sort(references, [](const Reference& a, const Reference& b) {
      return std::tie(a.extent.file, a.extent.offset, a.extent.length) <
             std::tie(b.extent.file, b.extent.offset, b.extent.length);
    });
    std::set<std::pair<FileId, std::uint64_t>> wrong;
    std::size_t furthest = 0;  // the one that reaches furthest so far
    for (std::size_t i = 1; i < references.size(); ++i) {
      const auto& before = references[furthest];
      const auto& here = references[i];
      const auto end = before.extent.offset + before.extent.length;
      const bool overlaps = here.extent.file == before.extent.file && here.extent.offset < end;
      if (overlaps && clash(before, here)) wrong.emplace(here.extent.file, here.extent.offset);
      if (!overlaps || here.extent.offset + here.extent.length > end) furthest = i;
    }
    if (wrong.empty()) return {};
    return each_reference([&](const Reference& reference, const Damage& named) {
      if (wrong.contains({reference.extent.file, reference.extent.offset}))
        add_at("its bytes overlap with those of another", named, reference.extent);
    });
  }

  template <class Take>
  base::Status each_reference(const Take& take) {
    for (const char space : index_key::kReferringSpaces)
      TRY_VOID(walk({&space, 1}, [&](auto& place, auto& value) -> base::Status {
        const auto referrer = read_referrer(place, value);
        if (referrer)
          for (const auto& reference : references_of(*referrer)) take(reference, referrer->named);
        return {};
      }));
    return {};
  }

  /// Of a store that is in use, files that nothing refers to are writes under way, or are still being read.
  base::Status find_unknown_files() {
    if (!state_.options.read_only) return {};
    for (const bool large : {false, true}) {
      TRY(const auto ids, state_.files.list(large));
      for (const auto id : ids)
        if (!files_.contains(id)) ++report_.unknown_files;
    }
    return {};
  }

  const StoreState& state_;
  const std::unique_ptr<IndexCursor> cursor_;
  CheckReport report_;
  std::uint64_t sequence_ = 0;
  std::set<std::string> buckets_, uploads_;
  std::map<FileId, KnownFile> files_;
  std::string last_key_;
};

}  // namespace

base::Result<CheckReport> ObjectStore::check() const { return Checker(*state_).run(); }

}  // namespace store
