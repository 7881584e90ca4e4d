#pragma once

#include <string>

#include "store/s3/call.h"
#include "store/s3/documents/policy_condition.h"

namespace store::s3 {

/// What a request has for the condition keys of policies; tags of the object are looked up when a policy asks for them.
/// All arguments must outlive the context. Source: Service Authorization Reference, "Actions, resources, and condition
/// keys for Amazon S3".
ConditionContext policy_context(ServiceContext& context, const Call& call, const std::string& bucket,
                                const std::string& key, const std::string& version);

}  // namespace store::s3
