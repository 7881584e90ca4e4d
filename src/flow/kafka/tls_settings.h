#pragma once

#include "flow/kafka/settings.h"
#include "flow/services/ssl_context.h"

namespace flow::kafka {

/// What an SSL context is to a client. Errors: InvalidValue for a store that cannot be read.
base::Result<Settings> tls_settings(const SslContext& context);

}  // namespace flow::kafka
