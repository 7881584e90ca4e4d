// Removing many objects at once.

#include <algorithm>

#include "store/s3/answers.h"
#include "store/s3/caller.h"
#include "store/s3/client.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kKeysMax = 1000;  // of one request

/// XML has no way to write some characters: such keys are removed one by one.
bool fits_xml(const std::string& key) {
  return std::ranges::none_of(key, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

base::Result<std::vector<RemovalFailure>> S3Client::remove_all(const std::string& bucket,
                                                               const std::vector<std::string>& keys) {
  std::vector<RemovalFailure> failures;
  std::vector<const std::string*> batch;
  const auto send = [&]() -> base::Status {
    if (batch.empty()) return {};
    XmlWriter xml("Delete");
    for (const auto* key : batch) xml.open("Object").text("Key", *key).close();
    const auto body = body_of(xml.flag("Quiet", true).take());
    batch.clear();
    TRY(const auto answer, ask({.method = "POST",
                                .bucket = bucket,
                                .query = "delete",
                                .headers = {{"Content-Type", "application/xml"}},
                                .body = &body,
                                .checksum = ChecksumAlgorithm::Crc32,
                                .needs_checksum = true}));
    TRY(const auto document, parse_xml(answer.response));
    for (const auto& error : document.child("DeleteResult").children("Error"))
      failures.push_back({error.child_value("Key"), error.child_value("Code"), error.child_value("Message")});
    return {};
  };
  for (const auto& key : keys) {
    if (!fits_xml(key)) {
      if (const auto removed = remove(bucket, key); !removed) failures.push_back({key, "", removed.error().message});
      continue;
    }
    batch.push_back(&key);
    if (batch.size() == kKeysMax) TRY_VOID(send());
  }
  TRY_VOID(send());
  return failures;
}

}  // namespace store::s3
