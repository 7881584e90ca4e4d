#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flow {

/// "enc{..}", as flow.json and flow.xml have sensitive values.
bool is_encrypted(std::string_view value);

/// Opens sensitive values with the password that NiFi has as nifi.sensitive.props.key. Both algorithms of NiFi
/// since 1.14 are tried (NIFI_PBKDF2_AES_GCM_256, NIFI_ARGON2_AES_GCM_256): their seal tells which one it was. Source:
/// NiFi administration guide, "Encrypted Passwords in Flows".
class SensitiveValues {
 public:
  /// Without a password nothing is opened.
  explicit SensitiveValues(std::string password) : password_(std::move(password)) {}
  bool has_password() const { return !password_.empty(); }
  /// InvalidValue: no such text, a password that does not fit, a legacy algorithm.
  base::Result<std::string> open(std::string_view encrypted);

 private:
  using Key = std::string;
  base::Result<Key> pbkdf2_key();
  base::Result<Key> argon2_key();

  const std::string password_;
  std::optional<Key> pbkdf2_, argon2_;  // deriving one takes a good part of a second
};

}  // namespace flow
