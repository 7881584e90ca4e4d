// The view of the customer pipeline (examples/customer_pipeline/4_scd2.sql) over a stream, by its documented results
// (pipeline.md a.4).
#include <gtest/gtest.h>

#include "engine/bind/test_binder.h"

namespace engine {
namespace {

using catalog::LogicalType;

/// A stream with the rows of a query.
class FakeStream final : public RelationSource {
 public:
  explicit FakeStream(std::vector<Relation::Column> columns) : columns_(std::move(columns)) {}
  std::string sql;

  base::Result<std::optional<Relation>> relation(const sql::TableRef& ref, BindContext&) override {
    const auto* table = std::get_if<sql::NamedTable>(&ref.node);
    if (!table || table->name.parts.empty() || table->name.parts.back().name != "CUSTOMER_TABLE_CHANGES")
      return std::nullopt;
    return Relation{.sql = sql, .columns = columns_, .qualified = {"DB", "S", "CUSTOMER_TABLE_CHANGES"}};
  }

 private:
  std::vector<Relation::Column> columns_;
};

constexpr std::string_view kView = R"(
SELECT customer_id, first_name, start_time, end_time, is_current, 'I' AS dml_type
FROM (
    SELECT customer_id, first_name, update_timestamp AS start_time,
           LAG(update_timestamp) OVER (PARTITION BY customer_id ORDER BY update_timestamp DESC) AS end_time_raw,
           CASE WHEN end_time_raw IS NULL THEN '9999-12-31'::TIMESTAMP_NTZ ELSE end_time_raw END AS end_time,
           CASE WHEN end_time_raw IS NULL THEN TRUE ELSE FALSE END AS is_current
    FROM (
        SELECT customer_id, first_name, update_timestamp FROM customer_table_changes
        WHERE metadata$action = 'INSERT' AND metadata$isupdate = 'FALSE'
    )
)
UNION
SELECT customer_id, first_name, start_time, end_time, is_current, dml_type
FROM (
    SELECT customer_id, first_name, update_timestamp AS start_time,
           LAG(update_timestamp) OVER (PARTITION BY customer_id ORDER BY update_timestamp DESC) AS end_time_raw,
           CASE WHEN end_time_raw IS NULL THEN '9999-12-31'::TIMESTAMP_NTZ ELSE end_time_raw END AS end_time,
           CASE WHEN end_time_raw IS NULL THEN TRUE ELSE FALSE END AS is_current,
           dml_type
    FROM (
        SELECT customer_id, first_name, update_timestamp, 'I' AS dml_type FROM customer_table_changes
        WHERE metadata$action = 'INSERT' AND metadata$isupdate = 'TRUE'
        UNION
        SELECT customer_id, NULL, start_time, 'U' AS dml_type FROM customer_history
        WHERE customer_id IN (SELECT DISTINCT customer_id FROM customer_table_changes WHERE metadata$action = 'DELETE' AND metadata$isupdate = 'TRUE')
          AND is_current = TRUE
    )
)
UNION
SELECT ctc.customer_id, NULL, ch.start_time, CURRENT_TIMESTAMP()::TIMESTAMP_NTZ, NULL, 'D'
FROM customer_history ch
INNER JOIN customer_table_changes ctc ON ch.customer_id = ctc.customer_id
WHERE ctc.metadata$action = 'DELETE' AND ctc.metadata$isupdate = 'FALSE' AND ch.is_current = TRUE)";

TEST(PipelineBindTest, ChangeView) {
  TestBinder binder;
  const auto history = binder.create_table("CUSTOMER_HISTORY", {{"CUSTOMER_ID", LogicalType::number()},
                                                                {"START_TIME", LogicalType::timestamp_ntz()},
                                                                {"IS_CURRENT", LogicalType::boolean()}});
  binder.insert(history,
                "SELECT * FROM VALUES (2, '2024-01-01'::TIMESTAMP_NTZ, TRUE), (3, '2024-01-01'::TIMESTAMP_NTZ, TRUE)");
  FakeStream stream(
      {{.name = "CUSTOMER_ID", .type = LogicalType::number(), .carrier = Carrier::Int64, .physical = "id"},
       {.name = "FIRST_NAME", .type = LogicalType::text(), .carrier = Carrier::Text, .physical = "n"},
       {.name = "UPDATE_TIMESTAMP",
        .type = LogicalType::timestamp_ntz(),
        .carrier = Carrier::TimestampUs,
        .physical = "t"},
       {.name = "METADATA$ACTION", .type = LogicalType::text(), .carrier = Carrier::Text, .physical = "a"},
       {.name = "METADATA$ISUPDATE", .type = LogicalType::boolean(), .carrier = Carrier::Boolean, .physical = "u"}});
  stream.sql =
      "(SELECT * FROM (VALUES (1::BIGINT, 'new', TIMESTAMP '2024-01-02', 'INSERT', FALSE), (2, 'after', TIMESTAMP "
      "'2024-01-03', 'INSERT', TRUE), "
      "(2, 'before', TIMESTAMP '2024-01-01', 'DELETE', TRUE), (3, 'gone', TIMESTAMP '2024-01-01', 'DELETE', FALSE)) AS "
      "v(id, n, t, a, u))";
  binder.sources = {&stream};
  binder.create_view("V_CUSTOMER_CHANGE_DATA", std::string(kView));
  const auto answer = binder.ask("SELECT * FROM v_customer_change_data ORDER BY customer_id, dml_type");
  EXPECT_EQ(answer.names, "CUSTOMER_ID,FIRST_NAME,START_TIME,END_TIME,IS_CURRENT,DML_TYPE");
  EXPECT_EQ(answer.rows,
            "1,new,2024-01-02 00:00:00.000,9999-12-31 00:00:00.000,true,I|"
            "2,after,2024-01-03 00:00:00.000,9999-12-31 00:00:00.000,true,I|"
            "2,NULL,2024-01-01 00:00:00.000,2024-01-03 00:00:00.000,false,U|"
            "3,NULL,2024-01-01 00:00:00.000,2023-12-31 16:00:00.000,NULL,D");
}

}  // namespace
}  // namespace engine
