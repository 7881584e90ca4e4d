#pragma once

#include <memory>
#include <optional>
#include <string>

#include "flow/content/character_set.h"
#include "flow/engine/session.h"
#include "flow/kafka/consumer.h"
#include "flow/processors/record_io.h"

namespace flow {

/// What consumed messages become: a flowfile each, bundles or records; and what those say about them.
struct KafkaOutputOptions {
  enum class Release { One, Two };
  enum class Strategy { Each, Demarcated, Records };
  enum class KeyEncoding { Utf8, Hex, None };
  enum class Shape { Value, Wrapper, Metadata, Offset };
  enum class KeyFormat { Bytes, Text, Record };
  Release release = Release::Two;
  Strategy strategy = Strategy::Each;
  bool commits_offsets = true;
  std::string group;
  std::string cluster = {};  // its URI
  KeyEncoding key_encoding = KeyEncoding::Utf8;
  std::optional<el::Pattern> header_pattern = {};
  std::string header_prefix = {};
  CharacterSet header_set = CharacterSet::utf8();
  bool hexadecimal_headers = false;
  std::string demarcator = {};
  bool separate_by_key = false;
  RecordServices services = {};
  std::shared_ptr<record::ReaderFactory> key_reader = {};
  Shape shape = Shape::Value;
  KeyFormat key_format = KeyFormat::Bytes;
  bool merges_schemas = false;
  std::string parse_failure = "parse failure";  // relationship
};

/// Flowfiles in the making, of the messages of one unit of work. Dropped without finish() nothing is transferred.
class KafkaOutput {
 public:
  virtual ~KafkaOutput() = default;
  /// The session is the same in each call. Errors are not those of the message: it is read again.
  virtual base::Status add(Session& session, const kafka::Message& message) = 0;
  virtual base::Status finish(Session& session) = 0;
};
/// The options outlive it.
std::unique_ptr<KafkaOutput> make_kafka_output(const KafkaOutputOptions& options);
std::unique_ptr<KafkaOutput> make_kafka_records(const KafkaOutputOptions& options);

/// A header's value as a text. Errors: InvalidValue for bytes that its character set has not.
base::Result<std::string> header_text(std::string_view value, const KafkaOutputOptions& options);
std::optional<std::string> key_text(const std::optional<std::string_view>& key, const KafkaOutputOptions& options);
/// The headers whose names are wanted, as attributes.
base::Result<Attributes> header_attributes(const kafka::Message& message, const KafkaOutputOptions& options);
/// What a message says of itself, with its headers.
base::Result<Attributes> message_attributes(const kafka::Message& message, const KafkaOutputOptions& options);

/// Where the messages of one flowfile are.
struct KafkaRange {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t first = 0, last = 0;  // offsets
  std::int64_t timestamp_ms = 0;     // the earliest
  std::uint64_t messages = 0;

  static KafkaRange of(const kafka::Message& message);
  void add(const kafka::Message& message);
};
void put_range(Session& session, FlowFile& file, const KafkaRange& range, const KafkaOutputOptions& options);

}  // namespace flow
