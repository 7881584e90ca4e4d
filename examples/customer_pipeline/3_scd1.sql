-- 3. Slowly changing dimension, type 1: CUSTOMER holds the latest values; a task runs the procedure every minute.
USE DATABASE scd_demo;
USE SCHEMA scd2;

CREATE OR REPLACE PROCEDURE pdr_scd_demo()
RETURNS STRING NOT NULL
LANGUAGE JAVASCRIPT
AS
$$
    var merge_text = `
        MERGE INTO customer c
        USING customer_raw cr
           ON c.customer_id = cr.customer_id
        WHEN MATCHED AND c.customer_id <> cr.customer_id OR
                         c.first_name  <> cr.first_name  OR
                         c.last_name   <> cr.last_name   OR
                         c.email       <> cr.email       OR
                         c.street      <> cr.street      OR
                         c.city        <> cr.city        OR
                         c.state       <> cr.state       OR
                         c.country     <> cr.country THEN UPDATE
            SET c.customer_id = cr.customer_id
              , c.first_name  = cr.first_name
              , c.last_name   = cr.last_name
              , c.email       = cr.email
              , c.street      = cr.street
              , c.city        = cr.city
              , c.state       = cr.state
              , c.country     = cr.country
              , update_timestamp = CURRENT_TIMESTAMP()
        WHEN NOT MATCHED THEN INSERT
            (c.customer_id, c.first_name, c.last_name, c.email, c.street, c.city, c.state, c.country)
        VALUES
            (cr.customer_id, cr.first_name, cr.last_name, cr.email, cr.street, cr.city, cr.state, cr.country);`;
    var truncate_text = `TRUNCATE TABLE scd_demo.scd2.customer_raw;`;

    var merge = snowflake.createStatement({sqlText: merge_text});
    var truncate = snowflake.createStatement({sqlText: truncate_text});
    merge.execute();
    truncate.execute();
    return merge_text + '\n' + truncate_text;
$$;

CREATE OR REPLACE TASK tsk_scd_raw
    WAREHOUSE = COMPUTE_WH
    SCHEDULE = '1 minute'
    ERROR_ON_NONDETERMINISTIC_MERGE = FALSE
AS
    CALL pdr_scd_demo();

SHOW TASKS;
