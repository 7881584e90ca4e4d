#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kPublishKafka;
extern const Description kPublishKafka10;
extern const Description kPublishKafka20;
extern const Description kPublishKafka26;
extern const Description kPublishKafkaRecord10;
extern const Description kPublishKafkaRecord20;
extern const Description kPublishKafkaRecord26;

}  // namespace flow
