#include <fmt/format.h>

#include <filesystem>
#include <iterator>

#include "cli/commands.h"
#include "cli/object_transfer.h"
#include "cli/program.h"
#include "server/json_text.h"
#include "store/checksum.h"
#include "store/s3/client.h"

namespace cli {
namespace {

using store::s3::RemoteObject;
using store::s3::S3Client;

/// An S3 client of the options' endpoint, and the program that serves it when nobody else does.
struct Endpoint {
  std::unique_ptr<Program> program;
  std::optional<S3Client> client;
};

const base::SystemWallClock kWallClock;
const store::s3::SystemEnvironment kEnvironment;

base::Result<Endpoint> connect(const ObjectsOptions& options) {
  Endpoint endpoint;
  S3Client::Options remote{.endpoint = options.endpoint};
  if (!options.endpoint.empty()) {
    remote.environment = &kEnvironment;  // leads to the keys, the region and the proxy
    remote.anonymous = options.anonymous;
  } else {
    remote.hash_plain_bodies = false;
    remote.checksum = store::ChecksumAlgorithm::Crc64Nvme;  // of the whole, also of an upload in parts: for `check`
    TRY(const auto holder, DataDirectory::holder_of(options.data));
    if (holder && !holder->s3_url.empty()) {
      base::PosixDisk disk;
      TRY(const auto keys, store::LocalKeys::open(options.data + "/keys", disk));
      remote.endpoint = holder->s3_url;
      remote.key = keys->key();
    } else {
      TRY(endpoint.program, Program::open({.data = options.data, .s3_listen = ListenAddress{"127.0.0.1", 0}}));
      remote.endpoint = endpoint.program->addresses().s3_url;
      remote.key = endpoint.program->s3_key();
    }
  }
  TRY(auto client, S3Client::connect(std::move(remote), kWallClock));
  endpoint.client.emplace(std::move(client));
  return endpoint;
}

bool is_remote(std::string_view text) { return text.starts_with("s3://"); }

base::Result<Place> parse_place(std::string_view text) {
  if (!is_remote(text))
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("not an S3 address (wanted s3://BUCKET/KEY): {}", text));
  text.remove_prefix(5);
  const auto slash = text.find('/');
  Place place{std::string(text.substr(0, slash)),
              slash == std::string_view::npos ? "" : std::string(text.substr(slash + 1))};
  TRY_VOID(store::check_bucket_name(place.bucket));
  return place;
}

base::Result<std::vector<RemoteObject>> all_below(S3Client& client, const Place& place) {
  std::vector<RemoteObject> found;
  TRY_VOID(client.list(place.bucket, place.key, {}, [&](std::vector<RemoteObject> objects, auto&&) -> base::Status {
    std::ranges::move(objects, std::back_inserter(found));
    return {};
  }));
  return found;
}

/// Where a key goes below a local directory. Errors: Denied for a key that would leave it.
base::Result<std::string> local_path(const std::string& directory, std::string_view relative) {
  const auto path = std::filesystem::path(relative).lexically_normal();
  if (relative.empty() || relative.ends_with('/') || path.is_absolute() || *path.begin() == "..")
    return base::fail(base::ErrorKind::Denied, fmt::format("the key is no file name: {}", relative));
  return directory + "/" + path.string();
}

base::Status copy_tree(S3Client& client, const std::string& from, const std::string& to) {
  if (!is_remote(from)) {
    TRY(const auto target, parse_place(to));
    const auto prefix = target.key.empty() || target.key.ends_with('/') ? target.key : target.key + "/";
    std::error_code error;
    for (auto entry = std::filesystem::recursive_directory_iterator(from, error); !error && entry != end(entry);
         entry.increment(error)) {
      if (!entry->is_regular_file()) continue;
      const auto relative = entry->path().lexically_relative(from).generic_string();
      TRY_VOID(upload(client, entry->path().string(), {target.bucket, prefix + relative}));
    }
    if (error)
      return base::fail(base::ErrorKind::NotFound,
                        fmt::format("cannot read the directory: {}: {}", error.message(), from));
    return {};
  }
  TRY(const auto source, parse_place(from));
  TRY(const auto objects, all_below(client, source));
  const auto cut = source.key.ends_with('/') ? source.key.size() : source.key.rfind('/') + 1;
  for (const auto& object : objects) {
    const auto relative = object.key.substr(cut);
    if (is_remote(to)) {
      TRY(const auto target, parse_place(to));
      TRY_VOID(transfer(client, {source.bucket, object.key}, {target.bucket, target.key + relative}));
    } else {
      TRY(const auto path, local_path(to, relative));
      TRY_VOID(download(client, {source.bucket, object.key}, path, object.size));
    }
  }
  return {};
}

/// A target that is a directory or prefix takes the last part of the source's name.
std::string target_of(const std::string& from, const std::string& to) {
  const auto name = from.substr(from.rfind('/') + 1);
  const bool bucket_only = is_remote(to) && to.find('/', 5) == std::string::npos;
  if (bucket_only) return to + "/" + name;
  if (to.ends_with('/') || (!is_remote(to) && to != "-" && std::filesystem::is_directory(to)))
    return to + (to.ends_with('/') ? "" : "/") + name;
  return to;
}

base::Status copy_one(S3Client& client, const std::string& from, const std::string& to) {
  const auto target = target_of(from, to);
  if (!is_remote(from)) {
    TRY(const auto place, parse_place(target));
    return upload(client, from, place);
  }
  TRY(const auto source, parse_place(from));
  if (!is_remote(target)) return download(client, source, target);
  TRY(const auto place, parse_place(target));
  return transfer(client, source, place);
}

base::Status remove_all(S3Client& client, const std::string& bucket, const std::vector<RemoteObject>& objects) {
  std::vector<std::string> keys;
  for (const auto& object : objects) keys.push_back(object.key);
  TRY(const auto failures, client.remove_all(bucket, keys));
  if (failures.empty()) return {};
  const auto& first = failures.front();
  return base::fail(base::ErrorKind::Denied,
                    fmt::format("{} of {} objects were not removed, the first: {}: {} ({})", failures.size(),
                                keys.size(), first.code, first.message, first.key));
}

int finish(const base::Status& status) { return status ? kSuccess : complain(status.error()); }

template <class Work>
int with_client(const ObjectsOptions& options, Work work) {
  auto endpoint = connect(options);
  if (!endpoint) return complain(endpoint.error());
  return finish(work(*endpoint->client));
}

base::Status list_buckets(S3Client& client, OutputFormat output) {
  TRY(const auto buckets, client.list_buckets());
  TextTable table({{"CREATED"}, {"BUCKET"}});
  std::string lines;
  for (const auto& bucket : buckets) {
    table.add({bucket.created, bucket.name});
    lines += "{\"bucket\": ";
    server::append_json_string(lines, bucket.name);
    lines += ", \"created\": ";
    server::append_json_string(lines, bucket.created);
    lines += "}\n";
  }
  return print(output == OutputFormat::Json ? lines : table.text());
}

base::Status list_keys(S3Client& client, const Place& place, const ObjectsOptions& options) {
  TextTable table({{"LAST MODIFIED"}, {"SIZE", Align::Right}, {"KEY"}});
  std::string lines;
  const auto take = [&](std::vector<RemoteObject> objects, std::vector<std::string> prefixes) -> base::Status {
    for (const auto& prefix : prefixes) {
      table.add({"", "PREFIX", one_line(prefix)});
      lines += "{\"prefix\": ";
      server::append_json_string(lines, prefix);
      lines += "}\n";
    }
    for (const auto& object : objects) {
      table.add({object.last_modified, std::to_string(object.size), one_line(object.key)});
      lines += "{\"key\": ";
      server::append_json_string(lines, object.key);
      lines += fmt::format(", \"size\": {}, \"etag\": \"{}\", \"last_modified\": \"{}\"}}\n", object.size, object.etag,
                           object.last_modified);
    }
    if (options.output != OutputFormat::Json) return {};
    return print(std::exchange(lines, {}));
  };
  TRY_VOID(client.list(place.bucket, place.key, options.recursive ? "" : "/", take));
  return options.output == OutputFormat::Json ? base::Status{} : print(table.text());
}

base::Result<bool> is_intact(S3Client& client, const std::string& bucket, const RemoteObject& object) {
  const auto digest = store::make_md5();
  std::uint64_t size = 0;
  TRY_VOID(client.get(bucket, object.key, [&](std::string_view bytes) -> base::Status {
    digest->update(bytes);
    size += bytes.size();
    return {};
  }));
  // The ETag of an upload in parts is no digest of the object.
  const bool comparable = object.etag.size() == 32;
  return size == object.size && (!comparable || store::to_hex(digest->finish()) == object.etag);
}

}  // namespace

