"""kill -9 between the end of a task's body and what follows. A body that is one statement has its outcome in its own commit: the run SUCCEEDED. Of
a procedure nobody can tell: the run FAILED, "interrupted", and is not repeated. What a body committed is there once in both cases.

    task_outcome.py FRESHET
"""
import json
import os
import signal
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
SETUP = """CREATE DATABASE d; CREATE SCHEMA d.s; USE SCHEMA d.s; CREATE TABLE done (who STRING);
CREATE PROCEDURE p() RETURNS STRING LANGUAGE JAVASCRIPT AS $$ snowflake.execute({sqlText: "INSERT INTO done VALUES ('P')"}); return 'ok'; $$;
CREATE TASK one WAREHOUSE = w AS INSERT INTO done VALUES ('ONE');
CREATE TASK many WAREHOUSE = w AS CALL p();"""


def sql(data, *statements, kill_at=None):
    arguments = [argument for statement in statements for argument in ("-c", statement)]
    environment = {**os.environ, **({"FRESHET_KILL_AT": kill_at} if kill_at else {})}
    return subprocess.run([PROGRAM, "sql", "--data", data, "--output", "json", *arguments], capture_output=True, text=True, timeout=120, env=environment)


with tempfile.TemporaryDirectory(prefix="freshet_outcome_") as directory:
    data = directory + "/data"
    made = subprocess.run([PROGRAM, "sql", "--data", data, "-c", SETUP], capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stdout + made.stderr
    for task in ("one", "many"):
        killed = sql(data, f"EXECUTE TASK d.s.{task}", "SELECT SYSTEM$WAIT(60)", kill_at="task.body_ended")
        assert killed.returncode == -signal.SIGKILL, (task, killed.returncode, killed.stderr)
    answers = sql(data, "SELECT who, COUNT(*) FROM d.s.done GROUP BY who ORDER BY who",
                  "SELECT name, state, error_message FROM TABLE(d.information_schema.task_history()) ORDER BY name DESC")
    assert answers.returncode == 0, answers.stdout + answers.stderr
    rows, runs = (json.loads(line)["rows"] for line in answers.stdout.splitlines())
    assert rows == [["ONE", 1], ["P", 1]], rows
    assert runs == [["ONE", "SUCCEEDED", None], ["MANY", "FAILED", "interrupted"]], runs
print("ok")
