#pragma once

#include "engine/relation_source.h"

namespace change {

/// `FROM s`: a name that is no table or view but a stream shows the stream's changes. Marks it in
/// BindContext::streams_read. Also a view with CHANGES. Stateless, thread-safe.
class StreamSource final : public engine::RelationSource {
 public:
  base::Result<std::optional<engine::Relation>> relation(const sql::TableRef& ref,
                                                         engine::BindContext& context) override;
};

}  // namespace change
