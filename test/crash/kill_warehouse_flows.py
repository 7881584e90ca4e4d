"""kill -9 on each side of the commits by which flows write into the warehouse: records into a table, files into a stage. The flow goes on afterwards, and
what the files say is in the table once.

    kill_warehouse_flows.py FRESHET EXAMPLE_DIRECTORY
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

PROGRAM, EXAMPLES, ROWS = sys.argv[1], pathlib.Path(sys.argv[2]), 2500
SETUP = """CREATE DATABASE demo; USE SCHEMA demo.public; CREATE TABLE events (id NUMBER, name STRING); CREATE STAGE landing;
CREATE PIPE load_events AS COPY INTO events FROM @landing FILE_FORMAT = (TYPE = CSV)"""
# Not flow.record_written: GetFile takes a file again that it could not remove.
CASES = (("records_to_table.json", ("flow.before_database_commit", "engine.commit_recorded", "engine.committed", "flow.database_committed")),
         ("stage_and_pipe.json", ("flow.before_put", "flow.objects_put")))


def freshet(*arguments, kill_at=None):
    environment = {**os.environ, **({"FRESHET_KILL_AT": kill_at} if kill_at else {})}
    return subprocess.run([PROGRAM, *arguments, "--data", data, "--clock", "virtual"], capture_output=True, text=True, timeout=120, env=environment)


def content(flow, first):
    numbers = range(first, first + ROWS)
    if flow == "records_to_table.json":
        return json.dumps([{"id": number, "name": f"name {number}"} for number in numbers])
    return "".join(f"{number},name {number}\n" for number in numbers)


with tempfile.TemporaryDirectory(prefix="freshet_flows_") as directory:
    data, folder = directory + "/data", pathlib.Path(directory, "in")
    folder.mkdir()
    made = freshet("sql", "-c", SETUP)
    assert made.returncode == 0, made.stdout + made.stderr
    expected = 0
    for flow, points in CASES:
        run = ["flow", "run", str(EXAMPLES / flow), "--param", f"input_directory={folder}", "--until-idle"]
        for point in points:
            (folder / "events").write_text(content(flow, expected))
            killed = freshet(*run, kill_at=point)
            assert killed.returncode == -signal.SIGKILL and f"base.killed at={point}\n" in killed.stderr, (flow, point, killed.returncode, killed.stderr)
            again = freshet(*run)
            assert again.returncode == 0, (flow, point, again.stdout + again.stderr)
            expected += ROWS
            counted = freshet("sql", "-c", "SELECT COUNT(*), COUNT(DISTINCT id), MAX(id) FROM demo.public.events", "--output", "json")
            rows = json.loads(counted.stdout.splitlines()[-1])["rows"]
            assert rows == [[expected, expected, expected - 1]], (flow, point, rows)
print(f"{sum(len(points) for _, points in CASES)} kills, {expected} rows: nothing lost, nothing twice")
