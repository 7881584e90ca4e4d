#include "base/disk.h"
#include "cli/commands.h"
#include "cli/data_directory.h"
#include "server/json_text.h"
#include "store/keys.h"
#include "store/s3/documents/policy.h"

namespace cli {
namespace {

base::Result<std::unique_ptr<store::LocalKeys>> open_keys(const std::string& data, base::Disk& disk) {
  TRY(const auto holder, DataDirectory::holder_of(data));
  // Makes the keys of a directory that is used for the first time; nobody else may be doing so.
  if (!holder) TRY_VOID(DataDirectory::open(data, disk));
  return store::LocalKeys::open(data + "/keys", disk);
}

/// A name, or what stands in the file of that name, once it is understood.
base::Result<std::string> read_policy(const std::string& argument, base::Disk& disk) {
  if (argument.empty() || store::s3::canned_policy(argument)) return argument;
  TRY(auto text, disk.read_all(argument));
  const auto policy = store::s3::parse_user_policy(text);
  if (!policy) return base::fail(base::ErrorKind::InvalidValue, argument + ": " + policy.error().message);
  return text;
}

base::Result<store::AccessKey> add(const UserOptions& options) {
  base::PosixDisk disk;
  TRY(auto policy, read_policy(options.policy, disk));
  TRY(const auto keys, open_keys(options.data, disk));
  if (options.access_key.empty() != options.secret_key.empty())
    return base::fail(base::ErrorKind::InvalidValue, "--access-key and --secret-key belong together");
  const auto given = options.access_key.empty()
                         ? std::nullopt
                         : std::optional(store::AccessKey{options.access_key, options.secret_key});
  return keys->add_user({.id = options.id.empty() ? options.name : options.id,
                         .name = options.name,
                         .email = options.email,
                         .policy = std::move(policy)},
                        given);
}

std::string json_object(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text += ", ";
    server::append_json_string(text, name);
    text += ": ";
    server::append_json_string(text, value);
  }
  return text + "}\n";
}

int finish(const base::Status& status) { return status ? kSuccess : complain(status.error()); }

}  // namespace

int add_user(const UserOptions& options) {
  const auto key = add(options);
  if (!key) return complain(key.error());
  if (options.output == OutputFormat::Json)
    return finish(print(json_object({{"user", options.name}, {"access_key", key->id}, {"secret_key", key->secret}})));
  TextTable table({{"USER"}, {"ACCESS KEY"}, {"SECRET KEY (not shown again)"}});
  table.add({options.name, key->id, key->secret});
  return finish(print(table.text()));
}

int list_users(const UserOptions& options) {
  base::PosixDisk disk;
  const auto keys = open_keys(options.data, disk);
  if (!keys) return complain(keys.error());
  TextTable table({{"ID"}, {"NAME"}, {"EMAIL"}, {"POLICY"}});
  std::string lines;
  for (const auto& user : (*keys)->users()) {
    const std::string policy = user.is_administrator ? "administrator" : user.policy;
    table.add({user.id, user.name, user.email, policy});
    lines += json_object({{"id", user.id}, {"name", user.name}, {"email", user.email}, {"policy", policy}});
  }
  return finish(print(options.output == OutputFormat::Json ? lines : table.text()));
}

int remove_user(const UserOptions& options) {
  base::PosixDisk disk;
  const auto keys = open_keys(options.data, disk);
  if (!keys) return complain(keys.error());
  return finish((*keys)->remove_user(options.name));
}

}  // namespace cli
