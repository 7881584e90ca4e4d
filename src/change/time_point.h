#pragma once

#include "engine/binder.h"

namespace change {

/// The version that AT or BEFORE of CREATE STREAM names. Source: streams-tasks-sql.md 1.7, texts 1.2.2.
base::Result<catalog::Version> version_of(const sql::TimePoint& point, const catalog::Record& table,
                                          engine::BindContext& context);

}  // namespace change