int make_buckets(const ObjectsOptions& options) {
  return with_client(options, [&](S3Client& client) -> base::Status {
    for (const auto& argument : options.arguments) {
      TRY(const auto place, parse_place(argument));
      TRY_VOID(client.create_bucket(place.bucket));
    }
    return {};
  });
}

int list_objects(const ObjectsOptions& options) {
  return with_client(options, [&](S3Client& client) -> base::Status {
    if (options.arguments.empty()) return list_buckets(client, options.output);
    TRY(const auto place, parse_place(options.arguments[0]));
    return list_keys(client, place, options);
  });
}

int copy_objects(const ObjectsOptions& options) {
  const auto& from = options.arguments[0];
  const auto& to = options.arguments[1];
  if (!is_remote(from) && !is_remote(to))
    return complain({base::ErrorKind::InvalidValue, 0, {}, "s3 cp: one of the two must be s3://BUCKET/KEY", {}}),
           kWrongUsage;
  return with_client(options, [&](S3Client& client) {
    return options.recursive ? copy_tree(client, from, to) : copy_one(client, from, to);
  });
}

int remove_objects(const ObjectsOptions& options) {
  return with_client(options, [&](S3Client& client) -> base::Status {
    for (const auto& argument : options.arguments) {
      TRY(const auto place, parse_place(argument));
      if (options.recursive) {
        TRY(const auto objects, all_below(client, place));
        TRY_VOID(remove_all(client, place.bucket, objects));
      } else if (place.key.empty()) {
        TRY_VOID(client.remove_bucket(place.bucket));
      } else {
        TRY_VOID(client.head(place.bucket, place.key));  // DELETE succeeds for a key that is not there
        TRY_VOID(client.remove(place.bucket, place.key));
      }
    }
    return {};
  });
}

