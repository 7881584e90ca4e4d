"""Days (31 unless said) of both tasks of the customer pipeline on the virtual clock, twice from the same files: the tables, the streams and the history of the
tasks are equal byte for byte.

    month.py FRESHET EXAMPLE_DIRECTORY [DAYS]
"""
import pathlib
import subprocess
import sys
import tempfile
import time

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
ROWS, FILES = 500, 4
DAYS = int(sys.argv[3]) if len(sys.argv) > 3 else 31


def freshet(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def month(data, folder):
    """What a user can see at the end."""
    here = ["--data", data, "--clock", "virtual"]

    def sql(*statements):
        inputs = [part for statement in ("USE SCHEMA scd_demo.scd2", *statements) for part in ("-c", statement)]
        return freshet("sql", *here, "--output", "json", *inputs)

    for script in sorted(EXAMPLE.glob("[1-5]_*.sql")):
        freshet("sql", *here, "-f", str(script))
    for file in sorted(folder.iterdir()):
        # The files come one by one, at equal distances.
        incoming = pathlib.Path(data + "_in")
        incoming.mkdir(exist_ok=True)
        (incoming / file.name).write_bytes(file.read_bytes())
        freshet("flow", "run", str(EXAMPLE / "flow.json"), *here, "--param", f"input_directory={incoming}", "--param", "bucket=freshet-demo", "--until-idle")
        sql(f"SELECT SYSTEM$WAIT({DAYS * 24 // FILES}, 'hours')")
    return sql("SELECT * FROM customer ORDER BY 1", "SELECT * FROM customer_history ORDER BY customer_id, start_time", "SHOW STREAMS", "SHOW TASKS",
               "SELECT SYSTEM$PIPE_STATUS('customer_s3_pipe')", "SELECT CURRENT_TIMESTAMP()",
               "SELECT COUNT(*), COUNT_IF(is_current) FROM customer_history",
               "SELECT name, state, COUNT(*) FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 10000)) GROUP BY 1, 2 ORDER BY 1, 2",
               "SELECT * FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 10000))")


with tempfile.TemporaryDirectory(prefix="freshet_month_") as directory:
    folder = pathlib.Path(directory) / "files"
    freshet("gen", "customers", "--rows", str(ROWS), "--files", str(FILES), "--out", str(folder), "--seed", "7", "--start", "2024-01-01T00:00:00Z",
            "--changes", "update=0.2,delete=0.01")
    seen = []
    for name in ("first", "second"):
        begun = time.monotonic()
        seen.append(month(f"{directory}/{name}", folder))
        print(f"{name}: {DAYS} days in {time.monotonic() - begun:.1f} s", flush=True)
    lines = seen[0].splitlines()
    print(lines[7], lines[8], sep="\n")
    assert len(lines) == 10 and lines == seen[1].splitlines(), next(pair for pair in zip(lines, seen[1].splitlines()) if pair[0] != pair[1])
print("ok")
