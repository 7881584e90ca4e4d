#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/engine/session.h"

namespace flow {

/// FlowFiles that wait to be merged, in a session of their own: as long as it is not committed they belong to their
/// queue, and are back there after a crash.
struct Bin {
  std::unique_ptr<Session> session;
  std::vector<FlowFile*> files;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;  // flowfiles, or what Options::weigh counts
  base::Instant made;
  std::string reason;  // of completion, as in the attribute merge.reason; empty: still open

  std::uint64_t entries_min = 0, entries_max = 0;
  std::set<std::string> fragments;  // their indexes, when it is to be defragmented
  int refused = 0;                  // since it last took a flowfile
  bool terminated = false;
};

/// Packs flowfiles into bins and says which bins are complete; shared by processors that merge. Thread-safe.
class Bins {
 public:
  enum class Insertion { LastInBin, FirstInNewBin, Isolated };
  struct Options {
    std::uint64_t entries_min = 1;
    std::uint64_t entries_max = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t bytes_min = 0;
    std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max();
    std::optional<std::chrono::nanoseconds> age_max = {};
    std::size_t bins_max = 5;
    bool defragments = false;  // fragment.count says how many make a bin, each index comes once
    Insertion insertion = Insertion::LastInBin;
    /// What counts as entries: flowfiles, by default. Limits are then soft: the flowfile that reaches one still fits.
    std::function<std::uint64_t(const FlowFile&)> weigh = {};
  };
  /// Polls flowfiles and puts them into bins; `group` says which go together, `ends_bin` which of them complete one.
  /// Answers with the bins that are complete now, for the caller to commit or roll back.
  using Group = std::function<base::Result<std::string>(const FlowFile&)>;
  using EndsBin = std::function<base::Result<bool>(const FlowFile&)>;
  base::Result<std::vector<Bin>> pack(Session& session, base::Instant now, const Group& group, const EndsBin& ends_bin);

  void configure(Options options) { options_ = options; }
  /// Gives back what the bins hold.
  void clear();

 private:
  bool offer(Bin& bin, Session& session, FlowFile& file) const;
  Bin make(Session& session, base::Instant now) const;
  base::Result<bool> place(Session& session, base::Instant now, const std::string& group, FlowFile& file, bool ends,
                           std::vector<Bin>& ready);
  bool is_enough(const Bin& bin) const;
  bool is_full(const Bin& bin) const;
  std::string reason_of(const Bin& bin) const;
  std::size_t count() const;

  Options options_;
  std::mutex bins_mutex_;
  std::map<std::string, std::vector<Bin>> bins_;  // by group
};

}  // namespace flow
