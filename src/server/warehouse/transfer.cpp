#include "server/warehouse/transfer.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace server::warehouse {
namespace {

namespace json = boost::json;
using engine::FileTransfer;

constexpr std::int64_t kThresholdBytes = 200 << 20;  // from here on clients would send parts

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string render_transfer(const FinishedStatement& statement, const StageUrls& urls, const std::string& host) {
  const auto& transfer = *statement.outcome.transfer;
  const bool upload = transfer.direction == FileTransfer::Direction::Upload;
  const auto url_of = [&](StageUrls::Use use, std::string_view name) {
    return "http://" + host +
           urls.sign({.use = use, .bucket = transfer.bucket, .key = transfer.prefix + std::string(name)});
  };
  // The kind of storage whose clients take any URL, http and this port included; they ask for nothing else of it.
  json::object stage{{"locationType", "GCS"},     {"location", transfer.bucket + "/" + transfer.prefix},
                     {"path", transfer.prefix},   {"region", "us-central1"},
                     {"storageAccount", nullptr}, {"isClientSideEncrypted", false},
                     {"creds", json::object()},   {"presignedUrl", nullptr},
                     {"endPoint", nullptr},       {"useS3RegionalUrl", false},
                     {"useRegionalUrl", false},   {"useVirtualUrl", false}};
  json::object data{{"queryId", statement.query_id},
                    {"command", upload ? "UPLOAD" : "DOWNLOAD"},
                    {"operation", "Node"},
                    {"kind", nullptr},
                    {"parallel", transfer.parallel},
                    {"threshold", kThresholdBytes},
                    {"autoCompress", transfer.auto_compress},
                    {"overwrite", transfer.overwrite},
                    {"sourceCompression", transfer.source_compression},
                    {"clientShowEncryptionParameter", false},
                    {"statementTypeId", statement.outcome.type_id},
                    {"sqlState", nullptr},
                    {"parameters", json::array()}};
  if (upload) {
    // For the name as it stands: of a pattern the client takes each file, and asks again with its name.
    stage["presignedUrl"] =
        url_of(transfer.overwrite ? StageUrls::Use::Upload : StageUrls::Use::UploadIfAbsent, last_part(transfer.local));
    data["src_locations"] = json::array{transfer.local};
    data["encryptionMaterial"] = nullptr;
    data["uploadInfo"] = stage;
  } else {
    json::array names, presigned;
    for (const auto& file : transfer.files) {
      names.push_back(json::value(file.name));
      presigned.push_back(json::value(url_of(StageUrls::Use::Download, file.name)));
    }
    data["src_locations"] = std::move(names);
    data["presignedUrls"] = std::move(presigned);
    data["localLocation"] = transfer.local;
    data["encryptionMaterial"] = json::array();
  }
  data["stageInfo"] = std::move(stage);
  return json::serialize(
      json::object{{"data", std::move(data)}, {"code", nullptr}, {"message", nullptr}, {"success", true}});
}

}  // namespace server::warehouse
