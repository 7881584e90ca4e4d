-- 2. Loading: each new object below the stage's prefix is copied into CUSTOMER_RAW.
USE DATABASE scd_demo;
USE SCHEMA scd2;

CREATE OR REPLACE STAGE customer_ext_stage
    URL = 's3://freshet-demo/stream_data'
    CREDENTIALS = (AWS_KEY_ID = '', AWS_SECRET_KEY = '');

CREATE OR REPLACE FILE FORMAT csv
    TYPE = CSV,
    FIELD_DELIMITER = ","
    SKIP_HEADER = 1;

SHOW STAGES;
LIST @customer_ext_stage;

CREATE OR REPLACE PIPE customer_s3_pipe
    AUTO_INGEST = TRUE
AS
    COPY INTO customer_raw
    FROM @customer_ext_stage
    FILE_FORMAT = CSV;

SHOW PIPES;
SELECT SYSTEM$PIPE_STATUS('customer_s3_pipe');
SELECT COUNT(*) FROM customer_raw;
