// Messages that are posted to ListenHTTP -> MergeContent -> PutS3Object, into the object store of the same process.
// Each answer waits until its message is in the flow's log and the log is synced. The load is another process, with one
// message at a time on each of its connections. Prints one JSON object.
//
//     listen_http DIRECTORY [MESSAGES] [BYTES] [CONNECTIONS] [THREADS]
//     listen_http --load PORT [MESSAGES] [BYTES] [CONNECTIONS]    the load alone, for a server that listens already
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "flow/flow.h"
#include "store/object_store.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Setting {
  int messages = 100'000;
  int bytes = 200;
  int connections = 256;
  int threads = 2;
};

std::string definition() {
  const auto processor = [](std::string_view id, std::string_view type, std::string_view properties,
                            std::string_view ended) {
    return fmt::format(
        R"({{"identifier":"{}","name":"{}","type":"org.apache.nifi.processors.{}","schedulingPeriod":"0 sec",
        "properties":{{{}}},"autoTerminatedRelationships":[{}],"componentType":"PROCESSOR"}})",
        id, id, type, properties, ended);
  };
  const auto connection = [](std::string_view from, std::string_view to, std::string_view relationship) {
    return fmt::format(
        R"({{"identifier":"{}-{}","source":{{"id":"{}"}},"destination":{{"id":"{}"}},"selectedRelationships":["{}"],
        "backPressureObjectThreshold":50000}})",
        from, to, from, to, relationship);
  };
  return fmt::format(
      R"({{"flowContents":{{"identifier":"root","name":"intake","processors":[{},{},{}],"connections":[{},{}]}},
      "flowEncodingVersion":"1.0"}})",
      processor("listen", "standard.ListenHTTP", R"("Listening Port":"0","Base Path":"in")", ""),
      processor("merge", "standard.MergeContent",
                R"("Minimum Number of Entries":"5000","Maximum Number of Entries":"5000","Max Bin Age":"1 sec",
                "Delimiter Strategy":"Text","Demarcator File":"\n")",
                R"("original","failure")"),
      processor("put", "aws.s3.PutS3Object", R"("Bucket":"intake","Object Key":"${uuid}")", R"("success","failure")"),
      connection("listen", "merge", "success"), connection("merge", "put", "merged"));
}

template <class T>
T must(base::Result<T> result) {
  if (!result) {
    fmt::print(stderr, "listen_http: {}\n", result.error().message);
    std::exit(1);
  }
  return std::move(*result);
}

void must(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "listen_http: {}\n", what);
  std::exit(1);
}

/// What the load tells when it ends.
struct Told {
  int stored = 0;
  int refused = 0;  // 503: asked again
  double seconds = 0;
};

/// One message at a time on each connection, all on this thread.
class Load {
 public:
  Load(std::uint16_t port, const Setting& setting) : setting_(setting), poll_(::epoll_create1(0)) {
    const std::string body(static_cast<std::size_t>(setting.bytes), 'm');
    request_ =
        fmt::format("POST /in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}",
                    body.size(), body);
    for (int i = 0; i < setting.connections; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      must(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "cannot connect");
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
      connections_.push_back(fd);
    }
  }

  Told run() {
    const auto begin = Clock::now();
    for (const int fd : connections_) send(fd);
    std::vector<epoll_event> events(connections_.size());
    while (told_.stored < setting_.messages) {
      const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 30'000);
      must(count > 0, "no answer for 30 seconds");
      for (int i = 0; i < count; ++i) receive(events[static_cast<std::size_t>(i)].data.fd);
    }
    told_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return told_;
  }

 private:
  void send(int fd) {
    if (sent_ >= setting_.messages) return;
    ++sent_;
    must(::send(fd, request_.data(), request_.size(), 0) == static_cast<ssize_t>(request_.size()), "cannot send");
  }
  void receive(int fd) {
    char answer[4096];  // as a whole: it is short
    const auto size = ::recv(fd, answer, sizeof answer, 0);
    must(size > 12, "a connection ended");
    const std::string_view status(answer + 9, 3);
    must(status == "200" || status == "503", "an answer that is neither 200 nor 503");
    if (status == "200") {
      ++told_.stored;
    } else {
      ++told_.refused;
      --sent_;
    }
    send(fd);
  }

