#include "flow/processors/kafka_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "flow/processors/held_content.h"
#include "store/checksum.h"

namespace flow {
namespace {

using Options = KafkaOutputOptions;

/// Contents that follow each other in one claim: each flowfile has its part.
class EachMessage final : public KafkaOutput {
 public:
  explicit EachMessage(const Options& options) : options_(options) {}

  base::Status add(Session& session, const kafka::Message& message) override {
    TRY(auto attributes, message_attributes(message, options_));
    const auto value = message.value().value_or(std::string_view{});
    if (!content_) {
      TRY(auto content, session.begin_write());
      content_.emplace(std::move(content));
    }
    const auto offset = content_->length();
    TRY_VOID(content_->append(value));
    auto& file = session.create();
    for (auto& [name, text] : attributes) session.put_attribute(file, name, text);
    // NiFi 2 calls an empty text one, too.
    if (options_.release == Options::Release::Two ? value.empty() : !message.value())
      session.put_attribute(file, "kafka.tombstone", "true");
    if (options_.release == Options::Release::One) put_range(session, file, KafkaRange::of(message), options_);
    parts_.push_back({&file, offset, value.size()});
    return {};
  }

  base::Status finish(Session& session) override {
    if (!content_) return {};
    const auto claim = content_->finish();
    for (const auto& part : parts_) {
      if (part.length > 0) session.set_content(*part.file, {claim.file, claim.offset + part.offset, part.length});
      session.report(EventType::Receive, *part.file,
                     {.uri = options_.cluster + "/" + part.file->attribute("kafka.topic")});
      session.transfer(*part.file, "success");
    }
    parts_.clear();
    content_.reset();
    return {};
  }

 private:
  struct Part {
    FlowFile* file;
    std::uint64_t offset, length;
  };
  const Options& options_;
  std::optional<ContentWriter> content_;
  std::vector<Part> parts_;
};

/// Messages that go together, with a text between them.
class Bundles final : public KafkaOutput {
 public:
  explicit Bundles(const Options& options) : options_(options) {}

  base::Status add(Session& session, const kafka::Message& message) override {
    TRY(auto key, key_of(message));
    auto& bundle = bundles_[std::move(key)];
    if (bundle.content == nullptr) {
      TRY(bundle.attributes, message_attributes(message, options_));
      bundle.content = std::make_unique<HeldContent>(session);
      bundle.range = KafkaRange::of(message);
    } else {
      TRY_VOID(bundle.content->append(options_.demarcator));
      bundle.range.add(message);
    }
    return bundle.content->append(message.value().value_or(std::string_view{}));
  }

  base::Status finish(Session& session) override {
    for (auto& [key, bundle] : bundles_) {
      TRY(auto content, bundle.content->finish());
      auto& file = session.create();
      // Of many messages only a key that all have is one of the flowfile.
      const bool one_key = options_.separate_by_key || bundle.range.messages == 1;
      for (auto& [name, text] : bundle.attributes)
        if (one_key || name != "kafka.key") session.put_attribute(file, name, text);
      put_range(session, file, bundle.range, options_);
      session.set_content(file, std::move(content));
      session.report(EventType::Receive, file, {.uri = options_.cluster + "/" + key.topic});
      session.transfer(file, "success");
    }
    bundles_.clear();
    return {};
  }

 private:
  struct Key {
    std::string topic;
    std::int32_t partition;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<std::string> key;
    auto operator<=>(const Key&) const = default;
  };
  struct Bundle {
    Attributes attributes;
    std::unique_ptr<HeldContent> content;
    KafkaRange range;
  };

  /// Headers that become no attributes do not keep messages apart, but for NiFi 2 when none do.
  base::Result<Key> key_of(const kafka::Message& message) const {
    Key key{std::string(message.topic()), message.partition(), {}, {}};
    if (options_.separate_by_key && message.key()) key.key = std::string(*message.key());
    if (!options_.header_pattern && options_.release == Options::Release::One) return key;
    for (const auto& [name, value] : message.headers()) {
      if (options_.header_pattern) {
        TRY(const auto matches, options_.header_pattern->matches(name));
        if (!matches) continue;
      }
      key.headers.emplace_back(name, value);
    }
    return key;
  }

