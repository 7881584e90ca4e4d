// s3_load WORKLOAD --url http://HOST:PORT --bucket NAME [...]: one workload against any S3 server, from threads with a
// kept connection each. The keys of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY sign requests, before the clock starts
// where they are known by then; without them requests are anonymous. Prints one JSON object; an answer that is an error
// ends it with status 1.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "s3_connection.h"
#include "store/s3/signature.h"

namespace {

using Clock = std::chrono::steady_clock;
using Keep = S3Connection::Keep;
using Reply = S3Connection::Reply;

constexpr std::uint64_t kPartBytes = std::uint64_t{8} << 20;

struct Options {
  std::string workload;
  std::string url;
  std::string bucket = "bench";
  std::string region = "us-east-1";
  std::string directory;
  int first_key = 0;           // keys are numbered
  int keys = 1000;             // that exist, or are to be written
  std::uint64_t bytes = 4096;  // of each object
  int clients = 1;
  int operations = 1000;  // at most
  double seconds = 10;    // at most; what has begun is ended
};

[[noreturn]] void die(const std::string& what) {
  fmt::print(stderr, "s3_load: {}\n", what);
  std::exit(1);
}

template <class T>
T must(base::Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(*result);
}

/// Bytes that nothing compresses; the same in every object of a size, so that a reader knows them. What is longer than
/// a part repeats it.
std::string noise(std::uint64_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 1;
  for (std::uint64_t i = 0; i < size; ++i) {
    if (i >= kPartBytes) {
      bytes[i] = bytes[i - kPartBytes];
    } else {
      bytes[i] = static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
    }
  }
  return bytes;
}

/// As pipelines name them: a few hundred folders, numbers in order.
std::string key_of(int number) { return fmt::format("stream_data/{:03}/file_{:07}.csv", number % 997, number); }

/// Where the server is, and how requests to it are written.
class Endpoint {
 public:
  explicit Endpoint(const Options& options) : region_(options.region) {
    const std::string_view url = options.url;
    const auto colon = url.rfind(':');
    if (!url.starts_with("http://") || colon < 7) die("the URL must be http://HOST:PORT: " + options.url);
    host_ = url.substr(7, colon - 7);
    port_ = static_cast<std::uint16_t>(std::atoi(options.url.c_str() + colon + 1));
    authority_ = url.substr(7);
    const char *id = std::getenv("AWS_ACCESS_KEY_ID"), *secret = std::getenv("AWS_SECRET_ACCESS_KEY");
    if (id != nullptr && secret != nullptr) key_ = {.id = id, .secret = secret};
  }

  base::Result<S3Connection> try_to_connect() const { return S3Connection::open(host_, port_); }
  S3Connection connect() const { return must(try_to_connect()); }

  /// The head of a request, with a signature that covers everything but the body.
  std::string head(std::string method, std::string target, std::uint64_t body_bytes = 0) const {
    const bool has_body = method == "PUT" || method == "POST";
    http::Request request{.method = std::move(method), .target = std::move(target), .headers = {}, .body = {}};
    if (has_body) request.headers.add("Content-Length", std::to_string(body_bytes));
    if (key_.id.empty()) {
      request.headers.add("Host", authority_);
    } else {
      store::s3::sign(request, key_, region_, authority_, store::s3::kUnsignedPayload, wall_clock_.now());
    }
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers.lines()) text += name + ": " + value + "\r\n";
    return text + "\r\n";
  }

 private:
  std::string host_, authority_, region_;
  std::uint16_t port_ = 0;
  store::AccessKey key_;
  base::SystemWallClock wall_clock_;
};

/// The answer to a request that succeeds, or the end of the program.
Reply ask(S3Connection& connection, std::string_view head, std::string_view body = {}, Keep keep = Keep::Nothing) {
  auto reply = must(connection.exchange(head, body, keep));
  if (reply.status >= 300)
    die(fmt::format("status {} to {}: {}", reply.status, head.substr(0, head.find('\r')), reply.body.substr(0, 600)));
  return reply;
}

/// The text of the first element of that name; empty when there is none.
std::string_view element(std::string_view xml, const std::string& name) {
  const auto begin = xml.find("<" + name + ">");
  if (begin == std::string_view::npos) return {};
  const auto text = begin + name.size() + 2;
  return xml.substr(text, xml.find('<', text) - text);
}

struct Figures {
  double seconds = 0;
  std::uint64_t bytes = 0;
  std::vector<double> latencies_us;  // of every operation
};

