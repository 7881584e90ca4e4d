// object_store_load DIRECTORY OBJECTS BYTES THREADS: writes small objects through the store and, as the reference, the
// same bytes as one synced file each; reads them back; lists them. Prints one JSON object with operations per second.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "store/object_store.h"

namespace {

[[noreturn]] void die(const std::string& what) {
  fmt::print(stderr, "object_store_load: {}\n", what);
  std::exit(1);
}

void must(const base::Status& status) {
  if (!status) die(status.error().message);
}

/// Runs work(i) for each i below `count` on threads; operations per second.
double per_second(int count, int threads, const std::function<void(int)>& work) {
  std::atomic<int> next = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::jthread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (int i = next++; i < count; i = next++) work(i);
    });
  }
  workers.clear();
  return count / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string key_of(int i) { return fmt::format("stream_data/{:03}/file_{:07}.csv", i % 997, i); }

void write_file(const std::string& path, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || ::fsync(file) != 0)
    die("cannot write " + path);
  ::close(file);
}

std::string read_file(const std::string& path, std::size_t size) {
  std::string bytes(size, '\0');
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || ::read(file, bytes.data(), size) != static_cast<ssize_t>(size)) die("cannot read " + path);
  ::close(file);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) die("usage: object_store_load DIRECTORY OBJECTS BYTES THREADS");
  const std::string directory = argv[1];
  const int objects = std::atoi(argv[2]), threads = std::atoi(argv[4]);
  const std::string bytes(static_cast<std::size_t>(std::atoi(argv[3])), 'x');

  base::PosixDisk disk;
  base::SystemClock clock;
  auto opened = store::ObjectStore::open({.directory = directory + "/objects"}, disk, clock);
  if (!opened) die(opened.error().message);
  auto& store = **opened;
  must(store.create_bucket("bench"));

  // A file per object in a folder per prefix, as naive servers do; a tenth of the number, for it is slow.
  const int files = std::max(1, objects / 10);
  for (int i = 0; i < 997; ++i)
    std::filesystem::create_directories(fmt::format("{}/files/stream_data/{:03}", directory, i));
  const double file_puts =
      per_second(files, threads, [&](int i) { write_file(directory + "/files/" + key_of(i), bytes); });
  const double puts = per_second(objects, threads, [&](int i) {
    if (const auto done = store.put("bench", key_of(i), bytes); !done) die(done.error().message);
  });
  const double file_gets = per_second(objects, threads, [&](int i) {
    if (read_file(directory + "/files/" + key_of(i % files), bytes.size()).size() != bytes.size()) die("short file");
  });
  const double gets = per_second(objects, threads, [&](int i) {
    const auto read = store.get("bench", key_of(i));
    if (!read || read->size() != bytes.size()) die("cannot read an object");
  });
  const auto begin = std::chrono::steady_clock::now();
  std::size_t listed = 0;
  for (store::ListOptions options;;) {
    auto page = store.list("bench", options);
    if (!page) die(page.error().message);
    listed += page->objects.size();
    if (!page->truncated) break;
    options.start_after = page->next;
  }
  const double lists =
      static_cast<double>(listed) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (listed != static_cast<std::size_t>(objects)) die(fmt::format("listed {} of {}", listed, objects));
  const auto walk_begin = std::chrono::steady_clock::now();
  std::size_t walked = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory + "/files"))
    walked += entry.is_regular_file() && entry.file_size() > 0;
  const double walks = static_cast<double>(walked) /
                       std::chrono::duration<double>(std::chrono::steady_clock::now() - walk_begin).count();
  fmt::print(
      "{{\"put\": {:.0f}, \"file_put\": {:.0f}, \"get\": {:.0f}, \"file_get\": {:.0f}, \"list\": {:.0f}, "
      "\"file_list\": {:.0f}}}\n",
      puts, file_puts, gets, file_gets, lists, walks);
}
