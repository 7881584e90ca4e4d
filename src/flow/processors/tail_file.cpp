#include "flow/processors/tail_file.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <map>

#include "base/log.h"
#include "flow/content/lines.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/file_listing.h"
#include "flow/processors/os_file.h"
#include "flow/processors/tail_source.h"
#include "flow/processors/tail_state.h"

namespace flow {
namespace {

constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();

constexpr Allowed kModes[] = {{"Single file"}, {"Multiple files"}};
constexpr Allowed kStarts[] = {{"Beginning of Time"}, {"Beginning of File"}, {"Current Time"}};
constexpr Allowed kLocations[] = {{"Local"}, {"Remote"}};
constexpr Property kProperties[] = {
    {.name = "Base Directory",
     .old_name = "tail-base-directory",
     .help = "Where 'Multiple files' are",
     .scope = Scope::Environment},
    {.name = "Tailing Mode", .old_name = "tail-mode", .fallback = "Single file", .required = true, .allowed = kModes},
    {.name = "Files to Tail",
     .old_name = "File to Tail",
     .help = "The path of a file; for 'Multiple files' a Java pattern of paths below the base directory",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Rolling Filename Pattern",
     .help =
         "Names that the file gets when it is rolled over, with * and ?; ${filename} is its name without extension"},
    {.name = "Post-Rollover Tail Period",
     .help = "How long a file is read on after it was rolled over, when nothing is written to it any more",
     .fallback = "0 sec",
     .kind = Property::Kind::Duration},
    {.name = "State Location",
     .old_name = "File Location",
     .help = "One node: no difference",
     .fallback = "Local",
     .required = true,
     .allowed = kLocations},
    {.name = "Initial Start Position",
     .help = "Where to begin in a file that was not read before: with the files that were rolled over, with its "
             "beginning, or with what is written from now on",
     .fallback = "Beginning of File",
     .required = true,
     .allowed = kStarts},
    {.name = "Recursive Lookup",
     .old_name = "tailfile-recursive-lookup",
     .help = "Also below the directories in the base directory",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Lookup Frequency",
     .old_name = "tailfile-lookup-frequency",
     .help = "How often to look which files there are",
     .fallback = "10 minutes",
     .kind = Property::Kind::Duration},
    {.name = "Maximum Age",
     .old_name = "tailfile-maximum-age",
     .help = "Files that were not changed for longer are left out",
     .fallback = "24 hours",
     .kind = Property::Kind::Duration},
    {.name = "Reread on NUL Encountered",
     .old_name = "reread-on-nul",
     .help = "A zero byte is something that is not written yet",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Line Start Pattern",
     .help = "Java pattern with which a message begins; lines that do not belong to the one before",
     .kind = Property::Kind::Pattern},
    {.name = "Max Buffer Size",
     .help = "Of a message that waits for the beginning of the next",
     .fallback = "64 KB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Preallocated Buffer Size",
     .old_name = "pre-allocated-buffer-size",
     .fallback = "65536 B",
     .required = true,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}};

class TailFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    several_ = configuration.text("Tailing Mode") == "Multiple files";
    files_ = configuration.text_or("Files to Tail", "");
    directory_ = configuration.text_or("Base Directory", "");
    rolled_ = configuration.text_or("Rolling Filename Pattern", "");
    period_ = configuration.duration("Post-Rollover Tail Period").value_or(std::chrono::nanoseconds{0});
    start_ = configuration.text_or("Initial Start Position", "");
    frequency_ = configuration.duration("Lookup Frequency").value_or(std::chrono::minutes{10});
    wish_.recurse = configuration.flag("Recursive Lookup");
    wish_.ignore_hidden = false;
    wish_.age_max = configuration.duration("Maximum Age");
    nul_ends_ = configuration.flag("Reread on NUL Encountered");
    buffer_max_ = configuration.size("Max Buffer Size").value_or(64 << 10);
    if (const auto pattern = configuration.text("Line Start Pattern"); pattern && !pattern->empty()) {
      if (several_)
        return in_property(configuration, "Line Start Pattern", "is only for the tailing mode 'Single file'");
      TRY(line_start_, el::Pattern::compile("\\A(?:" + *pattern + ")"));
    }
    if (several_ && directory_.empty())
      return in_property(configuration, "Base Directory", "is required for the tailing mode 'Multiple files'");
    if (several_) {
      auto pattern = el::Pattern::compile(files_);
      if (!pattern) return in_property(configuration, "Files to Tail", pattern.error());
      files_pattern_ = std::move(*pattern);
    }
    return {};
  }

