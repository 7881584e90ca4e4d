"""Runs test/sql/**/*.test: records of `statement ok`, `statement error TEXT` and `query TYPES [rowsort]`, each followed by its SQL; a query's
expected rows stand behind `----`, columns parted by tabs. `connection NAME` switches the session: such files need a server, all others run in
one process of the command line each, on the virtual clock.

    run.py FRESHET [--restart] [FILE...]

With --restart the program starts anew for each record, outside of BEGIN .. COMMIT, and the session's USE, SET and ALTER SESSION are said again.
Files that wait (virtual time that nothing committed is forgotten) are left out then.
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


def replayed(sql):
    """What a new session has to be told after this statement."""
    words = sql.split()
    upper = [word.upper() for word in words]
    if upper[0] in ("USE", "SET") or upper[:2] == ["ALTER", "SESSION"]:
        return sql
    for kind in ("DATABASE", "SCHEMA"):
        if upper[0] == "CREATE" and kind in upper[1:4] and len(words) > 2:
            return f"USE {kind} {words[-1]}"
    return None


def pieces(todo, restart):
    """Records that run in one process: all, or one by one with transactions in one piece."""
    if not restart:
        yield todo
        return
    piece, inside = [], False
    for record in todo:
        piece.append(record)
        word = record.sql.split()[0].upper()
        inside = word == "BEGIN" or (inside and word not in ("COMMIT", "ROLLBACK"))
        if not inside:
            yield piece
            piece = []
    if piece:
        yield piece


def run(program, path, restart):
    problems, before = [], []
    with tempfile.TemporaryDirectory(prefix="freshet_sql_") as directory:
        for piece in pieces(list(records(path)), restart):
            command = [program, "sql", "--data", directory + "/data", "--clock", "virtual", "--on-error", "continue", "--output", "json"]
            for sql in before + [record.sql for record in piece]:
                command += ["-c", sql]
            printed = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
            answers = [json.loads(line) for line in printed.splitlines()][len(before):]
            if len(answers) != len(piece):
                return [f"{path}:{piece[0].line}: {len(piece)} records, {len(answers)} answers"]
            for record, answer in zip(piece, answers):
                if problem := check(record, answer):
                    problems.append(f"{path}:{record.line}: {problem}\n  in: {record.sql}")
            before += [again for record in piece if record.error is None and (again := replayed(record.sql))]
    return problems


def main():
    program = sys.argv[1]
    root = pathlib.Path(__file__).parent
    restart = "--restart" in sys.argv
    files = [pathlib.Path(name) for name in sys.argv[2:] if name != "--restart"] or sorted(root.rglob("*.test"))
    passed, failed = 0, 0
    for path in files:
        if any(line.startswith("connection ") for line in path.read_text().split("\n")):
            print(f"{path.name}: needs several sessions, not run here")
            continue
        if restart and "SYSTEM$WAIT" in path.read_text():
            continue
        problems = run(program, path, restart)
        passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
        for problem in problems:
            print(problem)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
