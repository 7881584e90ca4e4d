// Any bytes: no reader of flow files may crash, and what is read must be written so that it reads to the same.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto flow = flow::read_definition({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!flow) return 0;
  const auto written = flow::write_definition(*flow);
  const auto again = flow::read_definition(flow::definition_text(written), "again");
  if (again && again->processors.size() == flow->processors.size() &&
      again->connections.size() == flow->connections.size())
    return 0;
  std::fprintf(stderr, "%s\n", again ? "differs" : again.error().message.c_str());
  std::abort();
}
