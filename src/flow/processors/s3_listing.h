#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flow/object_target.h"
#include "flow/processors/record_io.h"

namespace flow {

/// What is asked of each listed object beside what the listing says.
struct S3ListingDetails {
  bool tags = false;
  bool metadata = false;
};

/// What ListS3 makes of the objects that it lists: a flowfile of each, some of them committed at a time; or one of
/// records.
class S3ListingOutput {
 public:
  struct Options {
    const ObjectListing& listing;
    S3ListingDetails details;
    std::string region;
    std::uint64_t batch = 100;
  };
  /// `writer`: of records; null: flowfiles. What it refers to outlives this.
  static base::Result<S3ListingOutput> open(Session& session, ObjectTarget& target, Options options,
                                            const record::WriterFactory* writer);
  base::Status add(const ListedObject& object);
  base::Status finish();
  std::uint64_t count() const { return count_; }

 private:
  struct More {
    std::optional<NamedTexts> tags, metadata;
  };
  S3ListingOutput(Session& session, ObjectTarget& target, Options options)
      : session_(session), target_(target), options_(std::move(options)) {}
  base::Result<More> more_of(const ListedObject& object);
  void put_attributes(FlowFile& file, const ListedObject& object, const More& more);
  base::Status write_record(const ListedObject& object, const More& more);

  Session& session_;
  ObjectTarget& target_;
  const Options options_;
  std::uint64_t count_ = 0;
  std::uint64_t uncommitted_ = 0;
  FlowFile* records_file_ = nullptr;
  std::optional<RecordOutput> records_;
};

}  // namespace flow
