#include <array>

#include "flow/description.h"
#include "flow/services/aws_credentials.h"
#include "flow/services/proxy_configuration.h"
#include "flow/services/ssl_context.h"

namespace flow {
namespace {

constexpr std::array kAll{&kAwsCredentialsService, &kProxyConfigurationService, &kRestrictedSslContextService,
                          &kSslContextService};

}  // namespace

std::span<const Description* const> service_descriptions() { return kAll; }

}  // namespace flow
