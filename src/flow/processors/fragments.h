#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "flow/engine/session.h"

namespace flow {

/// The pieces of one flowfile, with the attributes by which MergeContent finds them again: fragment.identifier, .index
/// and .count, segment.original.filename.
class Fragments {
 public:
  Fragments(Session& session, FlowFile& original, std::size_t first_index = 1)
      : session_(session), original_(original), identifier_(session.new_uuid()), next_(first_index) {}
  void add(FlowFile& piece);
  std::size_t count() const { return pieces_.size(); }
  /// Sends the pieces to one relationship and the original, which learns identifier and count, to another.
  void transfer(std::string_view pieces, std::string_view original);

 private:
  Session& session_;
  FlowFile& original_;
  const std::string identifier_;
  std::size_t next_;
  std::vector<FlowFile*> pieces_;
};

}  // namespace flow
