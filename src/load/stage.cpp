#include "load/stage.h"

#include <cctype>
#include <ctime>

namespace load {
namespace {

using Kind = StageLocation::Kind;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

struct Url {
  std::string bucket, path;
};

constexpr std::string_view kLocalSchemes[] = {"s3://", "s3china://", "s3gov://", "s3compat://"};
constexpr std::string_view kOtherSchemes[] = {"gcs://", "azure://"};

base::Result<Url> split_url(std::string_view url) {
  TRY_VOID(check_url(url));
  for (const std::string_view scheme : kOtherSchemes)
    if (url.starts_with(scheme))
      return base::fail({base::ErrorKind::Unsupported,
                         2,
                         "0A000",
                         fmt::format("Unsupported feature 'stages on {}'.", scheme.substr(0, scheme.size() - 3)),
                         {}});
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return Url{std::string(rest), ""};
  return Url{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

/// Between the two exactly one slash; an empty path leaves the root as it is, the root of a bucket gives no leading
/// slash.
std::string join_path(const std::string& root, std::string_view path) {
  if (path.empty()) return root;
  if (path.starts_with('/')) path.remove_prefix(1);
  return root.empty() || root.ends_with('/') ? root + std::string(path) : root + "/" + std::string(path);
}

std::string http_date(base::Instant time) {
  const std::time_t seconds = static_cast<std::time_t>(time.ns / 1'000'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

StageLocation internal(Kind kind, std::string root, std::string_view path, std::string reference) {
  StageLocation location{.kind = kind,
                         .stage = {},
                         .bucket = std::string(kStageBucket),
                         .root = std::move(root),
                         .prefix = {},
                         .reference = std::move(reference)};
  location.prefix = join_path(location.root, path);
  if (!path.empty()) location.reference += "/" + std::string(path.starts_with('/') ? path.substr(1) : path);
  return location;
}

}  // namespace

base::Status check_url(std::string_view url) {
  for (const auto& schemes :
       {std::span<const std::string_view>(kLocalSchemes), std::span<const std::string_view>(kOtherSchemes)})
    for (const std::string_view scheme : schemes)
      if (url.size() > scheme.size() && url.starts_with(scheme) && url[scheme.size()] != '/') return {};
  return base::fail({base::ErrorKind::InvalidValue,
                     1011,
                     "42601",
                     fmt::format("SQL compilation error:\ninvalid URL prefix found in: '{}'", url),
                     {}});
}

StageCredentials read_credentials(const sql::OptionValue& value) {
  StageCredentials credentials;
  const auto* group = std::get_if<sql::OptionGroup>(&value.node);
  if (!group) return credentials;
  for (const sql::Option& option : group->options) {
    const auto* text = std::get_if<sql::OptionString>(&option.value.node);
    if (!text) continue;
    if (option.name.name == "AWS_KEY_ID") credentials.key_id = text->value;
    if (option.name.name == "AWS_SECRET_KEY") credentials.secret = text->value;
    if (option.name.name == "AWS_TOKEN") credentials.session_token = text->value;
  }
  return credentials;
}

store::BucketPlace StageLocation::place() const {
  return {.bucket = bucket,
          .endpoint = endpoint,
          .key_id = credentials.key_id,
          .sealed_credentials = sealed_credentials,
          .secret = credentials.secret,
          .session_token = credentials.session_token};
}

std::string StageLocation::relative_name(std::string_view key) const {
  if (kind == Kind::External) return std::string(key);
  return std::string(key.substr(std::min(root.size(), key.size())));
}
std::string StageLocation::shown_name(std::string_view key) const {
  switch (kind) {
    case Kind::External: return "s3://" + bucket + "/" + std::string(key);
    case Kind::Internal: return lower(stage->name) + "/" + relative_name(key);
    case Kind::Table:
    case Kind::User: return relative_name(key);
  }
  return {};
}
std::string StageLocation::key_of(std::string_view file) const {
  if (prefix.empty() || prefix.ends_with('/'))
    if (file.starts_with('/')) file.remove_prefix(1);
  return prefix + std::string(file);
}

base::Result<StageLocation> locate_stage(catalog::RecordPtr stage, std::string_view path) {
  const auto& body = std::get<catalog::StageBody>(stage->body);
  const std::string reference = "@" + lower(stage->name);
  if (body.url.empty()) {
    StageLocation location = internal(Kind::Internal, fmt::format("stage/{}/", stage->id.value), path, reference);
    location.stage = std::move(stage);
    return location;
  }
  TRY(const Url url, split_url(body.url));
  StageLocation location{.kind = Kind::External,
                         .stage = std::move(stage),
                         .bucket = url.bucket,
                         .root = url.path,
                         .prefix = join_path(url.path, path),
                         .reference = reference,
                         .endpoint = body.endpoint,
                         .sealed_credentials = body.sealed_credentials,
                         .credentials = {.key_id = body.key_id, .secret = {}, .session_token = {}}};
  if (!path.empty()) location.reference += "/" + std::string(path.starts_with('/') ? path.substr(1) : path);
  return location;
}

base::Result<StageLocation> locate_table_stage(const catalog::Record& table, std::string_view path) {
  return internal(Kind::Table, fmt::format("table/{}/", table.id.value), path, "@%" + table.name);
}

base::Result<StageLocation> locate(const catalog::Snapshot& catalog, const catalog::NameScope& names,
                                   std::string_view user, const sql::StageRef& reference, StageUse use) {
  switch (reference.kind) {
    case sql::StageRef::Kind::User: return internal(Kind::User, fmt::format("user/{}/", user), reference.path, "@~");
    case sql::StageRef::Kind::Table: {
      TRY(const auto table, catalog::resolve(catalog, names, catalog::ObjectKind::Table, name_parts(reference.name)));
      TRY_VOID(catalog::require(names.access, catalog, *table, {"OWNERSHIP"}));
      return locate_table_stage(*table, reference.path);
    }
    case sql::StageRef::Kind::Named: {
      TRY(auto stage, catalog::resolve(catalog, names, catalog::ObjectKind::Stage, name_parts(reference.name)));
      const bool external = !std::get<catalog::StageBody>(stage->body).url.empty();
      const std::string_view needed = external ? "USAGE" : use == StageUse::Read ? "READ" : "WRITE";
      TRY_VOID(catalog::require(names.access, catalog, *stage, {needed}));
      return locate_stage(std::move(stage), reference.path);
    }
  }
  return base::fail(base::ErrorKind::Internal, "unknown kind of stage");
}

base::Result<StageLocation> locate(const catalog::Snapshot& catalog, const catalog::NameScope& names,
                                   std::string_view user, const sql::Location& location, StageUse use) {
  if (const auto* reference = std::get_if<sql::StageRef>(&location))
    return locate(catalog, names, user, *reference, use);
  const std::string& text = std::get<sql::StringLiteral>(location).value;
  TRY(const Url url, split_url(text));
  return StageLocation{.kind = Kind::External,
                       .stage = {},
                       .bucket = url.bucket,
                       .root = url.path,
                       .prefix = url.path,
                       .reference = text};
}

base::Error stage_error(base::Error error) {
  if (error.number != 0) return error;
  error.number = 91003;
  error.sqlstate = "55000";
  error.message = fmt::format("Failure using stage area. Cause: [{}]", error.message);
  return error;
}

base::Result<std::shared_ptr<store::BucketFiles>> open_bucket(store::Buckets& buckets, const StageLocation& location) {
  auto bucket = buckets.find(location.place());
  if (!bucket) return base::fail(stage_error(std::move(bucket).error()));
  return *std::move(bucket);
}

base::Result<std::shared_ptr<const store::ObjectReader>> open_file(store::Buckets& buckets,
                                                                   const StageLocation& location,
                                                                   const StagedFile& file, store::ReadAs as) {
  TRY(const auto bucket, open_bucket(buckets, location));
  auto reader = bucket->open({.bucket = location.bucket,
                              .key = file.key,
                              .size = file.size,
                              .etag = file.etag,
                              .last_modified = file.last_modified},
                             as);
  if (!reader) return base::fail(stage_error(std::move(reader).error()));
  return std::shared_ptr<const store::ObjectReader>(*std::move(reader));
}

namespace {

StagedFile staged_file(store::ObjectInfo object) {
  return {std::move(object.key), std::move(object.etag), object.size, object.last_modified, object.sequence};
}

}  // namespace

base::Result<std::vector<base::Result<StagedFile>>> find_files(store::Buckets& buckets, const StageLocation& location,
                                                               std::span<const std::string> keys) {
  TRY(const auto bucket, open_bucket(buckets, location));
  std::vector<base::Result<StagedFile>> files;
  for (auto& found : bucket->head(keys))
    if (found)
      files.push_back(staged_file(*std::move(found)));
    else
      files.push_back(base::fail(stage_error(std::move(found).error())));
  return files;
}

bool is_missing(const base::Error& error) {
  return error.kind == base::ErrorKind::NotFound || error.kind == base::ErrorKind::InvalidValue;
}

base::Result<std::vector<StagedFile>> list_files(store::Buckets& buckets, const StageLocation& location) {
  TRY(const auto bucket, open_bucket(buckets, location));
  auto objects = bucket->list(location.prefix);
  if (!objects) return base::fail(stage_error(std::move(objects).error()));
  std::vector<StagedFile> files;
  for (store::ObjectInfo& object : *objects)
    if (object.size != 0 || !object.key.ends_with('/')) files.push_back(staged_file(std::move(object)));
  return files;
}

base::Result<std::vector<StagedFile>> matching(const StageLocation& location, std::vector<StagedFile> files,
                                               const std::optional<Pattern>& pattern) {
  if (!pattern) return files;
  std::vector<StagedFile> kept;
  for (StagedFile& file : files) {
    TRY(const bool matches, pattern->matches("s3://" + location.bucket + "/" + file.key));
    if (matches) kept.push_back(std::move(file));
  }
  return kept;
}

namespace {
base::Result<std::vector<StagedFile>> listed(store::Buckets& buckets, const StageLocation& location,
                                             const std::optional<std::string>& text) {
  std::optional<Pattern> pattern;
  if (text) {
    TRY(pattern, Pattern::compile(*text));
  }
  TRY(auto files, list_files(buckets, location));
  return matching(location, std::move(files), pattern);
}
}  // namespace

base::Result<std::shared_ptr<const engine::ResultSet>> list_stage(store::Buckets& buckets,
                                                                  const StageLocation& location,
                                                                  const std::optional<std::string>& pattern) {
  TRY(const auto files, listed(buckets, location, pattern));
  std::vector<std::vector<engine::Value>> rows;
  for (const StagedFile& file : files)
    rows.push_back({location.shown_name(file.key), engine::Decimal{static_cast<base::Int128>(file.size), 0}, file.etag,
                    http_date(file.last_modified)});
  using catalog::LogicalType;
  return engine::make_result({{"name", LogicalType::text()},
                              {"size", LogicalType::number()},
                              {"md5", LogicalType::text()},
                              {"last_modified", LogicalType::text()}},
                             std::move(rows));
}

base::Result<std::shared_ptr<const engine::ResultSet>> remove_staged(store::Buckets& buckets,
                                                                     const StageLocation& location,
                                                                     const std::optional<std::string>& pattern) {
  TRY(const auto files, listed(buckets, location, pattern));
  std::vector<std::vector<engine::Value>> rows;
  std::vector<std::string> keys;
  for (const StagedFile& file : files) {
    keys.push_back(file.key);
    rows.push_back({location.shown_name(file.key), std::string("removed")});
  }
  TRY(const auto bucket, open_bucket(buckets, location));
  const auto kept = bucket->remove(keys);
  if (!kept) return base::fail(stage_error(kept.error()));
  if (!kept->empty())
    return base::fail(
        stage_error({.kind = base::ErrorKind::Denied,
                     .message = fmt::format("{} of {} files could not be removed; {}: {}", kept->size(), keys.size(),
                                            location.shown_name(kept->front().key), kept->front().why)}));
  return engine::make_result({{"name", catalog::LogicalType::text()}, {"result", catalog::LogicalType::text()}},
                             std::move(rows));
}

std::vector<std::string> name_parts(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      parts.emplace_back();
    } else if (text[i] == '"') {
      for (++i; i < text.size(); ++i) {
        if (text[i] == '"' && !(i + 1 < text.size() && text[i + 1] == '"')) break;
        if (text[i] == '"') ++i;
        parts.back() += text[i];
      }
    } else {
      parts.back() += static_cast<char>(std::toupper(static_cast<unsigned char>(text[i])));
    }
  }
  return parts;
}
std::vector<std::string> name_parts(const sql::ObjectName& name) {
  std::vector<std::string> parts;
  for (const sql::Identifier& part : name.parts) parts.push_back(part.name);
  return parts;
}

}  // namespace load
