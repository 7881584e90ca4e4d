#include "store/s3/access.h"
#include "store/s3/documents/object_lock.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/grants.h"
#include "store/s3/operations.h"

/// What can be changed of an object without its bytes: access control list, tags, lock.
namespace store::s3 {
namespace {

S3Result<ObjectDetails> find_object(ServiceContext& context, const Call& call) {
  auto details = context.store.head(call.bucket, call.key, call.version());
  if (!details) return S3Failure(to_s3(details.error()));
  return std::move(*details);
}

S3Result<BucketInfo> find_bucket(ServiceContext& context, const Call& call) {
  auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  return std::move(*bucket);
}

void add_version(Reply& reply, const BucketInfo& bucket, const ObjectDetails& details) {
  if (bucket.versioning != store::Versioning::Never) reply.headers.add("x-amz-version-id", version_id(details.info));
}

/// Changes the version that the request names. `change` may refuse in the protocol's terms.
ReplyResult change_object(ServiceContext& context, const Call& call, int status,
                          const std::function<S3Result<bool>(ObjectDetails&)>& change) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  std::optional<S3Error> refusal;
  Reply reply{.status = status};
  const auto changed =
      context.store.update_object(call.bucket, call.key, call.version(), [&](ObjectDetails& details) -> base::Status {
        auto done = change(details);
        add_version(reply, *bucket, details);
        if (done) return {};
        refusal = done.error();
        return base::fail(base::ErrorKind::Denied, refusal->message);
      });
  if (refusal) return S3Failure(std::move(*refusal));
  if (!changed) return S3Failure(to_s3(changed.error()));
  return reply;
}

S3Failure no_lock() { return refuse(400, "InvalidRequest", "Bucket is missing Object Lock Configuration"); }

}  // namespace

ReplyResult get_object_acl(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto details = find_object(context, call);
  if (!details) return S3Failure(details.error());
  const auto acl = kept_acl(context, details->access, details->info.owner, *bucket);
  if (!acl) return S3Failure(acl.error());
  auto reply = xml_reply(print_acl(*acl));
  add_version(reply, *bucket, *details);
  return reply;
}

ReplyResult put_object_acl(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  return change_object(context, call, 200, [&](ObjectDetails& details) -> S3Result<bool> {
    auto access = read_access(context, call, *bucket, details.info.owner);
    if (!access) return S3Failure(access.error());
    details.access = std::move(*access);
    return true;
  });
}

ReplyResult get_object_tagging(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto details = find_object(context, call);
  if (!details) return S3Failure(details.error());
  Tags tags;
  for (const auto& [name, value] : details->tags) tags.push_back({name, value});
  auto reply = xml_reply(print_tagging(tags));
  add_version(reply, *bucket, *details);
  return reply;
}

ReplyResult put_object_tagging(ServiceContext& context, const Call& call) {
  const auto tags = parse_tagging(call.body, TagHolder::Object);
  if (!tags) return S3Failure(tags.error());
  return change_object(context, call, 200, [&](ObjectDetails& details) -> S3Result<bool> {
    details.tags.clear();
    for (const auto& [name, value] : *tags) details.tags.emplace_back(name, value);
    return true;
  });
}

ReplyResult delete_object_tagging(ServiceContext& context, const Call& call) {
  return change_object(context, call, 204, [](ObjectDetails& details) -> S3Result<bool> {
    details.tags.clear();
    return true;
  });
}

ReplyResult get_object_retention(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  if (!bucket->object_lock) return no_lock();
  const auto details = find_object(context, call);
  if (!details) return S3Failure(details.error());
  if (!details->lock.retention)
    return refuse(404, "NoSuchObjectLockConfiguration",
                  "The specified object does not have a ObjectLock configuration");
  return xml_reply(print_retention(*details->lock.retention));
}

ReplyResult put_object_retention(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  if (!bucket->object_lock) return no_lock();
  const auto wanted = parse_retention(call.body);
  if (!wanted) return S3Failure(wanted.error());
  const bool asks_bypass =
      http::equal_without_case(call.header("x-amz-bypass-governance-retention").value_or(""), "true");
  const auto bypass = asks_bypass && may_on_key(context, call, *bucket, "s3:BypassGovernanceRetention", call.key)
                          ? Bypass::Yes
                          : Bypass::No;
  const auto now = context.clock.now();
  return change_object(context, call, 200, [&](ObjectDetails& details) -> S3Result<bool> {
    if (auto allowed = check_retention_change(details.lock.retention, *wanted, now, bypass); !allowed)
      return S3Failure(allowed.error());
    details.lock.retention = *wanted;
    return true;
  });
}

ReplyResult get_object_legal_hold(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  if (!bucket->object_lock) return no_lock();
  const auto details = find_object(context, call);
  if (!details) return S3Failure(details.error());
  return xml_reply(print_legal_hold(details->lock.legal_hold ? LegalHold::On : LegalHold::Off));
}

ReplyResult put_object_legal_hold(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  if (!bucket->object_lock) return no_lock();
  const auto hold = parse_legal_hold(call.body);
  if (!hold) return S3Failure(hold.error());
  return change_object(context, call, 200, [&](ObjectDetails& details) -> S3Result<bool> {
    details.lock.legal_hold = *hold == LegalHold::On;
    return true;
  });
}

}  // namespace store::s3
