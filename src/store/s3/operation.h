#pragma once

#include <string_view>

#include "store/s3/call.h"

namespace store::s3 {

enum class Level { Service, Bucket, Object };

/// One operation of the API: how a request names it, the right it needs, and what runs it.
struct Operation {
  std::string_view name;  // as the API Reference calls it
  Level level;
  std::string_view method;
  std::string_view sub_resource;  // the query parameter that names it; empty: none
  std::string_view action;        // as policies write it; empty: the operation checks by itself
  /// Blocks. Null: the body streams, see service.cpp.
  ReplyResult (*run)(ServiceContext& context, const Call& call);
};

/// What the request asks for. Errors: 501 for a sub-resource that is not implemented, which is never taken for the
/// plain operation; 405 for a method that fits nothing.
S3Result<const Operation*> find_operation(const Call& call);

/// The action of an operation on one version, where that is another right.
std::string action_of(const Operation& operation, const Call& call);

}  // namespace store::s3
