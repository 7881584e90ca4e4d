#include "flow/processors/file_listing.h"

#include <dirent.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <tuple>

namespace flow {
namespace {

std::int64_t ms_of(const timespec& time) { return time.tv_sec * 1000 + time.tv_nsec / 1'000'000; }

class Names {
 public:
  std::string user(uid_t id) {
    auto& name = users_[id];
    if (!name.empty()) return name;
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    name = getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr ? found->pw_name
                                                                                                 : std::to_string(id);
    return name;
  }
  std::string group(gid_t id) {
    auto& name = groups_[id];
    if (!name.empty()) return name;
    std::array<char, 16384> buffer{};
    ::group entry{};
    ::group* found = nullptr;
    name = getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr ? found->gr_name
                                                                                                 : std::to_string(id);
    return name;
  }

 private:
  std::map<uid_t, std::string> users_;
  std::map<gid_t, std::string> groups_;
};

class Walk {
 public:
  Walk(const FileWish& wish, base::Instant wall_now, const std::function<bool(const FoundFile&)>& accept)
      : wish_(wish), now_ms_(wall_now.ns / 1'000'000), accept_(accept) {}

  base::Status into(const std::string& directory, const std::string& relative) {
    const bool asked = wish_.path && (!relative.empty() || wish_.path_of_top);
    const auto wanted = asked ? wish_.path->matches(relative) : base::Result<bool>(!wish_.path);
    if (!wanted) return base::fail(wanted.error());
    struct Close {
      void operator()(DIR* open) const { ::closedir(open); }
    };
    const std::unique_ptr<DIR, Close> open(::opendir(directory.c_str()));
    if (open == nullptr) return cannot(directory, errno);
    std::vector<std::string> directories;
    while (const auto* entry = ::readdir(open.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (wish_.ignore_hidden && name.starts_with('.')) continue;
      struct stat status{};
      if (::stat((directory + "/" + std::string(name)).c_str(), &status) != 0) continue;  // gone meanwhile
      if (S_ISDIR(status.st_mode)) directories.emplace_back(name);
      if (S_ISREG(status.st_mode) && *wanted) TRY_VOID(consider(directory, relative, name, status));
    }
    std::ranges::sort(directories);
    if (!wish_.recurse) return {};
    for (const auto& name : directories) {
      const auto below = into(directory + "/" + name, relative.empty() ? name : relative + "/" + name);
      // One directory that cannot be read does not hide the others.
      if (!below && below.error().kind != base::ErrorKind::NotFound && below.error().kind != base::ErrorKind::Denied)
        return below;
    }
    return {};
  }
  std::vector<FoundFile> take() {
    std::ranges::sort(found_, {}, [](const FoundFile& file) { return std::tie(file.directory, file.name); });
    return std::move(found_);
  }

 private:
  static base::Failure<base::Error> cannot(const std::string& directory, int number) {
    const auto kind = number == ENOENT || number == ENOTDIR ? base::ErrorKind::NotFound
                      : number == EACCES                    ? base::ErrorKind::Denied
                                                            : base::ErrorKind::InvalidValue;
    return base::fail(kind, fmt::format("cannot list the directory {}: {}", directory, std::strerror(number)));
  }

  base::Status consider(const std::string& directory, const std::string& relative, std::string_view name,
                        const struct stat& status) {
    FoundFile file{.name = std::string(name),
                   .directory = directory,
                   .relative = relative,
                   .size = static_cast<std::uint64_t>(status.st_size),
                   .modified_ms = ms_of(status.st_mtim),
                   .accessed_ms = ms_of(status.st_atim)};
    const auto age = std::chrono::milliseconds{now_ms_ - file.modified_ms};
    if (file.size < wish_.size_min || (wish_.size_max && file.size > *wish_.size_max)) return {};
    if (age < wish_.age_min || (wish_.age_max && age > *wish_.age_max)) return {};
    if (wish_.name) {
      TRY(const bool fits, wish_.name->matches(name));
      if (!fits) return {};
    }
    if (accept_ && !accept_(file)) return {};
    file.owner = names_.user(status.st_uid);
    file.group = names_.group(status.st_gid);
    file.permissions = permissions_text(status.st_mode);
    found_.push_back(std::move(file));
    return {};
  }

  const FileWish& wish_;
  const std::int64_t now_ms_;
  const std::function<bool(const FoundFile&)>& accept_;
  Names names_;
  std::vector<FoundFile> found_;
};

}  // namespace

base::Result<FileWish> FileWish::from(const Configuration& configuration) {
  FileWish wish;
  TRY(wish.name, el::Pattern::compile(configuration.text_or("File Filter", ".*")));
  wish.recurse = configuration.flag("Recurse Subdirectories");
  // What is not below is chosen by its name alone.
  if (const auto path = configuration.text("Path Filter"); wish.recurse && path && !path->empty()) {
    TRY(wish.path, el::Pattern::compile(*path));
  }
  wish.ignore_hidden = configuration.flag("Ignore Hidden Files");
  wish.age_min = configuration.duration("Minimum File Age").value_or(std::chrono::nanoseconds{0});
  wish.age_max = configuration.duration("Maximum File Age");
  wish.size_min = configuration.size("Minimum File Size").value_or(0);
  wish.size_max = configuration.size("Maximum File Size");
  return wish;
}

base::Result<std::vector<FoundFile>> list_files(const std::string& directory, const FileWish& wish,
                                                base::Instant wall_now,
                                                const std::function<bool(const FoundFile&)>& accept) {
  Walk walk(wish, wall_now, accept);
  TRY_VOID(walk.into(absolute_directory(directory), ""));
  return walk.take();
}

std::string absolute_directory(const std::string& directory) {
  std::error_code error;
  auto path = std::filesystem::absolute(directory, error).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string file_time_text(std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{ms}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+0000", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), seconds / 3600,
                     seconds / 60 % 60, seconds % 60);
}

std::optional<std::int64_t> parse_file_time(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S%z", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const auto offset = parts.tm_gmtoff;
  return ::timegm(&parts) - offset;
}

std::string permissions_text(mode_t mode) {
  std::string text;
  constexpr std::string_view kLetters = "rwxrwxrwx";
  for (unsigned bit = 0; bit < 9; ++bit) text += (mode & (0400U >> bit)) != 0 ? kLetters[bit] : '-';
  return text;
}

std::optional<mode_t> parse_permissions(std::string_view text) {
  mode_t mode = 0;
  if (text.size() == 3 && text.find_first_not_of("01234567") == std::string_view::npos) {
    for (const char c : text) mode = mode * 8 + static_cast<mode_t>(c - '0');
    return mode;
  }
  constexpr std::string_view kLetters = "rwxrwxrwx";
  if (text.size() != kLetters.size()) return std::nullopt;
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    if (text[i] != kLetters[i] && text[i] != '-') return std::nullopt;
    mode = mode * 2 + (text[i] == '-' ? 0 : 1);
  }
  return mode;
}

void put_file_attributes(FlowFile& file, const FoundFile& found, std::string_view top_path, bool details) {
  file.attributes["filename"] = found.name;
  file.attributes["path"] = found.relative.empty() ? std::string(top_path) : found.relative + "/";
  file.attributes["absolute.path"] = found.directory + "/";
  file.attributes["file.lastModifiedTime"] = file_time_text(found.modified_ms);
  if (!details) return;
  file.attributes["file.owner"] = found.owner;
  file.attributes["file.group"] = found.group;
  file.attributes["file.permissions"] = found.permissions;
  file.attributes["file.lastAccessTime"] = file_time_text(found.accessed_ms);
  file.attributes["file.creationTime"] = file_time_text(found.modified_ms);  // as Java on Linux
}

}  // namespace flow
