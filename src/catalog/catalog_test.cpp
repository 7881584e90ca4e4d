#include <gtest/gtest.h>

#include "catalog/snapshot.h"

namespace catalog {
namespace {

Record table(std::uint64_t id, std::uint64_t schema, std::string name) {
  TableBody body;
  body.columns.push_back({.id = {1}, .name = "ID", .type = LogicalType::number(), .default_text = "1"});
  body.columns.push_back(
      {.id = {2}, .name = "v", .type = LogicalType::text(10), .nullable = false, .identity_start = -5});
  body.segments = {{{7}, TransactionId{9}}, {{8}, std::nullopt}};
  body.tracked_since = Version{3};
  return {.id = {id},
          .kind = ObjectKind::Table,
          .container = {schema},
          .name = std::move(name),
          .created = {1234567890123},
          .body = body};
}

TEST(RecordTest, StoredTextGivesTheSameRecord) {
  StreamBody stream{
      .source = {4}, .on_view = true, .base_tables = {{5}, {6}}, .mode = StreamMode::AppendOnly, .offset = {77}};
  TaskBody task{.schedule = "1 minute",
                .definition = "call \"p\"()",
                .predecessors = {"A", "B"},
                .parameters = {{"X", "FALSE"}},
                .started = true};
  const Record records[] = {
      table(1, 2, "T\"é"),
      {.id = {9}, .kind = ObjectKind::Stream, .name = "S", .dropped = base::Instant{5}, .body = stream},
      {.id = {10}, .kind = ObjectKind::Task, .name = "K", .body = task}};
  for (const Record& record : records) EXPECT_EQ(to_stored(from_stored(to_stored(record))), to_stored(record));
  const Record read = from_stored(to_stored(records[0]));
  const auto& body = std::get<TableBody>(read.body);
  EXPECT_EQ(read.name, "T\"é");
  EXPECT_EQ(body.columns[1].type, LogicalType::text(10));
  EXPECT_EQ(body.columns[1].identity_start, -5);
  EXPECT_EQ(body.segments[0].ended_by, TransactionId{9});
  EXPECT_FALSE(body.segments[1].ended_by.has_value());
}

TEST(SnapshotTest, NamesFollowChangesAndOldSnapshotsStay) {
  const auto before = Snapshot::of({table(1, 2, "A")});
  Record renamed = table(1, 2, "B");
  const auto after = before->with({{std::make_shared<const Record>(renamed)}, {}});
  EXPECT_TRUE(before->find(ObjectKind::Table, {2}, "A"));
  EXPECT_FALSE(after->find(ObjectKind::Table, {2}, "A"));
  EXPECT_TRUE(after->find(ObjectKind::Table, {2}, "B"));
  EXPECT_FALSE(after->find(ObjectKind::Table, {3}, "B"));
  EXPECT_FALSE(after->find(ObjectKind::Stage, {2}, "B"));
}

TEST(SnapshotTest, AnOffsetThatMovesOnDefinesNothingAnew) {
  const auto stream = [](std::uint64_t offset, bool initial_rows, std::int64_t consumed_ns) {
    StreamBody body{.source = {4},
                    .base_tables = {},
                    .offset = {offset},
                    .initial_rows = initial_rows,
                    .consumed_at = {consumed_ns}};
    return Record{.id = {9}, .kind = ObjectKind::Stream, .name = "S", .body = body};
  };
  const auto before = Snapshot::of({table(1, 2, "A"), stream(5, true, 0)});
  const auto after = [&](Record record) {
    return before->with({{std::make_shared<const Record>(std::move(record))}, {}})->definitions();
  };
  EXPECT_EQ(after(stream(6, true, 7)), before->definitions());
  EXPECT_NE(after(stream(6, false, 7)), before->definitions());  // it answers other rows now
  EXPECT_NE(after(table(1, 2, "A")), before->definitions());
  EXPECT_NE(before->with({{}, {ObjectId{9}}})->definitions(), before->definitions());
}

TEST(SnapshotTest, TemporaryShadowsPermanentForItsSessionOnly) {
  Record temporary = table(22, 2, "A");
  std::get<TableBody>(temporary.body).session = 42;
  const auto snapshot = Snapshot::of({table(1, 2, "A"), temporary});
  EXPECT_EQ(snapshot->find(ObjectKind::Table, {2}, "A", 42)->id, ObjectId{22});
  EXPECT_EQ(snapshot->find(ObjectKind::Table, {2}, "A", 41)->id, ObjectId{1});
  EXPECT_EQ(snapshot->list(ObjectKind::Table, std::nullopt, 41).size(), 1u);
}

TEST(SnapshotTest, DroppedObjectsKeepTheirNameForUndrop) {
  Record old = table(1, 2, "A");
  old.dropped = base::Instant{10};
  Record older = table(3, 2, "A");
  older.dropped = base::Instant{5};
  const auto snapshot = Snapshot::of({old, older, table(4, 2, "A")});
  EXPECT_EQ(snapshot->find(ObjectKind::Table, {2}, "A")->id, ObjectId{4});
  ASSERT_EQ(snapshot->dropped(ObjectKind::Table, {2}, "A").size(), 2u);
  EXPECT_EQ(snapshot->dropped(ObjectKind::Table, {2}, "A")[0]->id, ObjectId{1});
}

}  // namespace
}  // namespace catalog
