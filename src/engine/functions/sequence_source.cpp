#include "engine/functions/sequence_source.h"

#include <map>
#include <mutex>

namespace engine {
namespace {

struct Source {
  SequenceSource::Reserve reserve;
  std::int64_t step = 1, next = 0, left = 0, block = 1, taken = 0;
};
std::mutex sources_mutex;  // guards all that follows: the engine's functions have no other way to the statement
std::map<std::int64_t, Source> sources;
std::int64_t handles = 0;

}  // namespace

SequenceSource::SequenceSource(Reserve reserve, std::int64_t step) {
  const std::scoped_lock lock(sources_mutex);
  handle_ = ++handles;
  sources[handle_] = {std::move(reserve), step};
}

SequenceSource::~SequenceSource() {
  const std::scoped_lock lock(sources_mutex);
  sources.erase(handle_);
}

base::Result<std::int64_t> SequenceSource::next(std::int64_t handle) {
  const std::scoped_lock lock(sources_mutex);
  const auto found = sources.find(handle);
  if (found == sources.end())
    return base::fail(base::ErrorKind::Internal, "a sequence was asked after its statement ended");
  Source& source = found->second;
  if (source.left == 0) {
    // One value leaves no gap; many rows should not reserve one by one.
    TRY(source.next, source.reserve(source.block));
    source.left = source.block;
    if (++source.taken > 16 && source.block < 1024) source.block *= 2;
  }
  --source.left;
  return std::exchange(source.next, source.next + source.step);
}

}  // namespace engine
