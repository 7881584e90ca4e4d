#include <algorithm>
#include <set>

#include "store/state.h"

namespace store {
namespace {

constexpr std::size_t kBatchBytes = 4 << 20;

bool is_part(std::string_view place) { return place.front() == 'p'; }

base::Result<std::string> with_contents(std::string_view place, std::string_view value, std::vector<Content> contents) {
  if (is_part(place)) {
    TRY(auto part, decode_part(value));
    part.contents = std::move(contents);
    return encode(part);
  }
  TRY(auto object, decode_object(value));
  object.contents = std::move(contents);
  return encode(object);
}

/// Segments of which more than half is dead, the emptiest first; those without anything live go at once.
base::Result<std::vector<FileId>> choose_segments(StoreState& state, CompactionReport& report) {
  std::vector<std::pair<std::uint64_t, FileId>> found;
  TRY_VOID(state.run([&](Transaction& transaction) -> base::Status {
    TRY(const auto entries, transaction.scan(std::string(index_key::kFiles)));
    for (const auto& [key, value] : entries) {
      const FileId id{decode_number(std::string_view(key).substr(1))};
      if (id.is_large() || id == transaction.active()) continue;
      TRY(const auto record, decode_file(value));
      if (record.live == 0) {
        transaction.forget_file(id);
        ++report.files;
        report.freed_bytes += record.end;
      } else if (record.live * 2 < record.end) {
        found.emplace_back(record.live, id);
      }
    }
    return {};
  }));
  std::ranges::sort(found);
  std::vector<FileId> ids;
  for (const auto& [live, id] : found) ids.push_back(id);
  return ids;
}

/// Where a stretch lay, and where it lies in the batch's bytes.
struct Piece {
  Extent from;
  std::uint64_t at = 0;
};

/// Live stretches on their way into the active segment, one commit for many.
class Mover {
 public:
  Mover(StoreState& state, std::set<FileId> segments, CompactionReport& report)
      : state_(state), segments_(std::move(segments)), report_(report) {}

  bool concerns(const std::vector<Content>& contents) const {
    const auto extents = extents_of(contents);
    return std::ranges::any_of(extents, [&](const Extent& extent) { return segments_.contains(extent.file); });
  }

  base::Status take(std::string place, const std::vector<Content>& contents) {
    Move move{.place = std::move(place)};
    for (const auto& extent : extents_of(contents)) {
      if (!segments_.contains(extent.file)) continue;
      TRY(const auto file, state_.files.reading(extent.file));
      std::string bytes(extent.length, '\0');
      TRY(const auto read, file->read_at(extent.offset, bytes));
      if (read != bytes.size())
        return base::fail(base::ErrorKind::Internal, "a segment is shorter than its index says");
      move.pieces.push_back({extent, bytes_.size()});
      bytes_ += bytes;
    }
    moves_.push_back(std::move(move));
    return bytes_.size() >= kBatchBytes ? flush() : base::Status{};
  }

  base::Status flush() {
    if (moves_.empty()) return {};
    Operation operation{.small_bytes = bytes_};
    operation.apply = [&](Transaction& transaction) -> base::Status {
      for (const auto& move : moves_) TRY_VOID(apply(transaction, move, *operation.extent));
      return {};
    };
    TRY_VOID(state_.committer->run(operation));
    report_.moved_bytes += bytes_.size();
    bytes_.clear();
    moves_.clear();
    return {};
  }

 private:
  struct Move {
    std::string place;  // of the record in the index
    std::vector<Piece> pieces;
  };

  /// What was changed or removed meanwhile stays as it is: its old stretches lost their references with it.
  static base::Status apply(Transaction& transaction, const Move& move, const Extent& batch) {
    TRY(const auto value, transaction.get(move.place));
    if (!value) return {};
    TRY(auto contents, decode_contents(move.place, *value));
    std::vector<Extent> old, fresh;
    for (auto& content : contents)
      for (auto& extent : content.extents) {
        const auto piece = std::ranges::find(move.pieces, extent, &Piece::from);
        if (piece == move.pieces.end()) continue;
        old.push_back(extent);
        extent = {batch.file, batch.offset + piece->at, extent.length};
        fresh.push_back(extent);
      }
    if (fresh.empty()) return {};
    TRY(auto changed, with_contents(move.place, *value, std::move(contents)));
    TRY_VOID(transaction.add_references(fresh));
    TRY_VOID(transaction.drop_references(old));
    transaction.put(move.place, std::move(changed));
    return {};
  }

  StoreState& state_;
  const std::set<FileId> segments_;
  CompactionReport& report_;
  std::string bytes_;
  std::vector<Move> moves_;
};

}  // namespace

base::Result<CompactionReport> ObjectStore::compact(std::uint64_t bytes_max) {
  CompactionReport report;
  TRY(const auto chosen, choose_segments(*state_, report));
  TRY(const auto files, usage_by_file(*state_));
  std::vector<FileId> segments;
  std::uint64_t bytes = 0;
  for (const auto id : chosen) {
    const auto record = files.find(id);
    if (record == files.end()) continue;
    if (!segments.empty() && bytes + record->second.live > bytes_max) break;
    bytes += record->second.live;
    report.freed_bytes += record->second.end - record->second.live;
    segments.push_back(id);
  }
  if (segments.empty()) return report;
  report.files += segments.size();
  const FilePin pin(state_->files, segments);  // they stay readable until all is moved
  Mover mover(*state_, {segments.begin(), segments.end()}, report);
  const auto cursor = state_->index->cursor();
  for (const char space : index_key::kReferringSpaces)
    for (cursor->seek({&space, 1}); cursor->valid() && cursor->key().front() == space; cursor->next()) {
      TRY(const auto contents, decode_contents(cursor->key(), cursor->value()));
      if (mover.concerns(contents)) TRY_VOID(mover.take(std::string(cursor->key()), contents));
    }
  TRY_VOID(cursor->status());
  TRY_VOID(mover.flush());
  return report;
}

}  // namespace store
