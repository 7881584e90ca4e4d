#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kConsumeKafka;
extern const Description kConsumeKafka10;
extern const Description kConsumeKafka20;
extern const Description kConsumeKafka26;
extern const Description kConsumeKafkaRecord10;
extern const Description kConsumeKafkaRecord20;
extern const Description kConsumeKafkaRecord26;

}  // namespace flow
