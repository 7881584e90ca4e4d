-- 5. Tasks are created suspended: start both.
USE DATABASE scd_demo;
USE SCHEMA scd2;

ALTER TASK tsk_scd_raw RESUME;
ALTER TASK tsk_scd_hist RESUME;

SELECT name, state, scheduled_time FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY()) ORDER BY scheduled_time DESC;
