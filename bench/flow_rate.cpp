// How many flowfiles per second a flow moves: GenerateFlowFile -> UpdateAttribute -> RouteOnAttribute, on threads of
// the engine, with its log. Prints one JSON object.
//
//     flow_rate DIRECTORY [SECONDS] [THREADS] [BATCH] [EVENTS: 1, or 0 without provenance]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "base/disk.h"
#include "flow/flow.h"
#include "store/object_store.h"

namespace {

std::string definition(int batch) {
  const auto processor = [](std::string_view id, std::string_view type, std::string_view properties,
                            std::string_view ended) {
    return fmt::format(
        R"({{"identifier":"{}","name":"{}","type":"org.apache.nifi.processors.{}","schedulingPeriod":"0 sec",
        "properties":{{{}}},"autoTerminatedRelationships":[{}],"componentType":"PROCESSOR"}})",
        id, id, type, properties, ended);
  };
  const auto connection = [](std::string_view from, std::string_view to) {
    return fmt::format(
        R"({{"identifier":"{}-{}","source":{{"id":"{}"}},"destination":{{"id":"{}"}},"selectedRelationships":["success"]}})",
        from, to, from, to);
  };
  return fmt::format(
      R"({{"flowContents":{{"identifier":"root","name":"rate","processors":[{},{},{}],"connections":[{},{}]}},
      "flowEncodingVersion":"1.0"}})",
      processor("generate", "standard.GenerateFlowFile", fmt::format(R"("Batch Size":"{}")", batch), ""),
      processor("update", "attributes.UpdateAttribute", R"("kind":"${filename:substring(0,1)}")", ""),
      processor("route", "standard.RouteOnAttribute", R"("digit":"${kind:matches('[0-9]')}")",
                R"("digit","unmatched")"),
      connection("generate", "update"), connection("update", "route"));
}

template <class T>
T must(base::Result<T> result) {
  if (!result) {
    fmt::print(stderr, "flow_rate: {}\n", result.error().message);
    std::exit(1);
  }
  return std::move(*result);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string directory = argv[1];
  const auto number = [&](int at, int fallback) { return argc > at ? std::atoi(argv[at]) : fallback; };
  const int seconds = number(2, 5), threads = number(3, 2), batch = number(4, 100), events = number(5, 1);
  base::PosixDisk disk;
  base::SystemClock clock;
  base::SystemWallClock wall;
  const auto objects = must(store::ObjectStore::open({.directory = directory + "/objects"}, disk, clock));
  flow::Flow::Options options{.directory = directory + "/flow", .threads = threads};
  if (events == 0) options.provenance.reset();
  const auto flow = must(flow::Flow::open(std::move(options), disk, clock, wall, *objects));
  const auto report = must(flow->import_definition(definition(batch), "rate.json"));
  for (const auto& problem : report.problems) fmt::print(stderr, "flow_rate: {}\n", problem);
  must(flow->start(report.id));
  const auto begin = std::chrono::steady_clock::now();
  flow->start_threads();
  std::this_thread::sleep_for(std::chrono::seconds{seconds});
  const auto status = flow->status();
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  (void)flow->shut_down();
  std::uint64_t moved = 0;
  for (const auto& component : status.components)
    if (component.id == "route") moved = component.in.files;
  fmt::print(R"({{"flowfiles": {}, "seconds": {:.3f}, "flowfiles_per_second": {:.0f}, "threads": {}, "batch": {}}})"
             "\n",
             moved, took, static_cast<double>(moved) / took, threads, batch);
  return 0;
}
