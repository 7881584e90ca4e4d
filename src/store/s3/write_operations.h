#pragma once

#include "http/server.h"
#include "store/s3/call.h"

/// The operations whose body streams into the store. They run on the I/O thread and hand the blocking parts to workers.
namespace store::s3 {

http::Awaitable<ReplyResult> put_object(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                        const Call& call);
http::Awaitable<ReplyResult> upload_part(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                         const Call& call);

}  // namespace store::s3
