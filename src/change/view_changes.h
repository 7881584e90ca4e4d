#pragma once

#include "change/view_plan.h"

namespace change {

/// Rows of a view as a stream shows them: the view's columns (named as the view names them), then `_action`, `_update`,
/// `_row_id`. Cost follows the change: a term of the sum below reads a table whole only to join it with the changed
/// rows of another.

/// Net changes in (from, until], by the identity of the view's rows. With C the changed and S the unchanged images, a
/// view over two tables is C1⋈(S2 ∪ C2) ∪ S1⋈C2 on either side of the window; what is the same on both sides is no
/// change.
base::Result<engine::Relation> view_changes(const catalog::Record& view, catalog::Version from, catalog::Version until,
                                            engine::BindContext& context);
/// What insertions into the tables added to the view, whatever became of the rows: the same sum with inserted images as
/// C and the state of `from` as S.
base::Result<engine::Relation> view_insertions(const catalog::Record& view, catalog::Version from,
                                               catalog::Version until, engine::BindContext& context);
/// The whole view as of a version, as insertions.
base::Result<engine::Relation> view_rows_at(const catalog::Record& view, catalog::Version at,
                                            engine::BindContext& context);

}  // namespace change
