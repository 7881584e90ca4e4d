#include "flow/processors/fragments.h"

namespace flow {

void Fragments::add(FlowFile& piece) {
  session_.put_attribute(piece, "fragment.identifier", identifier_);
  session_.put_attribute(piece, "fragment.index", std::to_string(next_++));
  session_.put_attribute(piece, "segment.original.filename", original_.attribute("filename"));
  pieces_.push_back(&piece);
}

void Fragments::transfer(std::string_view pieces, std::string_view original) {
  const auto count = std::to_string(pieces_.size());
  for (auto* piece : pieces_) session_.put_attribute(*piece, "fragment.count", count);
  session_.transfer_all(pieces_, pieces);
  session_.put_attribute(original_, "fragment.identifier", identifier_);
  session_.put_attribute(original_, "fragment.count", count);
  session_.transfer(original_, original);
}

}  // namespace flow
