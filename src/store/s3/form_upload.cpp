#include "store/s3/form_upload.h"

#include <algorithm>
#include <array>

#include "store/checksum.h"
#include "store/s3/access.h"
#include "store/s3/documents/form_parser.h"
#include "store/s3/documents/post_policy.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/documents/text.h"
#include "store/s3/write_request.h"

namespace store::s3 {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kPieceBytes = 512 << 10;

/// What of a form is for itself: the rest are the headers that a PUT would have.
constexpr std::array kOwnFields{"key"sv,
                                "policy"sv,
                                "signature"sv,
                                "bucket"sv,
                                "awsaccesskeyid"sv,
                                "success_action_status"sv,
                                "redirect"sv,
                                "tagging"sv,
                                "success_action_redirect"sv,
                                "file"sv,
                                "x-amz-signature"sv,
                                "x-amz-credential"sv,
                                "x-amz-algorithm"sv,
                                "x-amz-date"sv};

/// The form up to its file, and the file's first bytes.
struct FormHead {
  FormParser parser;
  PostForm form;
  std::string first_bytes;
  bool ended = false;  // the file is complete already
};

/// Takes in what the parser found. True once the file began.
bool take_events(FormHead& head, std::vector<FormEvent> events, bool file_began) {
  for (auto& event : events) {
    if (auto* field = std::get_if<FormField>(&event)) {
      head.form.add(std::move(*field));
    } else if (const auto* file = std::get_if<FormFile>(&event)) {
      head.form.insert_file_name(file->file_name);
      file_began = true;
    } else if (auto* bytes = std::get_if<FormFileBytes>(&event)) {
      head.first_bytes += bytes->bytes;
    } else {
      head.ended = true;
    }
  }
  return file_began;
}

http::Awaitable<S3Result<FormHead>> read_head(http::Exchange& exchange) {
  auto parser = FormParser::open(exchange.request().headers.get("content-type"));
  if (!parser) co_return S3Failure(parser.error());
  FormHead head{.parser = std::move(*parser), .form = PostForm()};
  for (bool file_began = false; !file_began;) {
    auto piece = co_await exchange.read_some(kPieceBytes);
    if (!piece) co_return S3Failure(to_s3(piece.error()));
    if (piece->empty()) {
      if (const auto whole = head.parser.finish(); !whole) co_return S3Failure(whole.error());
      break;
    }
    auto events = head.parser.feed(*piece);
    if (!events) co_return S3Failure(events.error());
    file_began = take_events(head, std::move(*events), file_began);
  }
  co_return head;
}

/// The user whose signature is on the policy.
S3Result<User> authenticate_form(const ServiceContext& context, const PostSignature& signature) {
  const auto mismatch = [] {
    return refuse(403, "SignatureDoesNotMatch",
                  "The request signature we calculated does not match the signature you provided. Check your key and "
                  "signing method.");
  };
  const auto unknown = [] {
    return refuse(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  };
  if (signature.version == PostSignatureVersion::V2) {
    if (!context.options.old_form_signatures)
      return refuse(400, "InvalidRequest", "Signature version 2 is not supported. Please use AWS4-HMAC-SHA256.");
    const auto owner = context.keys.find(signature.credential);
    if (!owner) return unknown();
    const auto expected = to_base64(hmac_sha1(owner->secret, signature.policy));
    if (!equal_in_constant_time(expected, signature.signature)) return mismatch();
    return owner->user;
  }
  const auto credential = parse_credential(signature.credential, "InvalidArgument");
  if (!credential) return S3Failure(credential.error());
  const auto owner = context.keys.find(credential->access_key);
  if (!owner) return unknown();
  const auto expected = to_hex(hmac_sha256(signing_key(owner->secret, credential->scope), signature.policy));
  if (!equal_in_constant_time(expected, signature.signature)) return mismatch();
  return owner->user;
}

/// The form as the PUT that it stands for.
http::Request request_of(const http::Request& request, const PostForm& form) {
  http::Request put{.method = "PUT", .target = request.target};
  for (const auto& [name, value] : form.fields()) {
    const auto small = to_lower(name);
    if (std::ranges::find(kOwnFields, small) != kOwnFields.end()) continue;
    put.headers.add(small == "acl" ? "x-amz-acl" : small, value);
  }
  for (const auto name : {"host", "origin"})
    if (const auto value = request.headers.find(name)) put.headers.add(name, std::string(*value));
  return put;
}

struct StartedUpload {
  std::unique_ptr<ObjectWriter> writer;
  std::optional<PostPolicy> policy;
  BucketInfo bucket;
  WriteRequest request;
};

/// Checks signature, policy and rights, and opens the object. `call` becomes that of the PUT.
S3Result<StartedUpload> start(ServiceContext& context, Call& call, const http::Request& put, const PostForm& form) {
  StartedUpload upload;
  const auto signature = read_post_signature(form);
  if (!signature) return S3Failure(signature.error());
  auto key = post_key(form);
  if (!key) return S3Failure(key.error());
  call.key = std::move(*key);
  if (*signature) {
    const auto user = authenticate_form(context, **signature);
    if (!user) return S3Failure(user.error());
    call.authentication.user = *user;
    auto policy = parse_post_policy((*signature)->policy);
    if (!policy) return S3Failure(policy.error());
    if (auto checked = check_post_policy(*policy, form, call.bucket, call.received); !checked)
      return S3Failure(checked.error());
    upload.policy = std::move(*policy);
  }
  auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  upload.bucket = std::move(*bucket);
  call.request = &put;
  if (!may_on_key(context, call, upload.bucket, "s3:PutObject", call.key))
    return refuse(403, "AccessDenied", "Access Denied");
  auto request = read_write_request(context, call, upload.bucket);
  if (!request) return S3Failure(request.error());
  upload.request = std::move(*request);
  if (const auto tagging = form.value_of("tagging")) {
    const auto tags = parse_tagging(*tagging, TagHolder::Object);
    if (!tags) return S3Failure(tags.error());
    for (const auto& [name, value] : *tags) upload.request.settings.tags.emplace_back(name, value);
  }
  auto writer = context.store.begin_put(call.bucket, call.key,
                                        {.attributes = upload.request.attributes,
                                         .checksum = upload.request.checksum.value_or(ChecksumAlgorithm::Crc64Nvme),
                                         .settings = upload.request.settings,
                                         .encryption = upload.request.encryption,
                                         .event = EventKind::Post});
  if (!writer) return S3Failure(to_s3(writer.error()));
  upload.writer = std::move(*writer);
  return upload;
}

S3Result<bool> append(StartedUpload& upload, std::string_view bytes) {
  if (upload.policy)
    if (auto fits = check_post_length_so_far(*upload.policy, upload.writer->size() + bytes.size()); !fits)
      return S3Failure(fits.error());
  if (auto appended = upload.writer->append(bytes); !appended) return S3Failure(to_s3(appended.error()));
  return true;
}

ReplyResult commit(const Call& call, const http::Request& posted, const PostForm& form, StartedUpload& upload) {
  if (upload.policy)
    if (auto fits = check_post_length(*upload.policy, upload.writer->size()); !fits) return S3Failure(fits.error());
  const auto committed = upload.writer->commit(upload.request.commit);
  if (!committed) return S3Failure(to_s3(committed.error()));
  const auto& etag = committed->info.etag;
  Reply reply{.status = post_success_status(form), .headers = written_headers(upload.bucket, *committed)};
  add_encryption(reply.headers, committed->encryption, call);
  const auto location = (call.is_encrypted ? "https://" : "http://") + std::string(posted.headers.get("host")) + "/" +
                        call.bucket + "/" + http::percent_encode(call.key, "/");
  if (auto redirect = post_redirect(form, call.bucket, call.key, etag)) {
    reply.status = 303;
    reply.headers.add("Location", std::move(*redirect));
    return reply;
  }
  reply.headers.add("Location", location);
  if (reply.status == 201) {
    reply.headers.add("Content-Type", "application/xml");
    reply.body = print_post_response(location, call.bucket, call.key, etag);
  }
  return reply;
}

}  // namespace

http::Awaitable<ReplyResult> post_object(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                         Call& call) {
  auto head = co_await read_head(exchange);
  if (!head) co_return S3Failure(head.error());
  const auto put = request_of(exchange.request(), head->form);
  const std::function<S3Result<StartedUpload>()> begin = [&] { return start(context, call, put, head->form); };
  auto upload = co_await http::run_on(workers, begin);
  call.request = &exchange.request();
  if (!upload) co_return S3Failure(upload.error());
  if (auto taken = append(*upload, head->first_bytes); !taken) co_return S3Failure(taken.error());
  for (;;) {
    auto piece = co_await exchange.read_some(kPieceBytes);
    if (!piece) co_return S3Failure(to_s3(piece.error()));
    if (piece->empty()) break;
    const std::function<S3Result<bool>()> take = [&]() -> S3Result<bool> {
      auto events = head->parser.feed(*piece);
      if (!events) return S3Failure(events.error());
      for (const auto& event : *events)
        if (const auto* bytes = std::get_if<FormFileBytes>(&event))
          if (auto taken = append(*upload, bytes->bytes); !taken) return taken;
      return true;
    };
    if (const auto taken = co_await http::run_on(workers, take); !taken) co_return S3Failure(taken.error());
  }
  if (const auto whole = head->parser.finish(); !whole) co_return S3Failure(whole.error());
  const std::function<ReplyResult()> end = [&] { return commit(call, exchange.request(), head->form, *upload); };
  co_return co_await http::run_on(workers, end);
}

}  // namespace store::s3
