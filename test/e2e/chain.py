"""The customer pipeline through the public command line against `freshet serve`, on the virtual clock: the example's scripts and flow file as they
are, five generated files, both tasks after each. Then the same files again under the same names change nothing.

    chain.py FRESHET EXAMPLE_DIRECTORY [ROWS]
"""
import pathlib
import shutil
import subprocess
import sys

from freshet import Freshet

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
ROWS = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
FILES = 5
COUNTS = ("SELECT (SELECT COUNT(*) FROM customer_raw), (SELECT COUNT(*) FROM customer), COUNT(*), COUNT_IF(is_current) FROM customer_history")
# Of each version the end, the next one's start, and which version it is, counted from the newest.
VERSIONS = """WITH versions AS (
                SELECT customer_id, start_time, end_time, is_current,
                       LEAD(start_time) OVER (PARTITION BY customer_id ORDER BY start_time) AS next_start,
                       COUNT(*) OVER (PARTITION BY customer_id) AS versions
                FROM customer_history)
              SELECT COUNT(*), COUNT_IF(is_current), COUNT_IF(is_current = (next_start IS NULL)), COUNT_IF(end_time = next_start),
                     COUNT_IF(is_current AND end_time = '9999-12-31'::TIMESTAMP_NTZ), MIN(versions), MAX(versions)
              FROM versions"""


def run_flow(server, folder):
    server.run("flow", "run", str(EXAMPLE / "flow.json"), "--clock", "virtual", "--param", f"input_directory={folder}", "--param", "bucket=freshet-demo",
               "--until-idle")


def sql(server, *statements):
    return server.sql("USE SCHEMA scd_demo.scd2", *statements)[1:]


with Freshet(PROGRAM, clock="virtual") as server:
    folder = server.directory.name + "/in"
    for script in sorted(EXAMPLE.glob("[1-5]_*.sql")):
        server.run("sql", "-f", str(script))
    for n in range(1, FILES + 1):
        subprocess.run([PROGRAM, "gen", "customers", "--rows", str(ROWS), "--files", "1", "--out", folder, "--seed", str(n),
                        "--start", f"2024-01-0{n}T00:00:00Z"], check=True)
        run_flow(server, folder)
        before, _, after = sql(server, COUNTS, "SELECT SYSTEM$WAIT(2, 'minutes')", COUNTS)
        assert before == [[ROWS, ROWS if n > 1 else 0, (n - 1) * ROWS, ROWS if n > 1 else 0]], before
        assert after == [[0, ROWS, n * ROWS, ROWS]], after
        (versions,), = sql(server, VERSIONS)
        assert versions == [n * ROWS, ROWS, n * ROWS, (n - 1) * ROWS, ROWS, n, n], versions

    # The same names once more: the store has new objects, the pipe knows the names.
    contents = "SELECT HASH_AGG(*) FROM customer", "SELECT HASH_AGG(*) FROM customer_history"
    kept = sql(server, *contents)
    again = server.directory.name + "/again"
    shutil.copytree(folder, again)
    run_flow(server, again)
    raw, _, counts, *contents_after = sql(server, "SELECT COUNT(*) FROM customer_raw", "SELECT SYSTEM$WAIT(2, 'minutes')", COUNTS, *contents)
    assert raw == [[0]], raw
    assert counts == [[0, ROWS, FILES * ROWS, ROWS]], counts
    assert contents_after == kept, (contents_after, kept)
    failed = sql(server, "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 1000)) WHERE state NOT IN ('SUCCEEDED', 'SCHEDULED')")
    assert failed == [[[0]]], failed
print("ok")
