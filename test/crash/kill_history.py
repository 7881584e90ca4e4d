"""kill -9 at random moments while both tasks carry a file from CUSTOMER_RAW over CUSTOMER into CUSTOMER_HISTORY; started again each time. After each
file every change is in the history once. The moments come from the seed, which is printed.

    kill_history.py FRESHET EXAMPLE_DIRECTORY KILLS [SEED]
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

PROGRAM, EXAMPLE, KILLS = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(2**32)
ROWS = 500
COUNTS = "SELECT (SELECT COUNT(*) FROM customer_raw), (SELECT COUNT(*) FROM customer), COUNT(*), COUNT_IF(is_current) FROM customer_history"
CHAINED = """SELECT COUNT(*) FROM customer_history a JOIN customer_history b ON a.customer_id = b.customer_id AND a.end_time = b.start_time
             WHERE NOT a.is_current"""
print(f"seed {SEED}")
chance = random.Random(SEED)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


with tempfile.TemporaryDirectory(prefix="freshet_kill_") as directory:
    data, folder = directory + "/data", directory + "/in"
    here = ["--data", data, "--clock", "virtual"]
    use = ["-c", "USE SCHEMA scd_demo.scd2"]
    for script in sorted(EXAMPLE.glob("[1-5]_*.sql")):
        run("sql", *here, "-f", str(script))
    kills = files = 0
    while kills < KILLS:
        run("gen", "customers", "--rows", str(ROWS), "--files", "1", "--out", folder, "--seed", str(files),
            "--start", f"2024-01-{1 + files // 24:02d}T{files % 24:02d}:00:00Z")
        files += 1
        run("flow", "run", str(EXAMPLE / "flow.json"), *here, "--param", f"input_directory={folder}", "--param", "bucket=freshet-demo", "--until-idle")
        for _ in range(chance.randrange(1, 4)):
            process = subprocess.Popen([PROGRAM, "sql", *here, *use, "-c", "SELECT SYSTEM$WAIT(3, 'minutes')"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=chance.uniform(0.05, 0.6))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        answers = run("sql", *here, *use, "-c", "SELECT SYSTEM$WAIT(3, 'minutes')", "-c", COUNTS, "-c", CHAINED, "--output", "json").splitlines()
        counts, chained = (json.loads(line)["rows"] for line in answers[-2:])
        assert counts == [[0, ROWS, files * ROWS, ROWS]], (files, kills, counts)
        assert chained == [[(files - 1) * ROWS]], (files, kills, chained)
print(f"{kills} kills, {files} files, {files * ROWS} versions: nothing lost, nothing twice")
