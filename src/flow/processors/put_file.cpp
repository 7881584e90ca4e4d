#include "flow/processors/put_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/file_listing.h"
#include "flow/processors/os_file.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

constexpr Allowed kConflicts[] = {{"replace"}, {"ignore"}, {"fail"}};
constexpr Property kProperties[] = {
    {.name = "Directory", .help = "Where files are written", .required = true, .scope = Scope::FlowFile},
    {.name = "Conflict Resolution Strategy",
     .help =
         "When a file of that name is there: put the new one in its place, keep it, or send the flowfile to failure",
     .fallback = "fail",
     .required = true,
     .allowed = kConflicts},
    {.name = "Create Missing Directories",
     .help = "Else a missing directory is a failure",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Maximum File Count",
     .help = "A directory with as many other files takes no more",
     .kind = Property::Kind::Integer},
    {.name = "Last Modified Time", .help = "yyyy-MM-dd'T'HH:mm:ssZ", .scope = Scope::FlowFile},
    {.name = "Permissions", .help = "rw-r--r-- or 644", .scope = Scope::FlowFile},
    {.name = "Owner",
     .help = "Name of a user; the program must be allowed to give files away",
     .scope = Scope::FlowFile},
    {.name = "Group", .help = "Name of a group", .scope = Scope::FlowFile},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

/// Who may read or write in a directory must be able to go into it.
mode_t for_directory(mode_t mode) {
  for (const unsigned shift : {0U, 3U, 6U})
    if ((mode >> shift & 6U) != 0) mode |= 1U << shift;
  return mode;
}

std::optional<uid_t> find_user(const std::string& name) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->pw_uid;
}

std::optional<gid_t> find_group(const std::string& name) {
  std::array<char, 16384> buffer{};
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->gr_gid;
}

std::uint64_t count_others(const std::string& directory, const std::string& name) {
  std::uint64_t count = 0;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (at->path().filename() != name) ++count;
  return count;
}

/// What the properties say for one flowfile.
struct Wish {
  std::string directory;
  std::string name;
  std::string modified, permissions, owner, group;

  std::string path() const { return directory + "/" + name; }
  std::string hidden_path() const { return directory + "/." + name; }

  static base::Result<Wish> make(const Configuration& configuration, const Session& session, const FlowFile& file) {
    Wish wish{.name = file.attribute("filename")};
    TRY(const auto directory, configuration.evaluate_or("Directory", session, file, ""));
    TRY(wish.modified, configuration.evaluate_or("Last Modified Time", session, file, ""));
    TRY(wish.permissions, configuration.evaluate_or("Permissions", session, file, ""));
    TRY(wish.owner, configuration.evaluate_or("Owner", session, file, ""));
    TRY(wish.group, configuration.evaluate_or("Group", session, file, ""));
    if (directory.empty()) return base::fail(base::ErrorKind::InvalidValue, "'Directory' is empty");
    if (wish.name.empty() || wish.name == "." || wish.name == ".." || wish.name.find('/') != std::string::npos)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the attribute filename is not the name of a file: '{}'", wish.name));
    wish.directory = absolute_directory(directory);
    return wish;
  }
};

void warn(std::string_view what, const std::string& value, int number) {
  LOG_WARN("flow.file_property_not_set what=\"{}\" value=\"{}\" error=\"{}\"", what, value,
           number == 0 ? "it is not valid" : std::strerror(number));
}

