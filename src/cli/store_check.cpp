#include "server/store_check.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>

#include "cli/commands.h"
#include "cli/holder.h"
#include "http/client.h"
#include "http/url.h"
#include "store/keys.h"

namespace cli {
namespace {

namespace json = boost::json;

/// Takes the lines of a check and shows them.
class CheckView {
 public:
  explicit CheckView(OutputFormat output) : output_(output) {}

  base::Status take(std::string_view bytes) {
    pending_ += bytes;
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      TRY_VOID(take_line(pending_.substr(0, end)));
      pending_.erase(0, end + 1);
    }
    return {};
  }

  /// Errors: Internal for damage, Unavailable for a check that did not end.
  base::Status finish() {
    if (shows_progress_) fmt::print(stderr, "\n");
    if (!failure_.empty()) return base::fail(base::ErrorKind::Unavailable, failure_);
    if (!checked_) return base::fail(base::ErrorKind::Unavailable, "the check did not come to its end");
    if (output_ == OutputFormat::Table) {
      if (damaged_ > 0) TRY_VOID(print(table_.text()));
      TRY_VOID(print(summary_));
    }
    if (damaged_ == 0) return {};
    return base::fail(base::ErrorKind::Internal, fmt::format("the object store has {} faults", damaged_));
  }

 private:
  base::Status take_line(const std::string& line) {
    boost::system::error_code error;
    const auto value = json::parse(line, error);
    if (error || !value.is_object() || value.get_object().empty())
      return base::fail(base::ErrorKind::Internal, "the server's answer is not that of a check");
    const auto& [name, content] = *value.get_object().begin();
    if (name == "read") return show_progress(content.as_object());
    if (name == "failed") {
      failure_ = std::string(content.as_string());
      return {};
    }
    if (name == "damage") add_row(content.as_object());
    if (name == "checked") take_summary(content.as_object());
    return output_ == OutputFormat::Json ? print(line + "\n") : base::Status{};
  }

  static std::uint64_t number(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found == nullptr ? 0 : found->to_number<std::uint64_t>();
  }
  static std::string text(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found == nullptr || !found->is_string() ? std::string() : std::string(found->get_string());
  }

  void add_row(const json::object& damage) {
    const auto bucket = text(damage, "bucket"), upload = text(damage, "upload");
    auto where = bucket.empty() ? std::string() : fmt::format("s3://{}/{}", bucket, one_line(text(damage, "key")));
    if (!upload.empty()) where += fmt::format(" upload {} part {}", upload, number(damage, "part"));
    table_.add({text(damage, "what"), where, text(damage, "version"), text(damage, "file"),
                std::to_string(number(damage, "offset"))});
  }

  base::Status show_progress(const json::object& read) {
    read_ = fmt::format(", {} bytes read", number(read, "bytes"));
    if (const auto unverifiable = number(read, "unverifiable"); unverifiable > 0)
      read_ += fmt::format(" ({} encrypted with keys of customers: not compared)", unverifiable);
    fmt::print(stderr, "\r{} versions, {} parts, {} MB read", number(read, "versions"), number(read, "parts"),
               number(read, "bytes") / 1'000'000);
    shows_progress_ = true;
    return {};
  }

  void take_summary(const json::object& checked) {
    checked_ = true;
    damaged_ = number(checked, "damaged");
    summary_ = fmt::format("{} versions, {} parts, {} events, {} files{}: {}\n", number(checked, "versions"),
                           number(checked, "parts"), number(checked, "events"), number(checked, "files"), read_,
                           damaged_ == 0 ? "sound" : fmt::format("{} faults", damaged_));
    if (const auto unknown = number(checked, "unknown_files"); unknown > 0)
      summary_ +=
          fmt::format("{} files of writes that never ended: they go when the store is next written to\n", unknown);
  }

  const OutputFormat output_;
  std::string pending_, failure_, summary_, read_;
  TextTable table_{{{"WHAT"}, {"OBJECT"}, {"VERSION"}, {"FILE"}, {"OFFSET", Align::Right}}};
  bool checked_ = false, shows_progress_ = false;
  std::uint64_t damaged_ = 0;
};

base::Status ask_server(const Holder& holder, bool deep, CheckView& view) {
  TRY(const auto url, http::parse_url(holder.warehouse_url));
  // A step of a deep check reads one object, however long it is.
  http::Client client({.host = url.host, .port = url.port, .timeout = std::chrono::hours{1}});
  const http::Request request{.method = "POST",
                              .target = deep ? "/store/check?deep" : "/store/check",
                              .headers = {{"Authorization", "Bearer " + holder.access_token}}};
  std::string refusal;
  TRY(const auto response, client.receive(request, [&](int status, std::string_view bytes) -> base::Status {
    if (status == 200) return view.take(bytes);
    refusal += bytes;
    return {};
  }));
  if (response.status == 200) return {};
  return base::fail(
      base::ErrorKind::Unavailable,
      fmt::format("the server that holds the data directory refused the check ({}): {}", response.status, refusal));
}

base::Status look_at(const ObjectsOptions& options, CheckView& view) {
  base::PosixDisk disk;
  TRY(const bool there, disk.exists(options.data + "/objects/FORMAT"));
  if (!there)
    return base::fail(base::ErrorKind::NotFound, "there is no object store in the data directory: " + options.data);
  TRY(const auto directory, DataDirectory::open(options.data, disk));
  TRY(const auto keys, store::LocalKeys::open(options.data + "/keys", disk));
  const base::SystemClock clock;
  TRY(const auto store,
      store::ObjectStore::open({.directory = directory->path("objects"), .read_only = true, .key_ring = keys->ring()},
                               disk, clock));
  using Depth = server::StoreCheck::Depth;
  server::StoreCheck check(*store, options.deep ? Depth::Bytes : Depth::Index);
  for (auto lines = check.next(); !lines.empty(); lines = check.next()) TRY_VOID(view.take(lines));
  return {};
}

base::Status check(const ObjectsOptions& options) {
  TRY(const auto holder, holder_to_talk_to(options.data, std::nullopt));
  CheckView view(options.output);
  TRY_VOID(holder ? ask_server(*holder, options.deep, view) : look_at(options, view));
  return view.finish();
}

}  // namespace

int check_store(const ObjectsOptions& options) {
  const auto checked = check(options);
  return checked ? kSuccess : complain(checked.error());
}

}  // namespace cli
