// expressions [THOUSANDS]: what one evaluation of a property costs. Prints one JSON object: for each expression the
// nanoseconds and heap allocations of an evaluation, and the nanoseconds when it is compiled anew each time.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <string_view>

#include "flow/el/expression.h"

namespace {

std::atomic<std::uint64_t> allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

struct Case {
  std::string_view name, text;
};
constexpr Case kCases[] = {
    {"literal", "a/literal/path/that/is/longer/than/what/fits"},
    {"attribute", "${absolute.path}"},
    {"text_and_attributes", "in/${absolute.path}/${filename}"},
    {"chain", "${filename:substringBeforeLast('.'):toUpper():append('.CSV')}"},
    {"truth", "${filename:endsWith('.csv'):and(${fileSize:gt(1024)})}"},
    {"regular_expression", "${filename:replaceAll('^(\\\\w+)_(\\\\d+)\\\\.csv$', '$2/$1')}"},
    {"date", "${now():format('yyyy/MM/dd')}"},
    {"json_path", "${record:jsonPath('$.customer.name')}"},
};

struct Figure {
  double ns;
  double allocations;
};
/// The best of several rounds.
template <class F>
Figure measure(std::uint64_t times, F work) {
  Figure best{1e18, 0};
  for (int round = 0; round < 5; ++round) {
    const auto before = allocations.load();
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < times; ++i) work();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    best.ns = std::min(best.ns, taken.count() / static_cast<double>(times));
    best.allocations = static_cast<double>(allocations.load() - before) / static_cast<double>(times);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const auto thousands = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
  if (thousands == 0) {
    fmt::print(stderr, "usage: expressions [THOUSANDS]\n");
    return 2;
  }
  const flow::Attributes attributes{
      {"absolute.path", "/data/landing/customers/2024/01/31/region-eu"},
      {"filename", "customers_20240131.csv"},
      {"record", R"({"id": 17, "customer": {"name": "Ada", "since": "2024-01-31"}})"}};
  const flow::el::Context context{
      .first =
          [](std::string_view name) { return name == "fileSize" ? std::optional<std::string>("4096") : std::nullopt; },
      .attributes = &attributes,
      .now = base::Instant{1'706'696'430'456'000'000},
      .time_zone = "UTC"};
  std::uint64_t sink = 0;
  std::string buffer;
  fmt::print("{{\n");
  for (const auto& [name, text] : kCases) {
    const auto expression = flow::el::Expression::compile(text);
    if (!expression) {
      fmt::print(stderr, "expressions: {}\n", expression.error().message);
      return 1;
    }
    const auto once = measure(thousands * 1000, [&] { sink += expression->view(context, buffer).value().size(); });
    const auto anew = measure(thousands * 20, [&] {
      sink += flow::el::Expression::compile(text).value().view(context, buffer).value().size();
    });
    fmt::print("  \"{}\": {{\"ns\": {:.1f}, \"allocations\": {:.2f}, \"ns_compiled_anew\": {:.1f}}},\n", name, once.ns,
               once.allocations, anew.ns);
  }
  fmt::print("  \"characters\": {}\n}}\n", sink);
  return 0;
}