  const Options& options_;
  std::map<Key, Bundle> bundles_;
};

}  // namespace

base::Result<std::string> header_text(std::string_view value, const Options& options) {
  if (options.hexadecimal_headers) return store::to_hex(value);
  return options.header_set.decode(value);
}

std::optional<std::string> key_text(const std::optional<std::string_view>& key, const Options& options) {
  if (!key || options.key_encoding == Options::KeyEncoding::None) return std::nullopt;
  if (options.key_encoding == Options::KeyEncoding::Utf8) return std::string(*key);
  auto digits = store::to_hex(*key);
  if (options.release == Options::Release::One)
    std::ranges::transform(digits, digits.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  return digits;
}

base::Result<Attributes> header_attributes(const kafka::Message& message, const Options& options) {
  Attributes attributes;
  if (!options.header_pattern) return attributes;
  for (const auto& [name, value] : message.headers()) {
    TRY(const auto matches, options.header_pattern->matches(name));
    if (!matches) continue;
    TRY(auto text, header_text(value, options));
    attributes.insert_or_assign(options.header_prefix + std::string(name), std::move(text));
  }
  return attributes;
}

base::Result<Attributes> message_attributes(const kafka::Message& message, const Options& options) {
  TRY(auto attributes, header_attributes(message, options));
  attributes["kafka.topic"] = message.topic();
  attributes["kafka.partition"] = std::to_string(message.partition());
  attributes["kafka.offset"] = std::to_string(message.offset());
  attributes["kafka.timestamp"] = std::to_string(message.timestamp_ms());
  attributes["kafka.consumer.offsets.committed"] = options.commits_offsets ? "true" : "false";
  attributes["kafka.consumer.id"] = options.group;
  if (options.release == Options::Release::Two)
    attributes["kafka.header.count"] = std::to_string(message.headers().size());
  if (auto key = key_text(message.key(), options)) attributes["kafka.key"] = std::move(*key);
  return attributes;
}

KafkaRange KafkaRange::of(const kafka::Message& message) {
  return {
      std::string(message.topic()), message.partition(), message.offset(), message.offset(), message.timestamp_ms(), 1};
}

void KafkaRange::add(const kafka::Message& message) {
  first = std::min(first, message.offset());
  last = std::max(last, message.offset());
  timestamp_ms = std::min(timestamp_ms, message.timestamp_ms());
  ++messages;
}

void put_range(Session& session, FlowFile& file, const KafkaRange& range, const Options& options) {
  const auto put = [&](std::string_view name, std::string value) {
    session.put_attribute(file, name, std::move(value));
  };
  put("kafka.topic", range.topic);
  put("kafka.partition", std::to_string(range.partition));
  put("kafka.offset", std::to_string(range.first));
  put("kafka.max.offset", std::to_string(range.last));
  put("kafka.timestamp", std::to_string(range.timestamp_ms));
  put("kafka.consumer.id", options.group);
  put("kafka.consumer.offsets.committed", options.commits_offsets ? "true" : "false");
  // NiFi 1 counts only what is more than one, and records as records.
  const bool one = options.release == Options::Release::One;
  if (!one || (range.messages > 1 && options.strategy != Options::Strategy::Records))
    put("kafka.count", std::to_string(range.messages));
}

std::unique_ptr<KafkaOutput> make_kafka_output(const Options& options) {
  switch (options.strategy) {
    case Options::Strategy::Each: return std::make_unique<EachMessage>(options);
    case Options::Strategy::Demarcated: return std::make_unique<Bundles>(options);
    case Options::Strategy::Records: return make_kafka_records(options);
  }
  return nullptr;
}

}  // namespace flow
