#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "flow/engine/attributes.h"

namespace flow {

class ContentFile;

/// Where the content of a flowfile is; without a file it is empty. Immutable once written; a claim keeps its file.
struct ContentClaim {
  std::shared_ptr<ContentFile> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// A unit of data on its way: attributes and a pointer to content. Those in queues are shared and never change.
struct FlowFile {
  std::uint64_t id = 0;
  Attributes attributes;  // "uuid", "filename" and "path" are always there
  ContentClaim content;
  base::Instant entered;        // business clock
  base::Instant lineage_start;  // of the first ancestor
  std::uint64_t lineage_index = 0;
  base::Instant queued;                    // last time
  std::uint64_t queue_index = 0;           // never the same twice: names this stay in this queue
  base::Instant penalty_ends;              // 0: none
  mutable std::uint64_t log_position = 0;  // of the record that put it into its queue; not kept
  // Of the repository, under its lock: which edit, of those not yet written, put it into its queue.
  mutable std::uint64_t batch = 0;
  mutable std::size_t edit = 0;

  std::uint64_t size() const { return content.length; }
  std::string attribute(std::string_view name) const;  // empty when missing
};

/// For the expressions of one property.
struct EvaluateOptions {
  const Attributes* extra = nullptr;                          // seen before the attributes, under these names
  const std::map<std::string, std::string>* state = nullptr;  // of the component, for getStateValue()
  std::function<std::string(std::string)> decorate = {};      // applied to what each expression gives
};

using FlowFilePtr = std::shared_ptr<const FlowFile>;

}  // namespace flow
