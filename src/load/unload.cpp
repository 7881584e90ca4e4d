#include "load/unload.h"

#include <zlib.h>

#include <charconv>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "engine/values/value_text.h"
#include "load/copy_options.h"
#include "load/load_history.h"

namespace load {
namespace {

using base::Result;
using catalog::LogicalType;
using engine::Value;

constexpr std::uint64_t kFileSizeLimit = 5'368'709'120;

base::Error unsupported(std::string_view what) {
  return {base::ErrorKind::Unsupported, 2, "0A000", fmt::format("Unsupported feature '{}'.", what), {}};
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool gzipped(const FileFormat& format) {
  return format.compression == Compression::Auto || format.compression == Compression::Gzip;
}

base::Status read_option(UnloadPlan& plan, const std::string& name, const sql::OptionValue& value) {
  const auto flag = [&](bool& into) -> base::Status {
    TRY(into, read_flag(value, name));
    return {};
  };
  if (name == "OVERWRITE") return flag(plan.overwrite);
  if (name == "SINGLE") return flag(plan.single);
  if (name == "HEADER") return flag(plan.header);
  if (name == "DETAILED_OUTPUT") return flag(plan.detailed);
  if (name == "INCLUDE_QUERY_ID") return flag(plan.with_query_id);
  if (name == "MAX_FILE_SIZE") {
    const auto* number = std::get_if<sql::OptionNumber>(&value.node);
    plan.file_size_max = 0;
    if (number) std::from_chars(number->text.data(), number->text.data() + number->text.size(), plan.file_size_max);
    if (plan.file_size_max == 0 || plan.file_size_max > kFileSizeLimit)
      return base::fail(invalid_value(written_form(value), name));
    return {};
  }
  if (name == "VALIDATION_MODE") {
    if (upper(plain_text(value).value_or("")) != "RETURN_ROWS")
      return base::fail(invalid_value(written_form(value), name));
    plan.rows_only = true;
    return {};
  }
  if (name == "CREDENTIALS") {
    plan.credentials = read_credentials(value);
    return {};
  }
  if (name == "STORAGE_INTEGRATION" || name == "ENCRYPTION") return {};  // of a bare URL; opaque
  return base::fail(invalid_parameter(name));
}

base::Status check(const UnloadPlan& plan) {
  if (plan.format.type != FileType::Csv && plan.format.type != FileType::Json)
    return base::fail(
        unsupported(fmt::format("COPY INTO <location> with files of type {}", name_of(plan.format.type))));
  if (!gzipped(plan.format) && plan.format.compression != Compression::None)
    return base::fail(
        unsupported(fmt::format("COPY INTO <location> with COMPRESSION = {}", name_of(plan.format.compression))));
  if (upper(plan.format.encoding) != "UTF8" && upper(plan.format.encoding) != "UTF-8")
    return base::fail(unsupported("COPY INTO <location> with ENCODING = " + plan.format.encoding));
  if (plan.with_query_id && (plan.single || plan.overwrite))
    return base::fail({base::ErrorKind::InvalidValue,
                       1008,
                       "22023",
                       "SQL compilation error:\nINCLUDE_QUERY_ID cannot be combined with SINGLE or OVERWRITE",
                       {}});
  return {};
}

/// Turns rows into the bytes of a file, one after another.
class RowWriter {
 public:
  RowWriter(const UnloadPlan& plan, const engine::ResultSet& rows, const engine::Parameters& parameters)
      : plan_(plan), rows_(rows), settings_(engine::format_settings(parameters)) {}

  base::Status prepare() {
    const auto format = [](engine::DateTimeFormat& into, const std::string& text) -> base::Status {
      if (upper(text) == "AUTO") return {};
      const auto parsed = engine::DateTimeFormat::parse(text);
      if (!parsed)
        return base::fail({base::ErrorKind::InvalidValue,
                           1008,
                           "22023",
                           fmt::format("SQL compilation error:\ninvalid value [{}] for a date or time format", text),
                           {}});
      into = *parsed;
      return {};
    };
    TRY_VOID(format(settings_.date, plan_.format.date_format));
    TRY_VOID(format(settings_.time, plan_.format.time_format));
    for (engine::DateTimeFormat* kind : {&settings_.timestamp_ntz, &settings_.timestamp_ltz, &settings_.timestamp_tz})
      TRY_VOID(format(*kind, plan_.format.timestamp_format));
    settings_.binary_as_base64 = plan_.format.binary_format == BinaryFormat::Base64;
    return {};
  }

  std::string header() const {
    std::string line;
    if (plan_.format.type != FileType::Csv || !plan_.header) return line;
    for (std::size_t i = 0; i < rows_.columns().size(); ++i)
      line += (i ? plan_.format.field_delimiter : "") + field(rows_.columns()[i].name, true);
    return line + plan_.format.record_delimiter;
  }

  std::string row(std::uint64_t index) const {
    std::string line;
    for (std::size_t i = 0; i < rows_.columns().size(); ++i) {
      const Value value = rows_.value(index, i);
      const LogicalType& type = rows_.columns()[i].type;
      if (i) line += plan_.format.field_delimiter;
      if (plan_.format.type == FileType::Json)
        line += engine::is_null(value) ? "null" : engine::to_text(value, type, settings_);
      else if (engine::is_null(value))
        line += plan_.format.null_if.empty() ? "" : plan_.format.null_if.front();
      else
        line += field(engine::to_text(value, type, settings_),
                      type.kind == catalog::TypeKind::Text || type.is_semi_structured());
    }
    return line + (plan_.format.type == FileType::Json ? "\n" : plan_.format.record_delimiter);
  }

 private:
  /// Character fields stand in the enclosure when there is one; else what would end them is escaped.
  std::string field(std::string_view text, bool characters) const {
    const FileFormat& format = plan_.format;
    if (format.enclosed_by && !characters) return std::string(text);
    std::string out;
    if (format.enclosed_by) {
      out += format.enclosed_by;
      for (const char c : text) {
        if (c == format.enclosed_by || (format.escape && c == format.escape))
          out += format.escape ? format.escape : format.enclosed_by;
        out += c;
      }
      return out + format.enclosed_by;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::string_view rest = text.substr(i);
      const bool ends = (!format.field_delimiter.empty() && rest.starts_with(format.field_delimiter)) ||
                        (!format.record_delimiter.empty() && rest.starts_with(format.record_delimiter));
      if (format.escape_unenclosed_field && (ends || text[i] == format.escape_unenclosed_field))
        out += format.escape_unenclosed_field;
      out += text[i];
    }
    return out;
  }

  const UnloadPlan& plan_;
  const engine::ResultSet& rows_;
  engine::FormatSettings settings_;
};

Result<std::string> gzip(std::string_view bytes) {
  constexpr int kGzipWindow = 15 + 16;  // the largest window, with a header of gzip
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return base::fail(base::ErrorKind::Internal, "zlib cannot begin to compress");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return base::fail(base::ErrorKind::Internal, "zlib did not compress to the end");
  return out;
}

std::string key_of(const UnloadPlan& plan, std::size_t sequence) {
  const std::string& prefix = plan.location.prefix;
  const std::string base = prefix.empty() || prefix.ends_with('/') ? prefix + "data" : prefix;
  if (plan.single) return base;
  std::string extension = plan.format.file_extension.value_or("");
  if (!extension.empty() && !extension.starts_with('.')) extension.insert(0, 1, '.');
  if (extension.empty())
    extension =
        std::string(plan.format.type == FileType::Json ? ".json" : ".csv") + (gzipped(plan.format) ? ".gz" : "");
  return fmt::format("{}{}_0_0_{}{}", base, plan.with_query_id ? "_" + plan.query_id : "", sequence, extension);
}

base::Status check_destination(store::Buckets& buckets, const UnloadPlan& plan) {
  if (plan.overwrite) return {};
  TRY(const auto there, list_files(buckets, plan.location));
  if (there.empty()) return {};
  return base::fail(
      {base::ErrorKind::Conflict,
       1030,
       "22000",
       fmt::format("Files already existing at the unload destination: {}{}. Use overwrite option to force unloading.",
                   plan.location.reference,
                   plan.location.prefix.ends_with('/') && !plan.location.reference.ends_with('/') ? "/" : ""),
       {}});
}

}  // namespace

Result<UnloadPlan> plan_unload(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                               const sql::CopyIntoLocation& statement) {
  if (statement.partition_by) return base::fail(unsupported("COPY INTO <location> with PARTITION BY"));
  UnloadPlan plan;
  TRY(plan.location, locate(catalog, context.names, context.user, statement.location, StageUse::Write));
  plan.query_id = context.query_id;
  // The file format is found as that of a load is: the statement's, else the stage's, else CSV.
  sql::Options format;
  for (const sql::Option& option : statement.options) {
    const std::string name = upper(option.name.name);
    if (name == "FILE_FORMAT")
      format.push_back(option);
    else
      TRY_VOID(read_option(plan, name, option.value));
  }
  if (!plan.location.stage) plan.location.credentials = plan.credentials;
  TRY(const CopyOptions options, CopyOptions::read(format, plan.location.stage.get(), catalog, context.names));
  plan.format = options.format;
  TRY_VOID(check(plan));
  return plan;
}

WrittenElsewhere::~WrittenElsewhere() {
  if (keys_.empty()) return;
  const auto kept = bucket_->remove(keys_);
  if (!kept || !kept->empty())
    LOG_WARN("unload.leftovers objects={} first={} error=\"{}\"", kept ? kept->size() : keys_.size(), keys_.front(),
             kept ? kept->front().why : kept.error().message);
}

base::Status WrittenElsewhere::put(const std::string& key, std::string bytes) {
  keys_.push_back(key);  // first: what fails may be there all the same
  if (auto written = bucket_->put(key, std::move(bytes)); !written)
    return base::fail(stage_error(std::move(written).error()));
  return {};
}

namespace {

/// Where files go: into the local store, invisibly, or elsewhere.
Result<store::StagedId> write_file(store::Buckets& buckets, const UnloadPlan& plan, WrittenElsewhere* elsewhere,
                                   const std::string& key, std::string bytes) {
  if (elsewhere != nullptr) {
    TRY_VOID(elsewhere->put(key, std::move(bytes)));
    return store::StagedId{0};
  }
  TRY(auto object, buckets.local().begin_put(plan.location.bucket, key));
  TRY_VOID(object->append(bytes));
  return object->stage();
}

}  // namespace

Result<Unloaded> write_files(store::Buckets& buckets, const UnloadPlan& plan, const engine::ResultSet& rows,
                             const engine::Parameters& parameters) {
  if (plan.format.type == FileType::Json &&
      (rows.columns().size() != 1 || !rows.columns()[0].type.is_semi_structured()))
    return base::fail(unsupported("unloading of more than one column or non-json values"));
  TRY(auto bucket, open_bucket(buckets, plan.location));
  TRY_VOID(check_destination(buckets, plan));
  RowWriter writer(plan, rows, parameters);
  TRY_VOID(writer.prepare());
  Unloaded unloaded;
  if (!buckets.is_local(plan.location.place()))
    unloaded.elsewhere = std::make_shared<WrittenElsewhere>(std::move(bucket));
  for (std::uint64_t row = 0; row < rows.row_count();) {
    std::string bytes = writer.header();
    const std::uint64_t first = row;
    while (row < rows.row_count()) {
      const std::string line = writer.row(row);
      if (row > first && !plan.single && bytes.size() + line.size() > plan.file_size_max) break;
      bytes += line;
      ++row;
    }
    const std::string key = key_of(plan, unloaded.files.size());
    Unloaded::File file{.shown = plan.location.relative_name(key),
                        .input_bytes = bytes.size(),
                        .output_bytes = 0,
                        .rows = row - first,
                        .staged = 0};
    if (gzipped(plan.format)) {
      TRY(bytes, gzip(bytes));
    }
    file.output_bytes = bytes.size();
    TRY(file.staged, write_file(buckets, plan, unloaded.elsewhere.get(), key, std::move(bytes)));
    unloaded.files.push_back(std::move(file));
  }
  return unloaded;
}

base::Status commit_files(engine::Work& work, store::ObjectStore& store, const Unloaded& unloaded) {
  if (unloaded.files.empty()) return {};
  if (unloaded.elsewhere) {
    work.on_commit([](engine::Work&) -> base::Status { return {}; },
                   [elsewhere = unloaded.elsewhere] { elsewhere->keep(); });
    return {};
  }
  std::vector<store::StagedId> ids;
  std::vector<std::string> rows;
  for (const Unloaded::File& file : unloaded.files) {
    ids.push_back(file.staged);
    rows.push_back(fmt::format("({})", file.staged));
  }
  TRY_VOID(write_meta(work, {fmt::format("INSERT INTO meta.unload_intents VALUES {}", fmt::join(rows, ", "))}));
  // Should publishing fail, the intent stays and the next start tries again.
  work.on_commit([](engine::Work&) -> base::Status { return {}; },
                 [&store, ids = std::move(ids)] { (void)store.publish(ids); });
  return {};
}

base::Status apply_unloads(engine::Database& database, store::ObjectStore& store) {
  const auto session = database.open_session();
  TRY(auto work, session->begin_work({.query_id = "unload", .now = database.clock().now()}));
  TRY_VOID(work->start());
  TRY(const auto rows, work->query("SELECT staged FROM meta.unload_intents", {{"STAGED", LogicalType::number()}}));
  if (rows->row_count() == 0) return {};
  std::vector<store::StagedId> ids;
  for (std::uint64_t row = 0; row < rows->row_count(); ++row)
    ids.push_back(static_cast<store::StagedId>(std::get<engine::Decimal>(rows->value(row, 0)).digits));
  TRY_VOID(store.publish(ids));
  base::kill_point("unload.published");
  TRY_VOID(work->execute(fmt::format("DELETE FROM meta.unload_intents WHERE staged IN ({})", fmt::join(ids, ", "))));
  TRY_VOID(work->commit());
  base::kill_point("unload.intents_cleared");
  return {};
}

std::shared_ptr<const engine::ResultSet> unload_result(const UnloadPlan& plan, const Unloaded& unloaded) {
  const auto number = [](std::uint64_t value) { return Value{engine::Decimal{static_cast<base::Int128>(value), 0}}; };
  const auto count = LogicalType::number();
  std::vector<std::vector<Value>> rows;
  if (plan.detailed) {
    for (const Unloaded::File& file : unloaded.files)
      rows.push_back({file.shown, number(file.output_bytes), number(file.rows)});
    return engine::make_result({{"FILE_NAME", LogicalType::text()}, {"FILE_SIZE", count}, {"ROW_COUNT", count}},
                               std::move(rows));
  }
  Unloaded::File sum;
  for (const Unloaded::File& file : unloaded.files) {
    sum.rows += file.rows;
    sum.input_bytes += file.input_bytes;
    sum.output_bytes += file.output_bytes;
  }
  rows.push_back({number(sum.rows), number(sum.input_bytes), number(sum.output_bytes)});
  return engine::make_result({{"rows_unloaded", count}, {"input_bytes", count}, {"output_bytes", count}},
                             std::move(rows));
}

}  // namespace load