  base::Status trigger(const Configuration&, const Services& services, Session& session) override {
    now_ = services.wall_clock.now();
    TRY_VOID(look_up());
    auto positions = tail_positions_from(session.state());
    std::erase_if(positions, [&](const auto& entry) { return std::ranges::count(paths_, entry.first) == 0; });
    bool found = false;
    for (const auto& path : paths_) {
      auto stored = positions.find(path);
      std::optional<TailPosition> position;
      if (stored != positions.end()) position = stored->second;
      auto next = tail(session, path, position, found);
      if (!next && next.error().kind != base::ErrorKind::NotFound && next.error().kind != base::ErrorKind::Denied)
        return std::move(next).failure();
      if (!next) {  // perhaps it will be there
        LOG_DEBUG("flow.tail_waits error=\"{}\"", next.error().message);
        continue;
      }
      positions[path] = *next;
    }
    if (auto state = to_state(positions); state != session.state()) session.set_state(std::move(state));
    if (!found) session.yield();
    return {};
  }

  void stopped() override {
    open_.clear();
    looked_up_.reset();
  }

 private:
  base::Status look_up() {
    if (!several_) {
      paths_ = {files_};
      return {};
    }
    if (looked_up_ && now_ - *looked_up_ < frequency_) return {};
    looked_up_ = now_;
    TRY(const auto found, list_files(directory_, wish_, now_));
    paths_.clear();
    for (const auto& file : found) {
      TRY(const bool wanted,
          files_pattern_->matches(file.relative.empty() ? file.name : file.relative + "/" + file.name));
      if (wanted) paths_.push_back(file.path());
    }
    return {};
  }

  struct Rolled {
    std::string path;
    std::int64_t modified_ms = 0;
  };
  /// Files that were rolled over and changed since, oldest first.
  base::Result<std::vector<Rolled>> rolled_files(const std::string& path, std::int64_t since_ms) const {
    std::vector<Rolled> found;
    if (rolled_.empty()) return found;
    auto pattern = rolled_;
    const auto name = name_of(path);
    constexpr std::string_view kName = "${filename}";
    for (auto at = pattern.find(kName); at != std::string::npos; at = pattern.find(kName))
      pattern.replace(at, kName.size(), name.substr(0, name.rfind('.')));
    const auto directory = std::filesystem::path(path).parent_path().string();
    TRY(const auto files,
        list_files(directory.empty() ? "." : directory, {.recurse = false, .ignore_hidden = false}, now_));
    for (const auto& file : files)
      if (file.name != name && file.modified_ms >= since_ms && ::fnmatch(pattern.c_str(), file.name.c_str(), 0) == 0)
        found.push_back({file.path(), file.modified_ms});
    std::ranges::sort(found, {}, [](const Rolled& file) { return std::tie(file.modified_ms, file.path); });
    return found;
  }

