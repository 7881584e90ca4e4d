#include "store/s3/environment.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/disk.h"

namespace store::s3 {
namespace {

constexpr std::size_t kOutputBytesMax = 1 << 20;

}  // namespace

std::optional<std::string> SystemEnvironment::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

base::Result<std::string> SystemEnvironment::read_file(const std::string& path) const {
  base::PosixDisk disk;
  return disk.read_all(path);
}

base::Result<std::string> SystemEnvironment::run(const std::string& command) const {
  const auto failed = [&] {
    // The command line may hold a secret.
    return base::fail(base::ErrorKind::Unavailable, "the command of credential_process failed");
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  if (pipe == nullptr) return failed();
  std::string output;
  std::array<char, 4096> piece;
  while (const auto count = std::fread(piece.data(), 1, piece.size(), pipe.get())) {
    output.append(piece.data(), count);
    if (output.size() > kOutputBytesMax) return failed();
  }
  if (::pclose(pipe.release()) != 0) return failed();
  return output;
}

base::Result<std::string> EmptyEnvironment::read_file(const std::string& path) const {
  return base::fail(base::ErrorKind::NotFound, "no such file: " + path);
}
base::Result<std::string> EmptyEnvironment::run(const std::string&) const {
  return base::fail(base::ErrorKind::Unavailable, "nothing can be run here");
}

}  // namespace store::s3
