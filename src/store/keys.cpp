#include "store/keys.h"

#include "base/random.h"

namespace store {
namespace {

std::string random_text(std::string_view alphabet, std::size_t length) {
  std::string text;
  while (text.size() < length) {
    // Below the greatest multiple of the alphabet's size every character is equally likely.
    const auto word = base::entropy();
    if (word < ~std::uint64_t{0} - alphabet.size()) text += alphabet[word % alphabet.size()];
  }
  return text;
}

}  // namespace

base::Result<LocalKeys> LocalKeys::open(const std::string& directory, base::Disk& disk) {
  TRY_VOID(disk.make_directory(directory));
  const auto path = directory + "/s3";
  TRY(const bool there, disk.exists(path));
  if (!there) {
    const AccessKey fresh{"FRESHET" + random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 13),
                          random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40)};
    TRY_VOID(disk.replace_all(path, fresh.id + "\n" + fresh.secret + "\n"));
    return LocalKeys(fresh);
  }
  TRY(const auto text, disk.read_all(path));
  const auto middle = text.find('\n');
  const auto end = middle == std::string::npos ? middle : text.find('\n', middle + 1);
  if (end == std::string::npos || middle == 0 || end == middle + 1)
    return base::fail(base::ErrorKind::InvalidValue, "not a key file: " + path);
  return LocalKeys({text.substr(0, middle), text.substr(middle + 1, end - middle - 1)});
}

std::optional<std::string> LocalKeys::secret_of(std::string_view id) const {
  if (id != key_.id) return std::nullopt;
  return key_.secret;
}

}  // namespace store