  base::Result<TailPosition> tail(Session& session, const std::string& path, std::optional<TailPosition> stored,
                                  bool& found) {
    TailPosition position;
    bool rolled_over = false;
    if (!stored) {
      TRY(position, first_position(session, path, found));
    } else {
      position = *stored;
      TRY(rolled_over, read_rolled(session, path, position, found));
      if (rolled_over && period_.count() > 0) return position;  // the new file has its turn when the old one is done
    }
    TRY(auto* open, current(session, path, position, rolled_over, found));
    TRY(const auto end, last_end(open->file, path, position.position, open->size()));
    if (end == position.position) return position;
    const auto from = position.position;
    TRY_VOID(emit(session, open->file, path, path, position, end, stretch_name(path, from, end)));
    position.timestamp_ms = std::max(position.timestamp_ms, ms_of(open->status));
    position.length = open->size();
    found = true;
    return position;
  }

  base::Result<TailPosition> first_position(Session& session, const std::string& path, bool& found) {
    TailPosition position;
    TRY(const auto rolled, rolled_files(path, 0));
    for (const auto& file : rolled) {
      if (start_ == "Beginning of Time") TRY_VOID(read_whole(session, path, file, found));
      position.timestamp_ms = file.modified_ms + 1;  // done, or not wanted
    }
    if (start_ != "Current Time") return position;
    TRY(const auto open, open_file(path));
    FileSource source(open.file, path, 0, open.size());
    TRY(position.checksum, checksum_of(source));
    position.position = position.length = open.size();
    position.timestamp_ms = std::max(position.timestamp_ms, ms_of(open.status) + 1);
    return position;
  }

  /// True when the file was rolled over since.
  base::Result<bool> read_rolled(Session& session, const std::string& path, TailPosition& position, bool& found) {
    TRY(auto rolled, rolled_files(path, position.timestamp_ms));
    if (rolled.empty()) return false;
    const auto age = now_ - base::Instant{rolled.front().modified_ms * 1'000'000};
    const bool still_written = period_.count() > 0 && age < period_;
    TRY(const bool same, read_rest(session, path, rolled.front(), position, still_written, found));
    if (same && still_written) return true;
    if (same) rolled.erase(rolled.begin());
    for (const auto& file : rolled) {
      TRY_VOID(read_whole(session, path, file, found));
      position = {.timestamp_ms = file.modified_ms + 1};
    }
    return true;
  }

  /// Reads on in a file that was rolled over, when it is the one that was read before; else answers false.
  base::Result<bool> read_rest(Session& session, const std::string& path, const Rolled& rolled, TailPosition& position,
                               bool still_written, bool& found) {
    if (!position.checksum) return false;
    TRY(const auto open, open_file(rolled.path));
    if (open.size() < position.position) return false;
    FileSource before(open.file, rolled.path, 0, position.position);
    TRY(const auto checksum, checksum_of(before));
    if (checksum != *position.checksum) return false;
    auto end = open.size();  // also a last line without its end
    if (still_written) {
      TRY(end, last_end(open.file, rolled.path, position.position, open.size()));
    }
    if (end > position.position) {
      TRY_VOID(emit(session, open.file, rolled.path, path, position, end, name_of(rolled.path)));
      found = true;
    }
    if (still_written) {
      position.timestamp_ms = rolled.modified_ms;
      position.length = open.size();
      position.tails_rolled = true;
    } else {
      position = {.timestamp_ms = rolled.modified_ms + 1};
    }
    return true;
  }

  base::Status read_whole(Session& session, const std::string& path, const Rolled& rolled, bool& found) {
    TRY(const auto open, open_file(rolled.path));
    TailPosition none;
    if (open.size() == 0) return {};
    TRY_VOID(emit(session, open.file, rolled.path, path, none, open.size(), name_of(rolled.path)));
    found = true;
    return {};
  }

