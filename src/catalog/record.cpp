#include "catalog/record.h"

#include <memory>

namespace catalog {

Body::Body() noexcept = default;
Body::Body(PlainBody body) : variant(std::move(body)) {}
Body::Body(TableBody body) : variant(std::move(body)) {}
Body::Body(ViewBody body) : variant(std::move(body)) {}
Body::Body(SequenceBody body) : variant(std::move(body)) {}
Body::Body(StageBody body) : variant(std::move(body)) {}
Body::Body(FileFormatBody body) : variant(std::move(body)) {}
Body::Body(PipeBody body) : variant(std::move(body)) {}
Body::Body(StreamBody body) : variant(std::move(body)) {}
Body::Body(TaskBody body) : variant(std::move(body)) {}
Body::Body(ProcedureBody body) : variant(std::move(body)) {}
Body::Body(const Body& other) = default;
Body::Body(Body&& other) noexcept = default;
Body& Body::operator=(const Body& other) { return *this = Body(other); }
Body& Body::operator=(Body&& other) noexcept {
  if (this == &other) return *this;
  std::destroy_at(this);
  return *std::construct_at(this, std::move(other));
}
Body::~Body() = default;

}  // namespace catalog
