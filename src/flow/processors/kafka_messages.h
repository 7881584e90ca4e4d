#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "flow/content/character_set.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/kafka/producer.h"
#include "flow/processors/record_io.h"
#include "flow/record/path.h"

namespace flow {

/// The properties of publishing whose labels differ between NiFi 1 and 2.
struct PublishNames {
  std::string_view transactions, id_prefix, header_pattern, header_encoding, key_encoding;
  bool are_of_nifi_2 = false;
};

/// A key as text to the bytes that it stands for. Errors: InvalidValue for what is no hexadecimal number.
base::Result<std::string> key_bytes(const std::string& text, bool hexadecimal);

/// Cuts bytes at a text; what lies between two that follow each other is no part.
class Demarcated {
 public:
  Demarcated(ByteSource& source, std::string demarcator, std::uint64_t bytes_max)
      : source_(source), demarcator_(std::move(demarcator)), bytes_max_(bytes_max) {}
  /// The next part, good until the next call; nothing at the end. Errors: InvalidValue for one that is too long.
  base::Result<std::optional<std::string_view>> next();

 private:
  ByteSource& source_;
  const std::string demarcator_;
  const std::uint64_t bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;
  bool ended_ = false;
};

/// Makes the messages of flowfiles and sends them.
class KafkaMessages {
 public:
  explicit KafkaMessages(const PublishNames& names) : names_(names) {}
  base::Status prepare(const Configuration& configuration);
  /// Errors: Unavailable for the cluster, Internal for the disk; any other for this flowfile.
  base::Status send(const Session& session, const FlowFile& file, kafka::Producer& producer,
                    kafka::Delivery& delivery) const;

 private:
  struct Target;  // of one flowfile
  enum class Partitioning { ByKey, RoundRobin, Expression, RecordPath };
  base::Result<std::vector<std::pair<std::string, std::string>>> headers_of(const Attributes& attributes) const;
  base::Result<std::optional<std::string>> key_of(const Session& session, const FlowFile& file) const;
  base::Status aim(Target& target, const Session& session, const FlowFile& file) const;
  base::Status send_one(kafka::Outgoing message, const record::Row* row, const Target& target) const;
  base::Status send_whole(const FlowFile& file, const Target& target) const;
  base::Status send_parts(const FlowFile& file, const std::string& demarcator, const Target& target) const;
  base::Status send_records(const Session& session, const FlowFile& file, const Target& target) const;
  base::Status send_wrapper(const Session& session, const FlowFile& file, const record::Row& row,
                            const Target& target) const;
  base::Result<std::optional<std::int32_t>> partition_of(const Target& target, const record::Row* row,
                                                         std::string_view topic) const;
  base::Result<std::optional<std::string>> bytes_of(const Session& session, const FlowFile& file,
                                                    const record::Value& value,
                                                    const record::WriterFactory* writer) const;

  const PublishNames& names_;
  const Configuration* configuration_ = nullptr;
  std::optional<el::Pattern> header_pattern_;
  std::optional<CharacterSet> header_set_;
  enum class Keys { Text, Hexadecimal, None } keys_ = Keys::Text;
  Partitioning partitioning_ = Partitioning::ByKey;
  mutable std::atomic<std::int64_t> turn_ = 0;
  RecordServices services_;
  std::shared_ptr<record::WriterFactory> key_writer_;
  bool wraps_ = false;
  bool metadata_from_record_ = false;
  std::uint64_t message_bytes_max_ = 0;
};

}  // namespace flow
