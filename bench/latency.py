#!/usr/bin/env python3
"""From PUT to the committed history row: files of 100 changed customers at 10 files a second against a server that holds a million customers, with triggered
tasks that run at once. The time of a file is from just before its PUT to the end of the task run that wrote its versions. The reference is one second:
the shortest wait between two looks of the pipeline it replaces (its pipes and tasks have 10 seconds at best).

    latency.py PROGRAM [--json] [--customers 1000000] [--files 300]
"""
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test" / "e2e"))
from freshet import Freshet  # noqa: E402
from measure import EXAMPLE, Report, number, percentile, run  # noqa: E402

program, customers, files, report = sys.argv[1], number("--customers", 1_000_000), number("--files", 300), Report(sys.argv)
ROWS, EVERY = 100, 0.1

SCD1 = """CREATE OR REPLACE TASK tsk_scd_raw WAREHOUSE = COMPUTE_WH WHEN SYSTEM$STREAM_HAS_DATA('raw_changes') AS
    MERGE INTO customer c USING raw_changes cr ON c.customer_id = cr.customer_id
    WHEN MATCHED THEN UPDATE SET c.first_name = cr.first_name, c.last_name = cr.last_name, c.email = cr.email, c.street = cr.street,
        c.city = cr.city, c.state = cr.state, c.country = cr.country, update_timestamp = CURRENT_TIMESTAMP()
    WHEN NOT MATCHED THEN INSERT (customer_id, first_name, last_name, email, street, city, state, country)
    VALUES (cr.customer_id, cr.first_name, cr.last_name, cr.email, cr.street, cr.city, cr.state, cr.country)"""


def statements(server, *texts):
    inputs = [part for text in ("USE SCHEMA scd_demo.scd2", *texts) for part in ("-c", text)]
    done = run(program, "sql", "--data", server.data, "--output", "json", *inputs)
    return [json.loads(line)["rows"] for line in done.output.splitlines()][1:]


def history_task():
    """The example's task, triggered by its stream in place of the schedule."""
    text = (EXAMPLE / "4_scd2.sql").read_text()
    body = text[text.index("CREATE OR REPLACE TASK tsk_scd_hist"):text.rindex("SHOW TASKS")].strip().rstrip(";")
    assert "SCHEDULE = '1 minute'" in body
    return body.replace("SCHEDULE = '1 minute'", "").replace("\nAS\n", "\n    WHEN SYSTEM$STREAM_HAS_DATA('customer_table_changes')\nAS\n", 1)


with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory, Freshet(program) as server:
    folder = pathlib.Path(directory) / "in"
    for script in ("1_tables", "2_loading", "4_scd2"):
        run(program, "sql", "--data", server.data, "-f", EXAMPLE / f"{script}.sql")
    # A version's row says which statement wrote it.
    columns = (EXAMPLE / "1_tables.sql").read_text().split("TABLE customer_history (", 1)[1].split(");", 1)[0]
    statements(server, f"CREATE OR REPLACE TABLE customer_history ({columns}, written TIMESTAMP_LTZ DEFAULT CURRENT_TIMESTAMP())", "CREATE STREAM raw_changes ON TABLE customer_raw APPEND_ONLY = TRUE", SCD1, history_task())
    report.note(f"latency: {customers} customers")
    run(program, "gen", "customers", "--rows", customers, "--files", 1, "--out", folder, "--seed", 1)
    (first,) = folder.iterdir()
    run(program, "s3", "cp", first, "s3://freshet-demo/stream_data/first.csv", "--data", server.data)
    for _ in range(1200):
        if statements(server, "SELECT SYSTEM$WAIT(100, 'milliseconds')", "SELECT COUNT(*) FROM customer_raw")[-1] == [[customers]]:
            break
    statements(server, "EXECUTE TASK tsk_scd_raw", "SELECT SYSTEM$WAIT(1, 'seconds')")
    for _ in range(1200):
        counts = statements(server, "SELECT SYSTEM$WAIT(100, 'milliseconds')", "SELECT COUNT(*) FROM customer")[-1]
        if counts == [[customers]]:
            break
    statements(server, "EXECUTE TASK tsk_scd_hist")
    for _ in range(1200):
        counts = statements(server, "SELECT SYSTEM$WAIT(100, 'milliseconds')", "SELECT COUNT(*) FROM customer_history")[-1]
        if counts == [[customers]]:
            break
    assert counts == [[customers]], counts
    statements(server, "ALTER TASK tsk_scd_raw RESUME", "ALTER TASK tsk_scd_hist RESUME")

    header = first.read_bytes().split(b"\r\n", 1)[0].decode()
    report.note(f"latency: {files} files, {1 / EVERY:.0f} a second")
    sent = {}

    def put(n):
        # Each file has customers of its own and its number in STREET, so that a version names its file.
        rows = [f"{1 + (n * ROWS + i) % customers},a,b,c@d.e,file {n},f,g,h" for i in range(ROWS)]
        path = pathlib.Path(directory) / f"{n}.csv"
        path.write_bytes("\r\n".join([header, *rows, ""]).encode())
        sent[n] = time.time()
        bucket.upload_file(str(path), "freshet-demo", f"stream_data/{n}.csv")

    import boto3  # the pinned client of the end-to-end tests
    bucket = boto3.client("s3", endpoint_url=server.env["AWS_ENDPOINT_URL_S3"], aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    begin = time.monotonic()
    threads = []
    for n in range(files):
        time.sleep(max(0, begin + n * EVERY - time.monotonic()))
        threads.append(threading.Thread(target=put, args=(n,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for _ in range(300):
        counts = statements(server, "SELECT SYSTEM$WAIT(100, 'milliseconds')", "SELECT COUNT(*) FROM customer_history")[-1]
        if counts == [[customers + files * ROWS]]:
            break
    if counts != [[customers + files * ROWS]]:
        raise RuntimeError(f"history has {counts}; " + str(statements(
            server, "SELECT COUNT(*) FROM customer_raw", "SELECT SYSTEM$PIPE_STATUS('customer_s3_pipe')",
            "SELECT name, state, error_message FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 5))")))
    versions, runs = statements(
        server,
        "SELECT street, DATE_PART(epoch_microsecond, MAX(written)) FROM customer_history WHERE street LIKE 'file %' AND is_current GROUP BY street",
        """SELECT DATE_PART(epoch_microsecond, query_start_time), DATE_PART(epoch_microsecond, completed_time)
           FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => 'TSK_SCD_HIST', RESULT_LIMIT => 10000)) WHERE state = 'SUCCEEDED'""")
    runs = sorted((int(a) / 1e6, int(b) / 1e6) for a, b in runs)
    latencies = []
    for street, written in versions:
        (done,) = [done for start, done in runs if start <= int(written) / 1e6 <= done]
        latencies.append(1000 * (done - sent[int(street.split()[1])]))
    assert len(latencies) == files, len(latencies)
    report.line("latency_p50", "ms", percentile(latencies, 0.5), 1000, "one look a second", better="lower")
    report.line("latency_p99", "ms", percentile(latencies, 0.99), 1000, "one look a second", better="lower")
