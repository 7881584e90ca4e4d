#include <fmt/format.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/data_directory.h"
#include "server/json_text.h"
#include "store/keys.h"

namespace cli {

int credentials(const CredentialsOptions& options) {
  base::PosixDisk disk;
  const auto holder = DataDirectory::holder_of(options.data);
  if (!holder) return complain(holder.error());
  if (!*holder) {
    // Makes the keys of a directory that is used for the first time; nobody else may be doing so.
    const auto directory = DataDirectory::open(options.data, disk);
    if (!directory) return complain(directory.error());
  }
  const auto keys = store::LocalKeys::open(options.data + "/keys", disk);
  if (!keys) return complain(keys.error());

  const auto running = holder->value_or(Holder{});
  std::vector<std::pair<std::string_view, std::string>> values{{"AWS_ACCESS_KEY_ID", (*keys)->key().id},
                                                               {"AWS_SECRET_ACCESS_KEY", (*keys)->key().secret},
                                                               {"AWS_REGION", "us-east-1"}};
  if (!running.s3_url.empty()) values.emplace_back("AWS_ENDPOINT_URL_S3", running.s3_url);
  if (!running.warehouse_url.empty()) {
    const auto authority = std::string_view(running.warehouse_url).substr(running.warehouse_url.find("://") + 3);
    const auto colon = authority.rfind(':');
    values.emplace_back("SNOWFLAKE_ACCOUNT", "freshet");
    values.emplace_back("SNOWFLAKE_USER", "FRESHET");
    values.emplace_back("SNOWFLAKE_PASSWORD", running.access_token);
    values.emplace_back("SNOWFLAKE_HOST", std::string(authority.substr(0, colon)));
    values.emplace_back("SNOWFLAKE_PORT", std::string(authority.substr(colon + 1)));
    values.emplace_back("SNOWFLAKE_PROTOCOL", "http");
  }
  std::string text;
  if (options.as_environment) {
    for (const auto& [name, value] : values) text += fmt::format("export {}='{}'\n", name, value);
  } else {
    text = "{";
    for (const auto& [name, value] : values) {
      if (text.size() > 1) text += ", ";
      server::append_json_string(text, name);
      text += ": ";
      server::append_json_string(text, value);
    }
    text += "}\n";
  }
  const auto printed = print(text);
  return printed ? kSuccess : complain(printed.error());
}

}  // namespace cli