int print_objects(const ObjectsOptions& options) {
  return with_client(options, [&](S3Client& client) -> base::Status {
    for (const auto& argument : options.arguments) {
      TRY(const auto place, parse_place(argument));
      TRY_VOID(download(client, place, "-"));
    }
    return {};
  });
}

int check_objects(const ObjectsOptions& options) {
  if (options.endpoint.empty() && options.arguments.empty()) return check_store(options);
  return with_client(options, [&](S3Client& client) -> base::Status {
    std::vector<Place> places;
    for (const auto& argument : options.arguments) {
      TRY(auto place, parse_place(argument));
      places.push_back(std::move(place));
    }
    if (places.empty()) {
      TRY(const auto buckets, client.list_buckets());
      for (const auto& bucket : buckets) places.push_back({bucket.name, ""});
    }
    std::uint64_t objects = 0, bytes = 0, damaged = 0;
    for (const auto& place : places) {
      TRY(const auto found, all_below(client, place));
      for (const auto& object : found) {
        TRY(const bool intact, is_intact(client, place.bucket, object));
        ++objects;
        bytes += object.size;
        if (intact) continue;
        ++damaged;
        fmt::print(stderr, "freshet: damaged: s3://{}/{}\n", place.bucket, one_line(object.key));
      }
    }
    TRY_VOID(print(fmt::format("{{\"objects\": {}, \"bytes\": {}, \"damaged\": {}}}\n", objects, bytes, damaged)));
    if (damaged > 0) return base::fail(base::ErrorKind::Internal, fmt::format("{} objects are damaged", damaged));
    return {};
  });
}

}  // namespace cli
