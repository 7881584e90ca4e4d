#include "store/s3/lifecycle_runner.h"

#include "store/s3/documents/lifecycle.h"

namespace store::s3 {
namespace {

constexpr int kUploadDaysMax = 7;

/// Walks the versions of one bucket and does what is due for each.
class BucketWalk {
 public:
  BucketWalk(ObjectStore& store, const BucketInfo& bucket, const LifecycleConfiguration& rules, base::Instant now,
             std::chrono::nanoseconds day, LifecycleReport& report)
      : store_(store), bucket_(bucket), rules_(rules), now_(now), day_(day), report_(report) {}

  base::Status run() {
    VersionListOptions options;
    for (bool more = true; more;) {
      TRY(const auto page, store_.list_versions(bucket_.name, options));
      for (const auto& version : page.versions) TRY_VOID(take(version));
      options.key_marker = page.next_key;
      options.version_marker = page.next_version;
      more = page.truncated;
    }
    return judge_key();
  }

 private:
  /// Collects the versions of one key: what is due for one depends on the others.
  base::Status take(const ObjectVersion& version) {
    if (!versions_.empty() && versions_.front().info.key != version.info.key) {
      TRY_VOID(judge_key());
    }
    versions_.push_back(version);
    return {};
  }

  base::Status judge_key() {
    int newer_noncurrent = 0;
    for (std::size_t i = 0; i < versions_.size(); ++i) {
      const auto& [info, is_latest, is_marker] = versions_[i];
      ++report_.looked_at;
      ObjectFacts facts{.key = info.key,
                        .size = info.size,
                        .last_modified = info.last_modified,
                        .is_latest = is_latest,
                        .is_delete_marker = is_marker,
                        .is_only_version = versions_.size() == 1,
                        .newer_noncurrent_versions = newer_noncurrent};
      if (i > 0) facts.became_noncurrent = versions_[i - 1].info.last_modified;
      if (!is_latest) ++newer_noncurrent;
      if (due_action(rules_, facts, now_, day_) == LifecycleAction::None && !has_tag_rules()) continue;
      TRY_VOID(judge(info, std::move(facts)));
    }
    versions_.clear();
    return {};
  }

  bool has_tag_rules() const {
    for (const auto& rule : rules_.rules)
      if (!rule.filter.tags.empty()) return true;
    return false;
  }

  base::Status judge(const ObjectInfo& info, ObjectFacts facts) {
    if (!facts.is_delete_marker && has_tag_rules()) {
      const auto details = store_.head(info.bucket, info.key, version_id(info));
      if (!details) return {};  // gone meanwhile
      for (const auto& [name, value] : details->tags) facts.tags.push_back({name, value});
    }
    switch (due_action(rules_, facts, now_, day_)) {
      case LifecycleAction::None: return {};
      case LifecycleAction::ExpireCurrent: return remove(info, {.if_sequence = info.sequence}, report_.expired);
      case LifecycleAction::DeleteNoncurrent:
        return remove(info, {.version = version_id(info)}, report_.noncurrent_removed);
      case LifecycleAction::RemoveDeleteMarker:
        return remove(info, {.version = version_id(info)}, report_.markers_removed);
    }
    return {};
  }

  base::Status remove(const ObjectInfo& info, RemoveOptions options, std::uint64_t& count) {
    options.cause = RemovalCause::LifecycleRule;
    const auto removed = store_.remove(info.bucket, info.key, std::move(options));
    if (!removed) {
      const auto kind = removed.error().kind;
      if (kind == base::ErrorKind::Denied || kind == base::ErrorKind::NotFound) return {};  // locked, or gone
      return base::fail(removed.error());
    }
    count += removed->existed ? 1 : 0;
    return {};
  }

  ObjectStore& store_;
  const BucketInfo& bucket_;
  const LifecycleConfiguration& rules_;
  const base::Instant now_;
  const std::chrono::nanoseconds day_;
  LifecycleReport& report_;
  std::vector<ObjectVersion> versions_;  // of the key that is looked at
};

base::Status abort_old_uploads(ObjectStore& store, const BucketInfo& bucket, const LifecycleConfiguration& rules,
                               base::Instant now, std::chrono::nanoseconds day, LifecycleReport& report) {
  UploadListOptions options;
  for (bool more = true; more;) {
    TRY(const auto page, store.list_uploads(bucket.name, options));
    for (const auto& upload : page.uploads) {
      const auto due = abort_of_upload(rules, upload.key, upload.initiated, day);
      const bool too_old = now - upload.initiated > kUploadDaysMax * day;
      if (!too_old && (!due || due->at > now)) continue;
      const auto aborted = store.abort_upload(bucket.name, upload.key, upload.id);
      if (!aborted && aborted.error().kind != base::ErrorKind::NotFound) return aborted;
      ++report.uploads_aborted;
    }
    options.key_marker = page.next_key;
    options.upload_marker = page.next_upload;
    more = page.truncated;
  }
  return {};
}

}  // namespace

base::Result<LifecycleReport> run_lifecycle(ObjectStore& store, base::Instant now, std::chrono::nanoseconds day) {
  LifecycleReport report;
  TRY(const auto buckets, store.list_buckets());
  for (const auto& bucket : buckets) {
    LifecycleConfiguration rules;
    if (const auto* document = bucket.document("lifecycle"); document != nullptr) {
      auto parsed = parse_lifecycle(*document);
      if (!parsed)
        return base::fail(base::ErrorKind::Internal,
                          "the lifecycle rules of " + bucket.name + " cannot be read: " + parsed.error().message);
      rules = std::move(*parsed);
    }
    TRY_VOID(abort_old_uploads(store, bucket, rules, now, day, report));
    if (rules.rules.empty()) continue;
    TRY_VOID(BucketWalk(store, bucket, rules, now, day, report).run());
  }
  return report;
}

}  // namespace store::s3