  /// The file itself, open; the position is 0 when it is another file than before.
  base::Result<OpenFile*> current(Session& session, const std::string& path, TailPosition& position, bool rolled_over,
                                  bool& found) {
    struct stat named{};
    if (::stat(path.c_str(), &named) != 0) return file_error("open", path, errno);
    const auto size = static_cast<std::uint64_t>(named.st_size);
    auto& open = open_[path];
    bool anew = rolled_over;
    if (open.file && ::fstat(open.file.get(), &open.status) == 0) {
      const bool other = open.status.st_ino != named.st_ino || open.status.st_dev != named.st_dev;
      if (other && !anew && rolled_.empty() && open.size() > position.position) {
        // Renamed while it had something left, to a name that nobody looks for.
        const auto from = position.position, end = open.size();
        TRY_VOID(emit(session, open.file, path, path, position, end, stretch_name(path, from, end)));
        found = true;
      }
      anew = anew || other || size < position.position;
    } else if (!anew && position.position > 0) {
      // After a start: is it the same file?
      TRY(open, open_file(path));
      anew = open.size() < position.position;
      if (!anew && position.checksum) {
        FileSource source(open.file, path, 0, position.position);
        TRY(const auto checksum, checksum_of(source));
        anew = checksum != *position.checksum;
      }
    }
    if (anew || !open.file) {
      TRY(open, open_file(path));
    }
    if (anew) {
      position.position = 0;
      position.checksum.reset();
      position.tails_rolled = false;
    }
    return &open;
  }

  /// Where the last line ends that may be read now.
  base::Result<std::uint64_t> last_end(const Descriptor& file, const std::string& path, std::uint64_t from,
                                       std::uint64_t to) const {
    FileSource source(file, path, from, to);
    if (line_start_) return last_message_end(source, from);
    auto end = from, at = from;
    bool after_return = false;
    for (;;) {
      TRY(const auto bytes, source.next());
      if (bytes.empty()) return end;
      for (const char c : bytes) {
        if (c == '\0' && nul_ends_) return end;
        if (after_return && c != '\n') end = at;
        ++at;
        if (c == '\n') end = at;
        after_return = c == '\r';
      }
    }
  }

  /// Where the last message begins, which may go on.
  base::Result<std::uint64_t> last_message_end(ByteSource& source, std::uint64_t from) const {
    LineReader reader(source, kAll);
    auto end = from, at = from;
    for (;;) {
      TRY(const auto line, reader.next());
      if (!line || line_ending(*line).empty()) return end;
      if (nul_ends_ && line->find('\0') != std::string_view::npos) return end;
      TRY(const bool begins, line_start_->find(*line));
      if (begins || at - end >= buffer_max_) end = at;
      at += line->size();
    }
  }

  static base::Status emit(Session& session, const Descriptor& file, const std::string& read_path,
                           const std::string& path, TailPosition& position, std::uint64_t end, std::string name) {
    FileSource source(file, read_path, position.position, end);
    TRY(auto writer, session.begin_write());
    TRY(position.checksum, checksum_of(source, position.checksum.value_or(0), &writer));
    session.count_bytes_in(end - position.position);
    const auto start = std::exchange(position.position, end);
    auto& created = session.create();
    session.set_content(created, writer.finish());
    session.put_attribute(created, "filename", std::move(name));
    session.put_attribute(created, "mime.type", "text/plain");
    session.put_attribute(created, "tailfile.original.path", path);
    session.report(EventType::Receive, created,
                   {.uri = file_uri(path), .details = fmt::format("Bytes {} to {} of the file", start, end)});
    session.transfer(created, "success");
    return {};
  }

  bool several_ = false;
  std::string files_, directory_, rolled_, start_;
  std::optional<el::Pattern> files_pattern_, line_start_;
  std::chrono::nanoseconds period_{0}, frequency_{0};
  FileWish wish_;
  bool nul_ends_ = false;
  std::uint64_t buffer_max_ = 0;

  base::Instant now_;  // of this trigger
  std::vector<std::string> paths_;
  std::optional<base::Instant> looked_up_;
  std::map<std::string, OpenFile> open_;
};

}  // namespace

const Description kTailFile{
    .type = "org.apache.nifi.processors.standard.TailFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Reads what is written to files, line by line, also over their roll-over.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .default_period = "30 sec",
    .make = [] { return std::unique_ptr<Processor>(new TailFile); },
};

}  // namespace flow