/// As NiFi: what cannot be set is said in the log, the file is there all the same.
void set_owner(const std::string& path, const Wish& wish) {
  if (!wish.owner.empty()) {
    const auto user = find_user(wish.owner);
    if (!user || ::chown(path.c_str(), *user, static_cast<gid_t>(-1)) != 0) warn("owner", wish.owner, user ? errno : 0);
  }
  if (!wish.group.empty()) {
    const auto group = find_group(wish.group);
    if (!group || ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
      warn("group", wish.group, group ? errno : 0);
  }
}

void set_properties(const Descriptor& file, const Wish& wish) {
  if (!wish.modified.empty()) {
    const auto time = parse_file_time(wish.modified);
    const timespec times[2] = {{0, UTIME_OMIT}, {time.value_or(0), 0}};
    if (!time || ::futimens(file.get(), times) != 0) warn("last modified time", wish.modified, time ? errno : 0);
  }
  if (!wish.permissions.empty()) {
    const auto mode = parse_permissions(wish.permissions);
    if (!mode || ::fchmod(file.get(), *mode) != 0) warn("permissions", wish.permissions, mode ? errno : 0);
  }
}

base::Status make_directories(const Wish& wish) {
  std::vector<std::string> missing;
  std::error_code error;
  for (fs::path at = wish.directory; !fs::exists(at, error); at = at.parent_path()) missing.push_back(at.string());
  const auto mode = parse_permissions(wish.permissions);
  if (!wish.permissions.empty() && !mode)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' are no permissions", wish.permissions));
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    if (::mkdir(path->c_str(), mode ? for_directory(*mode) : 0777) != 0 && errno != EEXIST)
      return file_error("make the directory of", wish.path(), errno);
    set_owner(*path, wish);
  }
  return {};
}

base::Status sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return file_error("make durable", path, errno);
  return {};
}

class PutFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    const auto permissions = configuration.text("Permissions");
    if (permissions && !permissions->empty() && !parse_permissions(*permissions))
      return in_property(configuration, "Permissions",
                         fmt::format("'{}' is neither like rw-r--r-- nor like 644", *permissions));
    conflict_ = configuration.text_or("Conflict Resolution Strategy", "fail");
    makes_directories_ = configuration.flag("Create Missing Directories");
    if (configuration.text("Maximum File Count")) files_max_ = configuration.integer_or("Maximum File Count", 0);
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    if (const auto put = write(configuration, session, *file); !put) {
      send_penalised_to_failure(configuration, session, *file, put.error().message);
      return {};
    }
    session.transfer(*file, "success");
    return {};
  }

 private:
  base::Status write(const Configuration& configuration, Session& session, const FlowFile& file) const {
    TRY(const auto wish, Wish::make(configuration, session, file));
    std::error_code error;
    if (!fs::exists(wish.directory, error)) {
      if (!makes_directories_)
        return base::fail(base::ErrorKind::NotFound, fmt::format("there is no directory {}", wish.directory));
      TRY_VOID(make_directories(wish));
    }
    if (files_max_ && count_others(wish.directory, wish.name) >= *files_max_)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("'Maximum File Count' is reached in {}", wish.directory));
    if (fs::exists(wish.path(), error)) {
      if (conflict_ == "ignore") return {};
      if (conflict_ == "fail")
        return base::fail(base::ErrorKind::AlreadyExists, fmt::format("there is a file {} already", wish.path()));
    }
    auto outcome = write_hidden(session, file, wish);
    if (outcome && ::rename(wish.hidden_path().c_str(), wish.path().c_str()) != 0)
      outcome = file_error("rename", wish.hidden_path(), errno);
    if (!outcome) ::unlink(wish.hidden_path().c_str());
    // The flowfile is forgotten once this is done, so the file must outlive a power cut.
    if (outcome) outcome = sync_directory(wish.directory);
    if (outcome) session.report(EventType::Send, file, {.uri = file_uri(wish.path())});
    return outcome;
  }

  /// Under a name that listings skip, so that nobody takes half a file.
  static base::Status write_hidden(Session& session, const FlowFile& file, const Wish& wish) {
    const auto path = wish.hidden_path();
    const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!out) return file_error("write", path, errno);
    auto reader = session.read(file);
    for (;;) {
      TRY(const auto bytes, reader.next());
      if (bytes.empty()) break;
      TRY_VOID(write_all(out, bytes, path));
    }
    if (::fsync(out.get()) != 0) return file_error("make durable", path, errno);
    set_properties(out, wish);
    set_owner(path, wish);
    return {};
  }

  std::string conflict_;
  bool makes_directories_ = true;
  std::optional<std::uint64_t> files_max_;
};

}  // namespace

const Description kPutFile{
    .type = "org.apache.nifi.processors.standard.PutFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Writes the content of flowfiles into files.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new PutFile); },
};

}  // namespace flow
