#pragma once

#include "http/server.h"
#include "store/s3/call.h"

namespace store::s3 {

/// PostObject: a browser's form, whose fields carry the policy, its signature and what a PUT has in its headers, and
/// whose file is the object. The fields come before the file; what follows it is ignored.
/// Source: Amazon S3 API Reference, "POST Object".
http::Awaitable<ReplyResult> post_object(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                         Call& call);

}  // namespace store::s3
