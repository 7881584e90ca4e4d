"""The customer pipeline through the public command line, on the virtual clock: the example's scripts and flow file as they are, three generated
files, both tasks after each. Then the same files again under the same names change nothing.

    chain.py FRESHET EXAMPLE_DIRECTORY [ROWS]
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
ROWS = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
COUNTS = ("SELECT (SELECT COUNT(*) FROM customer_raw), (SELECT COUNT(*) FROM customer), COUNT(*), COUNT_IF(is_current) FROM customer_history")
# Every closed version ends where the next one of its id begins.
CHAINED = """SELECT COUNT(*) FROM customer_history a JOIN customer_history b ON a.customer_id = b.customer_id AND a.end_time = b.start_time
             WHERE NOT a.is_current"""


def freshet(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def sql(data, *statements):
    inputs = [part for statement in ("USE SCHEMA scd_demo.scd2", *statements) for part in ("-c", statement)]
    return [json.loads(line)["rows"] for line in freshet("sql", "--data", data, "--clock", "virtual", "--output", "json", *inputs).splitlines()][1:]


def run_flow(data, folder):
    freshet("flow", "run", str(EXAMPLE / "flow.json"), "--data", data, "--clock", "virtual", "--param", f"input_directory={folder}",
            "--param", "bucket=freshet-demo", "--until-idle")


with tempfile.TemporaryDirectory(prefix="freshet_chain_") as directory:
    data, folder = directory + "/data", directory + "/in"
    for script in sorted(EXAMPLE.glob("[1-5]_*.sql")):
        freshet("sql", "--data", data, "--clock", "virtual", "-f", str(script))
    for n in range(1, 4):
        freshet("gen", "customers", "--rows", str(ROWS), "--files", "1", "--out", folder, "--seed", str(n), "--start", f"2024-01-0{n}T00:00:00Z")
        run_flow(data, folder)
        before, _, after, chained = sql(data, COUNTS, "SELECT SYSTEM$WAIT(2, 'minutes')", COUNTS, CHAINED)
        assert before == [[ROWS, ROWS if n > 1 else 0, (n - 1) * ROWS, ROWS if n > 1 else 0]], before
        assert after == [[0, ROWS, n * ROWS, ROWS]], after
        assert chained == [[(n - 1) * ROWS]], chained

    # The same names once more: the store has new objects, the pipe knows the names.
    again = directory + "/again"
    shutil.copytree(folder, again)
    run_flow(data, again)
    _, counts = sql(data, "SELECT SYSTEM$WAIT(2, 'minutes')", COUNTS)
    assert counts == [[0, ROWS, 3 * ROWS, ROWS]], counts
    failed = sql(data, "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 1000)) WHERE state NOT IN ('SUCCEEDED', 'SCHEDULED')")
    assert failed == [[[0]]], failed
print("ok")
