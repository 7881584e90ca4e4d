// What a flow file's properties say: compiled, and evaluated on a flowfile whose attributes are the same bytes.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "flow/el/expression.h"
#include "flow/engine/attributes.h"
#include "flow/json_path.h"
#include "flow/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto expression = flow::el::Expression::compile(text)) {
    const flow::Attributes attributes{
        {"a", "x"}, {"filename", "orders.csv"}, {"json", R"({"a":{"b":[1,2,3]}})"}, {"text", std::string(text)}};
    base::Random random(1);
    std::atomic<std::uint64_t> counter = 0;
    for (const auto dates : {flow::el::DateDialect::SimpleDateFormat, flow::el::DateDialect::DateTimeFormatter}) {
      const flow::el::Context context{
          .attributes = &attributes, .time_zone = "UTC", .dates = dates, .random = &random, .counter = &counter};
      (void)expression->evaluate(context);
    }
  }
  if (const auto path = flow::JsonPath::compile(text))
    if (auto document = flow::parse_json(R"({"a":{"b":[1,2,{"c":"x"}]},"d":null})")) {
      (void)path->read(*document);
      (void)path->remove(*document);
    }
  if (const auto document = flow::parse_json(text))
    if (!flow::parse_json(flow::json_text(*document))) __builtin_trap();
  return 0;
}