/// Runs operation(connection, i) for each i below options.operations, until the time is over; it returns bytes moved.
using Operation = std::function<std::uint64_t(S3Connection&, int)>;
Figures run(const Options& options, const Endpoint& endpoint, const Operation& operation) {
  std::vector<S3Connection> connections;
  for (int i = 0; i < options.clients; ++i) connections.push_back(endpoint.connect());
  std::vector<Figures> parts(connections.size());
  std::atomic<int> next = 0;
  const auto begin = Clock::now();
  const auto deadline = begin + std::chrono::duration<double>(options.seconds);
  std::vector<std::jthread> workers;
  for (std::size_t worker = 0; worker < connections.size(); ++worker) {
    workers.emplace_back([&, worker] {
      auto& [seconds, bytes, latencies] = parts[worker];
      for (auto now = begin; now < deadline;) {
        const int i = next++;
        if (i >= options.operations) break;
        const auto start = Clock::now();
        bytes += operation(connections[worker], i);
        now = Clock::now();
        latencies.push_back(std::chrono::duration<double, std::micro>(now - start).count());
      }
    });
  }
  workers.clear();
  Figures all{.seconds = std::chrono::duration<double>(Clock::now() - begin).count()};
  for (const auto& part : parts) {
    all.bytes += part.bytes;
    all.latencies_us.insert(all.latencies_us.end(), part.latencies_us.begin(), part.latencies_us.end());
  }
  return all;
}

/// One request per operation, all of them signed before the first is sent. `number_of` says on which key the i-th
/// works.
Figures run_signed(const Options& options, const Endpoint& endpoint, const std::string& method,
                   const std::function<int(int)>& number_of) {
  const std::string body = method == "PUT" ? noise(options.bytes) : std::string{};
  std::vector<std::string> heads;
  for (int i = 0; i < options.operations; ++i)
    heads.push_back(endpoint.head(method, "/" + options.bucket + "/" + key_of(number_of(i)), body.size()));
  if (method == "GET" || method == "HEAD") {  // what is measured below is the right thing
    auto connection = endpoint.connect();
    const auto reply = ask(connection, heads.front(), {}, Keep::Body);
    if (reply.length != options.bytes || (method == "GET" && reply.body != noise(options.bytes)))
      die("the object is not the one that was put");
  }
  return run(options, endpoint, [&](S3Connection& connection, int i) -> std::uint64_t {
    const auto reply = ask(connection, heads[static_cast<std::size_t>(i)], body);
    if (method == "GET" && reply.length != options.bytes)
      die(fmt::format("{} bytes of {} came", reply.length, options.bytes));
    return method == "GET" ? reply.length : body.size();
  });
}

Figures put(const Options& options, const Endpoint& endpoint) {
  return run_signed(options, endpoint, "PUT", [&](int i) { return options.first_key + i; });
}

/// GET, HEAD: of keys in no order.
Figures read(const Options& options, const Endpoint& endpoint, const std::string& method) {
  std::mt19937 chance{1};
  return run_signed(options, endpoint, method, [&](int) {
    return options.first_key + static_cast<int>(chance() % static_cast<unsigned>(options.keys));
  });
}

/// Objects in parts, one object at a time; an operation is one object.
Figures multipart(const Options& options, const Endpoint& endpoint) {
  const std::string part = noise(kPartBytes);
  const auto parts = static_cast<int>(options.bytes / kPartBytes);
  auto connection = endpoint.connect();
  Figures all;
  for (int i = 0; i < options.operations && all.seconds < options.seconds; ++i) {
    const auto begin = Clock::now();
    const std::string target = "/" + options.bucket + "/" + key_of(options.first_key + i);
    const auto begun = ask(connection, endpoint.head("POST", target + "?uploads="), {}, Keep::Body);
    const std::string id = http::percent_encode(element(begun.body, "UploadId"));
    std::vector<std::string> etags(static_cast<std::size_t>(parts));
    auto part_options = options;
    part_options.operations = parts;
    part_options.seconds = 3600;
    run(part_options, endpoint, [&](S3Connection& own, int n) -> std::uint64_t {
      const auto upload = fmt::format("{}?partNumber={}&uploadId={}", target, n + 1, id);
      etags[static_cast<std::size_t>(n)] = ask(own, endpoint.head("PUT", upload, part.size()), part).etag;
      return part.size();
    });
    std::string list = "<CompleteMultipartUpload>";
    for (int n = 1; n <= parts; ++n)
      list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", n,
                          etags[static_cast<std::size_t>(n - 1)]);
    list += "</CompleteMultipartUpload>";
    const auto ended =
        ask(connection, endpoint.head("POST", target + "?uploadId=" + id, list.size()), list, Keep::Body);
    if (element(ended.body, "ETag").empty()) die("the upload was not completed: " + ended.body);
    const std::chrono::duration<double> took = Clock::now() - begin;
    all.seconds += took.count();
    all.bytes += options.bytes;
    all.latencies_us.push_back(took.count() * 1e6);
  }
  return all;
}

std::uint64_t count_keys(std::string_view xml) {
  std::uint64_t keys = 0;
  for (auto at = xml.find("<Key>"); at != std::string_view::npos; at = xml.find("<Key>", at + 5)) ++keys;
  return keys;
}

