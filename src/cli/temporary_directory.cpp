#include "cli/temporary_directory.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

namespace cli {

base::Result<TemporaryDirectory> TemporaryDirectory::make(std::string_view name) {
  const auto parent = std::filesystem::temp_directory_path();
  auto path = (parent / fmt::format("{}_XXXXXX", name)).string();
  if (mkdtemp(path.data()) == nullptr)
    return base::fail(base::ErrorKind::Unavailable, "cannot make a directory below " + parent.string());
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty() || kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cli