  const Setting setting_;
  std::string request_;
  const int poll_;
  std::vector<int> connections_;
  int sent_ = 0;
  Told told_;
};

double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kb = 0;
    if (word == "VmHWM:" && status >> kb) return kb / 1024;
  }
  return 0;
}

int serve(const std::string& directory, const Setting& setting, int port_pipe, int told_pipe) {
  const auto begin = Clock::now();
  base::PosixDisk disk;
  base::SystemClock clock;
  base::SystemWallClock wall;
  const auto objects = must(store::ObjectStore::open({.directory = directory + "/objects"}, disk, clock));
  const auto flow = must(
      flow::Flow::open({.directory = directory + "/flow", .threads = setting.threads}, disk, clock, wall, *objects));
  const auto report = must(flow->import_definition(definition(), "intake.json"));
  for (const auto& problem : report.problems) fmt::print(stderr, "listen_http: {}\n", problem);
  must(flow->start(report.id));
  flow->start_threads();
  const auto row = [&](std::string_view id) {
    for (const auto& component : flow->status().components)
      if (component.id == id) return component;
    return flow::ComponentStatus{};
  };
  while (row("listen").ports.empty()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  const double start_ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  const auto port = row("listen").ports.front();
  must(::write(port_pipe, &port, sizeof port) == ssize_t{sizeof port}, "cannot tell the port");
  Told told;
  must(::read(told_pipe, &told, sizeof told) == ssize_t{sizeof told}, "the load failed");
  const auto loaded = Clock::now();
  const auto is_done = [&] {
    const auto merge = row("merge");
    return merge.in.files >= static_cast<std::uint64_t>(told.stored) && row("put").in.files >= merge.out.files;
  };
  while (!is_done()) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  const double behind = std::chrono::duration<double>(Clock::now() - loaded).count();
  fmt::print(
      R"({{"messages": {}, "bytes": {}, "connections": {}, "seconds": {:.3f}, "messages_per_second": {:.0f},)"
      R"( "refused": {}, "stored_seconds_later": {:.3f}, "objects": {}, "peak_megabytes": {:.1f}, "start_ms": {:.1f},)"
      R"( "durable": "each message is synced before its answer"}})"
      "\n",
      told.stored, setting.bytes, setting.connections, told.seconds, told.stored / told.seconds, told.refused, behind,
      row("merge").out.files, peak_megabytes(), start_ms);
  (void)flow->shut_down();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool only_load = argc > 2 && std::string_view(argv[1]) == "--load";
  if (only_load) ++argv, --argc;
  if (argc < 2) return 2;
  const auto number = [&](int at, int fallback) { return argc > at ? std::atoi(argv[at]) : fallback; };
  const Setting fallback;
  const Setting setting{.messages = number(2, fallback.messages),
                        .bytes = number(3, fallback.bytes),
                        .connections = number(4, fallback.connections),
                        .threads = number(5, fallback.threads)};
  if (only_load) {
    const auto told = Load(static_cast<std::uint16_t>(number(1, 0)), setting).run();
    fmt::print(R"({{"messages": {}, "refused": {}, "seconds": {:.3f}}})"
               "\n",
               told.stored, told.refused, told.seconds);
    return 0;
  }
  int port_pipe[2], told_pipe[2];
  must(::pipe(port_pipe) == 0 && ::pipe(told_pipe) == 0, "no pipes");
  const auto child = ::fork();
  if (child == 0) {
    std::uint16_t port = 0;
    if (::read(port_pipe[0], &port, sizeof port) != ssize_t{sizeof port}) return 1;
    const auto told = Load(port, setting).run();
    return ::write(told_pipe[1], &told, sizeof told) == ssize_t{sizeof told} ? 0 : 1;
  }
  ::close(told_pipe[1]);
  const int status = serve(argv[1], setting, port_pipe[1], told_pipe[0]);
  ::waitpid(child, nullptr, 0);
  return status;
}