/// Page after page as a client walks through a bucket, from the start again after the last.
Figures list(const Options& options, const Endpoint& endpoint) {
  std::string token;
  std::uint64_t walked = 0;
  auto one = options;
  one.clients = 1;
  return run(one, endpoint, [&](S3Connection& connection, int) -> std::uint64_t {
    const auto from = token.empty() ? "" : "continuation-token=" + http::percent_encode(token) + "&";
    const auto head = endpoint.head("GET", "/" + options.bucket + "?" + from + "list-type=2");
    const auto page = ask(connection, head, {}, Keep::Body);
    token = element(page.body, "NextContinuationToken");
    walked += count_keys(page.body);
    if (token.empty()) {
      if (walked != static_cast<std::uint64_t>(options.keys))
        die(fmt::format("a walk met {} keys of {}", walked, options.keys));
      walked = 0;
    }
    return page.length;
  });
}

/// Pages that begin anywhere.
Figures list_from(const Options& options, const Endpoint& endpoint) {
  std::mt19937 chance{1};
  std::vector<std::string> heads;
  for (int i = 0; i < options.operations; ++i) {
    const int number = static_cast<int>(chance() % static_cast<unsigned>(options.keys));
    heads.push_back(endpoint.head(
        "GET", "/" + options.bucket + "?list-type=2&start-after=" + http::percent_encode(key_of(number))));
  }
  return run(options, endpoint, [&](S3Connection& connection, int i) -> std::uint64_t {
    return ask(connection, heads[static_cast<std::size_t>(i)], {}, Keep::Body).length;
  });
}

/// The bucket, and nothing in it.
Figures bucket(const Options& options, const Endpoint& endpoint) {
  auto connection = endpoint.connect();
  ask(connection, endpoint.head("PUT", "/" + options.bucket));
  return {};
}

/// Asks for a key until it comes: started together with a server, it ends when the server is up.
Figures await(const Options& options, const Endpoint& endpoint) {
  const auto deadline = Clock::now() + std::chrono::duration<double>(options.seconds);
  const auto head = endpoint.head("GET", "/" + options.bucket + "/" + key_of(options.first_key));
  std::string last = "no answer";
  while (Clock::now() < deadline) {
    if (auto connection = endpoint.try_to_connect()) {
      const auto reply = connection->exchange(head, {}, Keep::Body);
      if (reply && reply->status == 200) return {};
      last = reply ? fmt::format("status {}: {}", reply->status, reply->body.substr(0, 600)) : reply.error().message;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  die("the object did not come: " + last);
}

/// What `put` would have written, as files below a directory: for a server that only reads.
Figures files(const Options& options, const Endpoint&) {
  const std::string bytes = noise(options.bytes);
  for (int i = 0; i < options.operations; ++i) {
    const auto path = std::filesystem::path(options.directory) / options.bucket / key_of(options.first_key + i);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    if (!file.flush()) die("cannot write " + path.string());
  }
  return {};
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  const auto at = values.begin() + std::min(place, static_cast<std::ptrdiff_t>(values.size()) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<Figures(const Options&, const Endpoint&)>> workloads{
      {"bucket", bucket},
      {"files", files},
      {"await", await},
      {"put", put},
      {"get", [](const Options& o, const Endpoint& e) { return read(o, e, "GET"); }},
      {"head", [](const Options& o, const Endpoint& e) { return read(o, e, "HEAD"); }},
      {"delete", [](const Options& o,
                    const Endpoint& e) { return run_signed(o, e, "DELETE", [&](int i) { return o.first_key + i; }); }},
      {"multipart", multipart},
      {"list", list},
      {"list_from", list_from}};
  Options options;
  CLI::App app{"One workload against an S3 server"};
  app.add_option("workload", options.workload)->required();
  app.add_option("--url", options.url)->required();
  app.add_option("--bucket", options.bucket);
  app.add_option("--region", options.region);
  app.add_option("--directory", options.directory);
  app.add_option("--first-key", options.first_key);
  app.add_option("--keys", options.keys);
  app.add_option("--bytes", options.bytes);
  app.add_option("--clients", options.clients);
  app.add_option("--operations", options.operations);
  app.add_option("--seconds", options.seconds);
  CLI11_PARSE(app, argc, argv);
  const auto workload = workloads.find(options.workload);
  if (workload == workloads.end()) die("no workload " + options.workload);

  const Endpoint endpoint(options);
  auto figures = workload->second(options, endpoint);
  auto& latencies = figures.latencies_us;
  const auto operations = static_cast<double>(latencies.size());
  const auto per_second = [&](double amount) { return figures.seconds > 0 ? amount / figures.seconds : 0; };
  fmt::print(
      "{{\"operations\": {}, \"seconds\": {:.4f}, \"operations_per_second\": {:.1f}, \"mb_per_second\": {:.2f}, "
      "\"p50_us\": {:.1f}, \"p99_us\": {:.1f}, \"client_cpu_seconds\": {:.3f}}}\n",
      latencies.size(), figures.seconds, per_second(operations), per_second(static_cast<double>(figures.bytes) / 1e6),
      percentile(latencies, 0.5), percentile(latencies, 0.99), cpu_seconds());
}
