#include "store/records.h"

#include <array>

namespace store {
namespace {

constexpr char kVersion = 3;

std::string big_endian(std::uint64_t value, std::size_t width) {
  std::string bytes(width, '\0');
  for (std::size_t i = width; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  return bytes;
}

class Encoder {
 public:
  Encoder() { bytes_ += kVersion; }
  Encoder& number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
    return *this;
  }
  Encoder& text(std::string_view value) {
    number(value.size());
    bytes_ += value;
    return *this;
  }
  Encoder& instant(base::Instant value) { return number(static_cast<std::uint64_t>(value.ns)); }
  Encoder& pairs(const NameValues& values) {
    number(values.size());
    for (const auto& [name, value] : values) text(name).text(value);
    return *this;
  }
  Encoder& flag(bool value) { return number(value ? 1 : 0); }
  template <class Enum>
  Encoder& choice(Enum value) {
    return number(static_cast<std::uint64_t>(value));
  }
  /// Without the storage class, which listings show.
  Encoder& attributes(const ObjectAttributes& value) {
    return text(value.content_type).pairs(value.headers).pairs(value.metadata);
  }
  Encoder& lock(const ObjectLock& value) {
    flag(value.legal_hold).flag(value.retention.has_value());
    if (value.retention) choice(value.retention->mode).instant(value.retention->until);
    return *this;
  }
  Encoder& settings(const ObjectSettings& value) {
    return text(value.owner).text(value.access).pairs(value.tags).lock(value.lock);
  }
  Encoder& encryption(const Encryption& value) { return choice(value.kind).text(value.key_name); }
  Encoder& checksum(const std::optional<Checksum>& value) {
    if (!value) return number(0);
    return number(1 + static_cast<std::uint64_t>(value->algorithm))
        .number(static_cast<std::uint64_t>(value->type))
        .text(value->value);
  }
  Encoder& contents(const std::vector<Content>& values) {
    number(values.size());
    for (const auto& content : values) {
      number(content.size).text(content.key).number(content.extents.size());
      for (const auto& extent : content.extents) number(extent.file.value).number(extent.offset).number(extent.length);
    }
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {
    if (rest_.empty() || rest_[0] < 1 || rest_[0] > kVersion) {
      good_ = false;
    } else {
      version_ = rest_[0];
      rest_.remove_prefix(1);
    }
  }
  /// True for a record of a store that knew no versions of objects.
  bool is_old() const { return version_ == 1; }
  char version() const { return version_; }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<std::uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  std::string text() {
    const auto length = number();
    if (length > rest_.size()) {
      good_ = false;
      return {};
    }
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }
  /// How many items follow; each takes a byte at least, so a damaged count cannot ask for more memory than the record.
  std::size_t count() {
    const auto n = number();
    if (n <= rest_.size()) return n;
    good_ = false;
    return 0;
  }
  template <class Enum>
  Enum choice(Enum last) {
    const auto value = number();
    if (value <= static_cast<std::uint64_t>(last)) return static_cast<Enum>(value);
    good_ = false;
    return last;
  }
  bool flag() { return number() != 0; }
  base::Instant instant() { return {static_cast<std::int64_t>(number())}; }
  NameValues pairs() {
    NameValues values(count());
    for (auto& [name, value] : values) {
      name = text();
      value = text();
    }
    return values;
  }
  ObjectAttributes attributes() {
    ObjectAttributes value;
    value.content_type = text();
    value.headers = pairs();
    value.metadata = pairs();
    return value;
  }
  std::optional<ChecksumAlgorithm> algorithm() {
    const auto value = number();
    if (value == 0) return std::nullopt;
    if (value <= 1 + static_cast<std::uint64_t>(kLastChecksumAlgorithm))
      return static_cast<ChecksumAlgorithm>(value - 1);
    good_ = false;
    return std::nullopt;
  }
  std::optional<Checksum> checksum() {
    const auto known = algorithm();
    if (!known) return std::nullopt;
    Checksum value{.algorithm = *known};
    value.type = choice(ChecksumType::Composite);
    value.value = text();
    return value;
  }
  ObjectLock lock() {
    ObjectLock value;
    value.legal_hold = flag();
    if (!flag()) return value;
    value.retention.emplace();
    value.retention->mode = choice(RetentionMode::Compliance);
    value.retention->until = instant();
    return value;
  }
  ObjectSettings settings() {
    ObjectSettings value;
    value.owner = text();
    value.access = text();
    value.tags = pairs();
    value.lock = lock();
    return value;
  }
  Encryption encryption() {
    Encryption value;
    value.kind = choice(EncryptionKind::Customer);
    value.key_name = text();
    return value;
  }
  /// `size`: of the whole, which old records do not say here.
  std::vector<Content> contents(std::uint64_t size) {
    if (is_old()) {
      Content whole{.size = size, .extents = extents()};
      if (whole.extents.empty()) return {};
      return {std::move(whole)};
    }
    std::vector<Content> values(count());
    for (auto& content : values) {
      content.size = number();
      content.key = text();
      content.extents = extents();
    }
    return values;
  }
  std::vector<Extent> extents() {
    std::vector<Extent> values(count());
    for (auto& extent : values) {
      extent.file = {number()};
      extent.offset = number();
      extent.length = number();
    }
    return values;
  }
  /// The rest of the record is of no interest.
  void stop_here() { partly_ = true; }
  template <class T>
  base::Result<T> result(T value) const {
    if (good_ && (rest_.empty() || partly_)) return value;
    return base::fail(base::ErrorKind::Internal, "the object index holds a record that cannot be read");
  }

 private:
  std::string_view rest_;
  char version_ = kVersion;
  bool good_ = true;
  bool partly_ = false;
};

void put_object(Encoder& out, const ObjectRecord& record) {
  const auto& details = record.details;
  const auto& info = details.info;
  // First what listings show.
  out.text(info.bucket).text(info.key).number(info.size).text(info.etag).instant(info.last_modified);
  out.number(info.sequence).flag(info.is_null_version).text(info.owner).text(details.attributes.storage_class);
  out.flag(record.is_delete_marker);
  out.attributes(details.attributes).checksum(details.checksum).number(details.parts.size());
  for (const auto& part : details.parts)
    out.number(static_cast<std::uint64_t>(part.number)).number(part.size).text(part.checksum);
  out.text(details.access).pairs(details.tags).lock(details.lock).encryption(details.encryption);
  out.contents(record.contents);
}

ObjectVersion get_listed(Decoder& in) {
  ObjectVersion version;
  auto& info = version.info;
  info.bucket = in.text();
  info.key = in.text();
  info.size = in.number();
  info.etag = in.text();
  info.last_modified = in.instant();
  info.sequence = in.number();
  if (in.is_old()) return version;
  info.is_null_version = in.flag();
  info.owner = in.text();
  info.storage_class = in.text();
  version.is_delete_marker = in.flag();
  return version;
}

ObjectRecord get_object(Decoder& in) {
  ObjectRecord record;
  auto& details = record.details;
  auto listed = get_listed(in);
  details.info = std::move(listed.info);
  record.is_delete_marker = listed.is_delete_marker;
  details.attributes = in.attributes();
  details.attributes.storage_class = details.info.storage_class;
  details.checksum = in.checksum();
  details.parts.resize(in.count());
  int number = 0;
  for (auto& part : details.parts) {
    part.number = in.is_old() ? ++number : static_cast<int>(in.number());
    part.size = in.number();
    if (!in.is_old()) part.checksum = in.text();
  }
  if (!in.is_old()) {
    details.access = in.text();
    details.tags = in.pairs();
    details.lock = in.lock();
    details.encryption = in.encryption();
  }
  record.contents = in.contents(details.info.size);
  return record;
}

std::uint64_t code_of(const std::optional<ChecksumAlgorithm>& algorithm) {
  return algorithm ? 1 + static_cast<std::uint64_t>(*algorithm) : 0;
}

}  // namespace

std::vector<Extent> extents_of(const std::vector<Content>& contents) {
  std::vector<Extent> extents;
  for (const auto& content : contents) extents.insert(extents.end(), content.extents.begin(), content.extents.end());
  return extents;
}

std::string encode(const ObjectRecord& record) {
  Encoder out;
  put_object(out, record);
  return out.take();
}

base::Result<ObjectRecord> decode_object(std::string_view bytes) {
  Decoder in(bytes);
  auto record = get_object(in);
  return in.result(std::move(record));
}

base::Result<ObjectVersion> decode_listed(std::string_view bytes) {
  Decoder in(bytes);
  auto version = get_listed(in);
  in.stop_here();
  return in.result(std::move(version));
}

std::string encode(const BucketInfo& bucket) {
  return Encoder()
      .instant(bucket.created)
      .text(bucket.owner)
      .text(bucket.location)
      .choice(bucket.versioning)
      .flag(bucket.object_lock)
      .pairs(bucket.documents)
      .take();
}

base::Result<BucketInfo> decode_bucket(std::string name, std::string_view bytes) {
  BucketInfo bucket{.name = std::move(name)};
  // Before format 2 a bucket was the time of its creation.
  if (bytes.size() == sizeof(std::uint64_t)) {
    bucket.created = {static_cast<std::int64_t>(decode_number(bytes))};
    return bucket;
  }
  Decoder in(bytes);
  bucket.created = in.instant();
  bucket.owner = in.text();
  bucket.location = in.text();
  bucket.versioning = in.choice(Versioning::Suspended);
  bucket.object_lock = in.flag();
  bucket.documents = in.pairs();
  return in.result(std::move(bucket));
}

std::string encode(const FileRecord& record) { return Encoder().number(record.end).number(record.live).take(); }

base::Result<FileRecord> decode_file(std::string_view bytes) {
  Decoder in(bytes);
  FileRecord record;
  record.end = in.number();
  record.live = in.number();
  return in.result(record);
}

std::string encode(const UploadRecord& record) {
  return Encoder()
      .instant(record.initiated)
      .attributes(record.attributes)
      .number(code_of(record.checksum))
      .choice(record.checksum_type)
      .text(record.attributes.storage_class)
      .settings(record.settings)
      .encryption(record.encryption)
      .text(record.key_check)
      .take();
}

base::Result<UploadRecord> decode_upload(std::string_view bytes) {
  Decoder in(bytes);
  UploadRecord record;
  record.initiated = in.instant();
  record.attributes = in.attributes();
  record.checksum = in.algorithm();
  record.checksum_type = in.choice(ChecksumType::Composite);
  if (in.is_old()) return in.result(std::move(record));
  record.attributes.storage_class = in.text();
  record.settings = in.settings();
  record.encryption = in.encryption();
  record.key_check = in.text();
  return in.result(std::move(record));
}

std::string encode(const PartRecord& record) {
  const auto& info = record.info;
  return Encoder()
      .number(static_cast<std::uint64_t>(info.number))
      .number(info.size)
      .text(info.etag)
      .instant(info.last_modified)
      .checksum(info.checksum)
      .contents(record.contents)
      .take();
}

base::Result<PartRecord> decode_part(std::string_view bytes) {
  Decoder in(bytes);
  PartRecord record;
  record.info.number = static_cast<int>(in.number());
  record.info.size = in.number();
  record.info.etag = in.text();
  record.info.last_modified = in.instant();
  record.info.checksum = in.checksum();
  record.contents = in.contents(record.info.size);
  return in.result(std::move(record));
}

std::string encode(const FinishedUpload& record) {
  Encoder out;
  out.text(record.parts_digest);
  put_object(out, record.object);
  return out.take();
}

base::Result<std::vector<Content>> decode_contents(std::string_view place, std::string_view bytes) {
  if (place.front() == 'p') {
    TRY(auto part, decode_part(bytes));
    return std::move(part.contents);
  }
  TRY(auto object, decode_object(bytes));
  return std::move(object.contents);
}

base::Result<FinishedUpload> decode_finished(std::string_view bytes) {
  Decoder in(bytes);
  FinishedUpload record;
  record.parts_digest = in.text();
  record.object = get_object(in);
  return in.result(std::move(record));
}

std::string encode(const ObjectEvent& event) {
  return Encoder()
      .number(event.sequence)
      .number(static_cast<std::uint64_t>(event.kind))
      .text(event.bucket)
      .text(event.key)
      .number(event.size)
      .text(event.etag)
      .instant(event.time)
      .text(event.version)
      .text(event.origin.user)
      .text(event.origin.address)
      .text(event.origin.request)
      .take();
}

base::Result<ObjectEvent> decode_event(std::string_view bytes) {
  Decoder in(bytes);
  ObjectEvent event;
  event.sequence = in.number();
  event.kind = in.choice(kLastEventKind);
  event.bucket = in.text();
  event.key = in.text();
  event.size = in.number();
  event.etag = in.text();
  event.time = in.instant();
  if (in.version() < 3) return in.result(std::move(event));
  event.version = in.text();
  event.origin.user = in.text();
  event.origin.address = in.text();
  event.origin.request = in.text();
  return in.result(std::move(event));
}

std::string encode(const Damage& damage) {
  return Encoder()
      .text(damage.what)
      .text(damage.bucket)
      .text(damage.key)
      .text(damage.version)
      .text(damage.upload)
      .number(static_cast<std::uint64_t>(damage.part))
      .text(damage.file)
      .number(damage.offset)
      .take();
}

base::Result<Damage> decode_damage(std::string_view bytes) {
  Decoder in(bytes);
  Damage damage;
  damage.what = in.text();
  damage.bucket = in.text();
  damage.key = in.text();
  damage.version = in.text();
  damage.upload = in.text();
  damage.part = static_cast<int>(in.number());
  damage.file = in.text();
  damage.offset = in.number();
  return in.result(std::move(damage));
}

std::string encode(const ScrubPosition& position) {
  Encoder out;
  out.text(position.after).flag(position.finished.has_value());
  if (position.finished) out.instant(*position.finished);
  return out.take();
}

base::Result<ScrubPosition> decode_scrub_position(std::string_view bytes) {
  Decoder in(bytes);
  ScrubPosition position{.after = in.text()};
  if (in.flag()) position.finished = in.instant();
  return in.result(std::move(position));
}

std::string encode(const WaitingMessage& message) {
  return Encoder().instant(message.queued).text(message.text).take();
}

base::Result<WaitingMessage> decode_message(std::string destination, std::uint64_t number, std::string_view bytes) {
  Decoder in(bytes);
  WaitingMessage message{.destination = std::move(destination), .number = number};
  message.queued = in.instant();
  message.text = in.text();
  return in.result(std::move(message));
}

std::string encode_number(std::uint64_t value) { return big_endian(value, 8); }

std::uint64_t decode_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

namespace index_key {
namespace {

std::string joined(char space, std::string_view first, std::string_view second) {
  std::string key(1, space);
  key.append(first).append(1, '\0').append(second);
  return key;
}

}  // namespace

std::string bucket(std::string_view name) { return std::string(kBuckets).append(name); }
std::string objects(std::string_view bucket) { return joined('o', bucket, {}); }
std::string object(std::string_view bucket, std::string_view key) { return joined('o', bucket, key); }
std::string all_versions(std::string_view bucket) { return joined('v', bucket, {}); }
std::string versions(std::string_view bucket, std::string_view key) { return joined('v', bucket, key).append(1, '\0'); }
std::string version(std::string_view bucket, std::string_view key, std::uint64_t sequence) {
  return versions(bucket, key) + big_endian(~sequence, 8);  // the newest first
}
std::uint64_t sequence_of(std::string_view version_key) {
  return ~decode_number(version_key.substr(version_key.size() - 8));
}
std::string file(FileId id) { return std::string(kFiles) + big_endian(id.value, 8); }
std::string event(std::uint64_t sequence) { return std::string(kEvents) + big_endian(sequence, 8); }
std::string event_reader(std::string_view name) { return std::string(kEventReaders).append(name); }
std::string messages(std::string_view destination) { return joined('n', destination, {}); }
std::string message(std::string_view destination, std::uint64_t number) {
  return joined('n', destination, big_endian(number, 8));
}
std::string staged(StagedId id) { return std::string(kStaged) + big_endian(id, 8); }
std::string token(std::string_view source, std::string_view id) {
  // The source's length first: tokens may hold any byte.
  return "t" + big_endian(source.size(), 4) + std::string(source).append(id);
}
std::string uploads(std::string_view bucket) { return joined('u', bucket, {}); }
std::string upload(std::string_view bucket, std::string_view key, std::string_view id) {
  return joined('u', bucket, key).append(1, '\0').append(id);
}
std::string parts(std::string_view upload) { return joined('p', upload, {}); }
std::string part(std::string_view upload, int number) {
  return joined('p', upload, big_endian(static_cast<std::uint64_t>(number), 4));
}
std::string finished(std::string_view upload) { return std::string("d").append(upload); }
std::string damaged(std::string_view bucket, std::string_view key, std::uint64_t sequence) {
  return joined('x', bucket, key).append(1, '\0') + big_endian(sequence, 8);
}
std::string damaged_part(std::string_view upload, int number) {
  return joined('x', {}, upload).append(1, '\0') + big_endian(static_cast<std::uint64_t>(number), 8);
}

std::optional<Place> parse(std::string_view place) {
  if (place.empty()) return std::nullopt;
  const char space = place.front();
  const auto end = place.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const auto first = place.substr(1, end - 1);
  const auto rest = place.substr(end + 1);
  if (space == 'o') return Place{.bucket = std::string(first), .key = std::string(rest)};
  if (space == 'p') {
    if (rest.size() != 4) return std::nullopt;
    return Place{.upload = std::string(first), .part = static_cast<int>(decode_number(rest))};
  }
  const auto key_end = rest.find('\0');
  if (key_end == std::string_view::npos) return std::nullopt;
  Place parsed{.bucket = std::string(first), .key = std::string(rest.substr(0, key_end))};
  const auto last = rest.substr(key_end + 1);
  if (space == 'v') return last.size() == 8 ? std::optional(std::move(parsed)) : std::nullopt;
  if (space != 'u') return std::nullopt;
  parsed.upload = last;
  return parsed;
}

}  // namespace index_key

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<std::uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<std::uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace store
