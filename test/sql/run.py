"""Runs test/sql/**/*.test: records of `statement ok`, `statement error TEXT` and `query TYPES [rowsort]`, each followed by its SQL; a query's
expected rows stand behind `----`, columns parted by tabs. `connection NAME` switches the session: such files need a server, all others run in
one process of the command line each, on the virtual clock.

    run.py FRESHET [FILE...]
"""
import json
import pathlib
import subprocess
import sys
import tempfile


class Record:
    def __init__(self, lines, line):
        self.line = line
        words = lines[0].split(" ", 2)
        self.kind = words[0]
        if self.kind == "statement":
            self.error = words[2] if words[1] == "error" else None
            self.sql, self.rows = "\n".join(lines[1:]), None
        else:
            self.error, self.sort = None, "rowsort" in lines[0]
            bar = lines.index("----")
            self.sql, self.rows = "\n".join(lines[1:bar]), lines[bar + 1:]


def records(path):
    block, start = [], 0
    for number, line in enumerate(path.read_text().split("\n") + [""], 1):
        if line.startswith("#"):
            continue
        if line:
            if not block:
                start = number
            block.append(line)
        elif block:
            yield Record(block, start)
            block = []


def shown(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def check(record, answer):
    """What is wrong with the answer, or nothing."""
    error = answer["error"]
    message = error if isinstance(error, str) or error is None else error.get("message", str(error))
    if record.error is not None:
        return None if message and record.error in message else f"wanted an error with {record.error!r}, got {message!r}"
    if message:
        return f"failed: {message}"
    if record.rows is None:
        return None
    rows = ["\t".join(shown(value) for value in row) for row in answer["rows"]]
    wanted = list(record.rows)
    if record.sort:
        rows, wanted = sorted(rows), sorted(wanted)
    return None if rows == wanted else "wanted\n    " + "\n    ".join(wanted) + "\n  got\n    " + "\n    ".join(rows)


def run(program, path):
    todo = list(records(path))
    with tempfile.TemporaryDirectory(prefix="freshet_sql_") as directory:
        command = [program, "sql", "--data", directory + "/data", "--clock", "virtual", "--on-error", "continue", "--output", "json"]
        for record in todo:
            command += ["-c", record.sql]
        answers = [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.splitlines()]
    if len(answers) != len(todo):
        return [f"{path}: {len(todo)} records, {len(answers)} answers"]
    return [f"{path}:{record.line}: {problem}\n  in: {record.sql}" for record, answer in zip(todo, answers) if (problem := check(record, answer))]


def main():
    program = sys.argv[1]
    root = pathlib.Path(__file__).parent
    files = [pathlib.Path(name) for name in sys.argv[2:]] or sorted(root.rglob("*.test"))
    passed, failed = 0, 0
    for path in files:
        if any(line.startswith("connection ") for line in path.read_text().split("\n")):
            print(f"{path.name}: needs several sessions, not run here")
            continue
        problems = run(program, path)
        passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
        for problem in problems:
            print(problem)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
