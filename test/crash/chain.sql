-- What kill_chain.py adds to the example's tables, stage and view: the same chain with nothing left to races between statements (the example's
-- MERGE and TRUNCATE of CUSTOMER_RAW are two commits), every change in a log, every task triggered by its stream.
USE SCHEMA scd_demo.scd2;

-- Each row of each file, with its place: loaded by a pipe with a select list; the example's pipe fills CUSTOMER_PLAIN.
CREATE TABLE customer_plain LIKE customer_raw;
CREATE OR REPLACE PIPE customer_s3_pipe AUTO_INGEST = TRUE AS COPY INTO customer_plain FROM @customer_ext_stage FILE_FORMAT = CSV;
ALTER TABLE customer_raw ADD COLUMN file VARCHAR;
ALTER TABLE customer_raw ADD COLUMN line NUMBER;
CREATE PIPE customer_placed_pipe AUTO_INGEST = TRUE AS
    COPY INTO customer_raw FROM (SELECT $1, $2, $3, $4, $5, $6, $7, $8, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @customer_ext_stage)
    FILE_FORMAT = CSV;
CREATE STREAM raw_arrivals ON TABLE customer_raw APPEND_ONLY = TRUE;

-- The latest values: what the newest file says holds.
ALTER TABLE customer ADD COLUMN file VARCHAR;
CREATE STREAM customer_log_changes ON TABLE customer;
CREATE TABLE arrivals (batch TIMESTAMP_NTZ, file VARCHAR, line NUMBER, customer_id NUMBER);
CREATE PROCEDURE latest() RETURNS STRING LANGUAGE JAVASCRIPT AS
$$
    for (const text of ['BEGIN', `
        MERGE INTO customer c
        USING (SELECT * FROM raw_arrivals QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY file DESC, line DESC) = 1) r
           ON c.customer_id = r.customer_id
        WHEN MATCHED AND r.file > c.file THEN UPDATE
            SET first_name = r.first_name, last_name = r.last_name, email = r.email, street = r.street, city = r.city, state = r.state,
                country = r.country, file = r.file, update_timestamp = CURRENT_TIMESTAMP()
        WHEN NOT MATCHED THEN INSERT (customer_id, first_name, last_name, email, street, city, state, country, file)
            VALUES (r.customer_id, r.first_name, r.last_name, r.email, r.street, r.city, r.state, r.country, r.file)`,
        'INSERT INTO arrivals SELECT CURRENT_TIMESTAMP(), file, line, customer_id FROM raw_arrivals',
        'COMMIT'])
        snowflake.execute({sqlText: text});
    return 'done';
$$;
CREATE TASK tsk_latest WAREHOUSE = COMPUTE_WH WHEN SYSTEM$STREAM_HAS_DATA('raw_arrivals') AS CALL latest();

-- The history, by the example's MERGE, and in the same commit the changes that it took.
CREATE TABLE history_log (customer_id NUMBER, file VARCHAR, update_timestamp TIMESTAMP_NTZ, action VARCHAR, is_update BOOLEAN, row_id VARCHAR, at TIMESTAMP_NTZ);
CREATE PROCEDURE history() RETURNS STRING LANGUAGE JAVASCRIPT AS
$$
    for (const text of ['BEGIN', `{history_merge}`,
        `INSERT INTO history_log SELECT customer_id, file, update_timestamp, METADATA$ACTION, METADATA$ISUPDATE, METADATA$ROW_ID, CURRENT_TIMESTAMP()
         FROM customer_table_changes`,
        'COMMIT'])
        snowflake.execute({sqlText: text});
    return 'done';
$$;
CREATE TASK tsk_history WAREHOUSE = COMPUTE_WH WHEN SYSTEM$STREAM_HAS_DATA('customer_table_changes') AS CALL history();

-- A log that one statement fills.
CREATE TABLE customer_log LIKE history_log;
CREATE TASK tsk_log WAREHOUSE = COMPUTE_WH WHEN SYSTEM$STREAM_HAS_DATA('customer_log_changes') AS
    INSERT INTO customer_log SELECT customer_id, file, update_timestamp, METADATA$ACTION, METADATA$ISUPDATE, METADATA$ROW_ID, CURRENT_TIMESTAMP()
    FROM customer_log_changes;

-- Files that are removed once they are in.
CREATE STAGE purge_stage URL = 's3://freshet-purge/in/';
CREATE TABLE purged (file VARCHAR, line NUMBER);
CREATE STREAM purge_signal ON TABLE arrivals APPEND_ONLY = TRUE;
CREATE TABLE purge_runs (rows_seen NUMBER);
CREATE PROCEDURE purge() RETURNS STRING LANGUAGE JAVASCRIPT AS
$$
    snowflake.execute({sqlText: 'INSERT INTO purge_runs SELECT COUNT(*) FROM purge_signal'});
    snowflake.execute({sqlText: 'COPY INTO purged FROM @purge_stage FILE_FORMAT = (TYPE = CSV) PURGE = TRUE'});
    return 'done';
$$;
CREATE TASK tsk_purge WAREHOUSE = COMPUTE_WH WHEN SYSTEM$STREAM_HAS_DATA('purge_signal') AS CALL purge();

-- One row for each tick that ran.
CREATE TABLE ticks (at TIMESTAMP_NTZ);
CREATE TASK tsk_tick WAREHOUSE = COMPUTE_WH SCHEDULE = '10 SECONDS' AS
    INSERT INTO ticks SELECT CURRENT_TIMESTAMP();

ALTER TASK tsk_latest RESUME;
ALTER TASK tsk_history RESUME;
ALTER TASK tsk_log RESUME;
ALTER TASK tsk_purge RESUME;
ALTER TASK tsk_tick RESUME;
