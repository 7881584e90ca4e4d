#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"

namespace flow {

/// A regular file as ListFile and GetFile see it.
struct FoundFile {
  std::string name;
  std::string directory;  // absolute, without a slash at the end
  std::string relative;   // to the directory that was listed; "" at the top
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;
  std::int64_t accessed_ms = 0;
  std::string owner;
  std::string group;
  std::string permissions;  // "rw-r--r--"
  std::string path() const { return directory + "/" + name; }
};

/// Which files are wanted; shared by ListFile and GetFile, whose property names agree.
struct FileWish {
  std::optional<el::Pattern> name;
  std::optional<el::Pattern> path;
  bool path_of_top = false;  // it is asked with "" for what is not below; else that is not wanted
  bool recurse = true;
  bool ignore_hidden = true;
  std::chrono::nanoseconds age_min{0};
  std::optional<std::chrono::nanoseconds> age_max;
  std::uint64_t size_min = 0;
  std::optional<std::uint64_t> size_max;

  static base::Result<FileWish> from(const Configuration& configuration);
};

/// Files below `directory`, by path. Those that `accept` refuses are left out. Errors: NotFound and Denied name the
/// directory.
base::Result<std::vector<FoundFile>> list_files(const std::string& directory, const FileWish& wish,
                                                base::Instant wall_now,
                                                const std::function<bool(const FoundFile&)>& accept = {});
/// "/a/b" for the process, without slashes at the end.
std::string absolute_directory(const std::string& directory);
/// "yyyy-MM-dd'T'HH:mm:ssZ" in UTC.
std::string file_time_text(std::int64_t ms);
/// The seconds since 1970 of such a text, in any zone ("+0100", "Z"); nothing for another text.
std::optional<std::int64_t> parse_file_time(const std::string& text);
/// "rwxr-x---"
std::string permissions_text(mode_t mode);
/// The same, or "750"; nothing for another text.
std::optional<mode_t> parse_permissions(std::string_view text);
/// Sets filename, path, absolute.path and, when wanted, the file.* attributes.
void put_file_attributes(FlowFile& file, const FoundFile& found, std::string_view top_path, bool details);

}  // namespace flow
