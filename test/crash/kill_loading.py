"""kill -9 at random moments while files go through the flow, the store and the pipe into CUSTOMER_RAW; started again each time. At the end each file
is one object and in the table once. The moments come from the seed, which is printed.

    kill_loading.py FRESHET EXAMPLE_DIRECTORY KILLS [SEED]
"""
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

PROGRAM, EXAMPLE, KILLS = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(2**32)
ROWS, FILES_EACH = 200, 3
print(f"seed {SEED}")
chance = random.Random(SEED)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def rows(data, *statements):
    inputs = [part for statement in ("USE SCHEMA scd_demo.scd2", *statements) for part in ("-c", statement)]
    return json.loads(run("sql", "--data", data, "--output", "json", *inputs).splitlines()[-1])["rows"]


with tempfile.TemporaryDirectory(prefix="freshet_kill_") as directory:
    data, folder = directory + "/data", directory + "/in"
    for script in ("1_tables", "2_loading"):
        run("sql", "--data", data, "-f", str(EXAMPLE / f"{script}.sql"))
    flow = [PROGRAM, "flow", "run", str(EXAMPLE / "flow.json"), "--data", data, "--param", f"input_directory={folder}", "--param", "bucket=freshet-demo"]
    files = kills = 0
    while kills < KILLS:
        # A second of its own for each file: names are made of it.
        run("gen", "customers", "--rows", str(ROWS), "--files", str(FILES_EACH), "--out", folder, "--seed", str(SEED % 1000 + kills),
            "--start", f"2024-01-{1 + kills // 24:02d}T{kills % 24:02d}:00:00Z")
        files += FILES_EACH
        # Without --until-idle the process goes on, so that the pipe has its time too.
        process = subprocess.Popen(flow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0.05, 0.8))
            raise AssertionError("the flow ended by itself")
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    run(*flow[1:], "--until-idle")
    objects = [json.loads(line)["key"] for line in run("s3", "ls", "s3://freshet-demo", "--recursive", "--data", data, "--output", "json").splitlines()]
    assert len(objects) == len(set(objects)) == files, (len(objects), files)
    count = [[0, 0]]
    for _ in range(100):
        count = rows(data, "SELECT SYSTEM$WAIT(100, 'milliseconds')", "SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM customer_raw")
        if count[0][0] >= files * ROWS:
            break
    assert count == [[files * ROWS, ROWS]], (count, files * ROWS)
print(f"{KILLS} kills, {files} files, {files * ROWS} rows: nothing lost, nothing twice")
