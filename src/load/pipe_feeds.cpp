#include "load/pipe_feeds.h"

#include <condition_variable>
#include <mutex>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "store/s3/event_message.h"
#include "store/s3/queue_client.h"

namespace load {
namespace {

using store::s3::QueueClient;
using store::s3::QueueMessage;
using store::s3::Remote;
using namespace std::chrono_literals;

constexpr auto kPauseAfterFailure = 5s;

/// False when it was stopped.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

/// What messages tell of new objects, and which of them can be deleted once that is kept.
struct Told {
  std::vector<AnnouncedFile> files;
  std::vector<std::string> receipts;
};

Told read_messages(const std::vector<QueueMessage>& messages, const std::string& queue) {
  Told told;
  for (const QueueMessage& message : messages) {
    const auto events = store::s3::parse_event_message(message.body);
    if (!events) {  // it stays: after some more deliveries the queue moves it to where it keeps such messages
      LOG_WARN("pipe.message_not_understood queue={} message={} received={} error=\"{}\"", queue, message.id,
               message.receive_count, events.error().message);
      continue;
    }
    for (const store::s3::NotifiedEvent& event : *events)
      if (event.name.starts_with("ObjectCreated:"))
        told.files.push_back({event.bucket, event.key, event.etag, event.size.value_or(1)});
    told.receipts.push_back(message.receipt);
  }
  return told;
}

}  // namespace

PipeFeeds::PipeFeeds(PipeRunner& pipes, const store::s3::RoutedBuckets& buckets, const store::s3::Remotes& remotes,
                     const base::WallClock& wall_clock)
    : pipes_(pipes), buckets_(buckets), remotes_(remotes), wall_clock_(wall_clock) {
  for (const Remote& remote : remotes.all()) {
    if (remote.list_every)
      threads_.emplace_back([this, &remote](const std::stop_token& stop) { list_again_and_again(remote, stop); });
    if (!remote.queue.empty())
      threads_.emplace_back([this, &remote](const std::stop_token& stop) { read_queue(remote, stop); });
  }
}

PipeFeeds::~PipeFeeds() {
  for (std::jthread& thread : threads_) thread.request_stop();  // all of them, before one is waited for
}

void PipeFeeds::list_again_and_again(const Remote& remote, const std::stop_token& stop) {
  const auto of_remote = [&](const StageLocation& location) {
    return !stop.stop_requested() && buckets_.remote_of(location.place()) == &remote;
  };
  do {
    if (const auto listed = pipes_.list_elsewhere(of_remote); !listed)
      LOG_WARN("pipe.listing_failed error=\"{}\"", listed.error().message);
  } while (pause(*remote.list_every, stop));
}

void PipeFeeds::read_queue(const Remote& remote, const std::stop_token& stop) {
  auto queue = QueueClient::connect({.url = remote.queue,
                                     .region = remote.region,
                                     .key = remote.key,
                                     .session_token = remote.session_token,
                                     .anonymous = remote.anonymous,
                                     .environment = &remotes_.environment_of(remote),
                                     .ca_bundle = remote.ca_bundle},
                                    wall_clock_);
  if (!queue) {
    LOG_ERROR("pipe.queue_refused queue={} error=\"{}\"", remote.queue, queue.error().message);
    return;
  }
  while (!stop.stop_requested()) {
    const auto messages = queue->receive({.stop = stop});
    if (stop.stop_requested()) return;
    if (!messages) {
      LOG_WARN("pipe.queue_failed queue={} error=\"{}\"", remote.queue, messages.error().message);
      if (!pause(kPauseAfterFailure, stop)) return;
      continue;
    }
    const Told told = read_messages(*messages, remote.queue);
    messages_ += messages->size();
    not_understood_ += messages->size() - told.receipts.size();
    if (told.receipts.empty()) continue;
    // First the pipes keep the files, then the queue may forget them: a crash in between brings the messages again, and
    // the pipes know those files by then.
    if (const auto kept = pipes_.announce(told.files); !kept) {
      LOG_ERROR("pipe.announcement_failed queue={} error=\"{}\"", remote.queue, kept.error().message);
      if (!pause(kPauseAfterFailure, stop)) return;
      continue;
    }
    base::kill_point("pipe.messages_kept");
    const auto failures = queue->delete_batch(told.receipts, stop);
    if (!failures.empty())
      LOG_WARN("pipe.messages_not_deleted queue={} messages={} error=\"{}\"", remote.queue, failures.size(),
               failures.front().error.message);
  }
}

}  // namespace load
