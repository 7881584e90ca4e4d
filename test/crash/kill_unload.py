"""kill -9 at each step of COPY INTO a location that takes its rows from a stream. The files and the stream agree afterwards: until the statement's commit
the rows are in the stream and no file is there, from it on they are in the files and the stream is empty.

    kill_unload.py FRESHET
"""
import json
import os
import signal
import subprocess
import sys
import tempfile

PROGRAM, ROWS = sys.argv[1], 1000
SETUP = """CREATE DATABASE d; USE SCHEMA d.public; CREATE TABLE t (id NUMBER, v STRING); CREATE STREAM s ON TABLE t;
CREATE FILE FORMAT lines TYPE = CSV COMPRESSION = NONE; CREATE STAGE files URL = 's3://bucket/unload/' FILE_FORMAT = lines;
CREATE TABLE back (id NUMBER, v STRING)"""
UNLOAD = "COPY INTO @d.public.files/{} FROM (SELECT id, v FROM d.public.s) MAX_FILE_SIZE = 4000"
# The point, and whether the statement has committed by then.
POINTS = (("unload.files_written", False), ("engine.commit_recorded", False), ("unload.intent_committed", True), ("unload.published", True),
          ("unload.intents_cleared", True))


def freshet(*arguments, kill_at=None):
    environment = {**os.environ, **({"FRESHET_KILL_AT": kill_at} if kill_at else {})}
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, env=environment)


def sql(*statements, kill_at=None):
    return freshet("sql", "--data", data, "--output", "json", *[part for statement in statements for part in ("-c", statement)], kill_at=kill_at)


def keys():
    listed = freshet("s3", "ls", "--recursive", "--data", data, "--output", "json", "s3://bucket/unload/")
    assert listed.returncode == 0, listed.stderr
    return {json.loads(line)["key"] for line in listed.stdout.splitlines()}


def state(point):
    """Rows in the point's files, distinct ones among them, rows in the stream."""
    answers = sql("TRUNCATE TABLE d.public.back", f"COPY INTO d.public.back FROM @d.public.files/{point}/ FORCE = TRUE",
                  "SELECT COUNT(*), COUNT(DISTINCT id), (SELECT COUNT(*) FROM d.public.s) FROM d.public.back")
    assert answers.returncode == 0, answers.stdout + answers.stderr
    return json.loads(answers.stdout.splitlines()[-1])["rows"][0]


with tempfile.TemporaryDirectory(prefix="freshet_unload_") as directory:
    data = directory + "/data"
    made = freshet("sql", "--data", data, "-c", SETUP)
    assert made.returncode == 0, made.stdout + made.stderr
    assert freshet("s3", "mb", "--data", data, "s3://bucket").returncode == 0
    for point, committed in POINTS:
        filled = sql(f"INSERT INTO d.public.t SELECT SEQ4(), 'some text' FROM TABLE(GENERATOR(ROWCOUNT => {ROWS}))")
        assert filled.returncode == 0, filled.stdout + filled.stderr
        before = keys()
        killed = sql(UNLOAD.format(point + "/"), kill_at=point)
        assert killed.returncode == -signal.SIGKILL and f"base.killed at={point}\n" in killed.stderr, (point, killed.returncode, killed.stderr)
        found = state(point)
        assert found == ([ROWS, ROWS, 0] if committed else [0, 0, ROWS]), (point, found)
        if not committed:
            assert keys() == before, point
            again = sql(UNLOAD.format(point + "/"))
            assert again.returncode == 0, again.stdout + again.stderr
            assert state(point) == [ROWS, ROWS, 0], point
    checked = freshet("s3", "check", "--deep", "--data", data)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(keys()) > len(POINTS), keys()
print("ok")
