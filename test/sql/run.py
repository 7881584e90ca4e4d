"""Runs test/sql/**/*.test: records of `statement ok`, `statement error TEXT` and `query TYPES [rowsort]`, each followed by its SQL; a query's
expected rows stand behind `----`, columns parted by tabs. `connection NAME` before a record switches the session; a file with such lines runs
against a server, all others in one process of the command line each, on the virtual clock. `statement waits ok` and `statement waits error TEXT`
go on as soon as the statement waits for a lock; its answer is looked at when its connection is used next, or at the file's end. A file with a
line `# privileges-enforced` runs so.

    run.py FRESHET [--restart | --http] [--reprint] [--enforced] [FILE...]

--restart   the program starts anew for each record, outside of BEGIN .. COMMIT; the session's USE, SET and ALTER SESSION are said again.
            Left out are files with several sessions and those with a line `# session-bound`
--http      every file runs against a server
--reprint   each statement is parsed and printed, and what was printed runs. Left out are files with a line `# shows-its-text`: the text of a
            statement is kept as it was written, and shown
--enforced  with privileges enforced, which changes nothing for ACCOUNTADMIN. Left out are files with a line `# privileges-free`
"""
import argparse
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 120  # for one answer, on a busy machine


class Record:
    def __init__(self, lines, line):
        self.connection = lines.pop(0).split(" ", 1)[1] if lines[0].startswith("connection ") else None
        self.line, self.waits, self.error, self.sort, self.rows = line, False, None, False, None
        words = lines[0].split(" ")
        if words[0] == "statement":
            self.waits = words[1] == "waits"
            verdict = words[2:] if self.waits else words[1:]
            if verdict[0] not in ("ok", "error"):
                raise ValueError(f"line {line}: neither ok nor error: {lines[0]}")
            self.error = " ".join(verdict[1:]) if verdict[0] == "error" else None
            self.sql = "\n".join(lines[1:])
        elif words[0] == "query":
            self.sort = "rowsort" in words
            bar = lines.index("----")
            self.sql, self.rows = "\n".join(lines[1:bar]), lines[bar + 1:]
        else:
            raise ValueError(f"line {line}: not a record: {lines[0]}")


def records(text):
    block, start = [], 0
    for number, line in enumerate(text.split("\n") + [""], 1):
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
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def check(record, answer):
    """What is wrong with the answer, or nothing."""
    error = answer["error"]
    message = f"{error['code']} ({error['sqlstate']}): {error['message']}" if isinstance(error, dict) else error
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
        if created := re.match(rf"CREATE\s+(OR\s+REPLACE\s+)?(TRANSIENT\s+)?{kind}\s+(IF\s+NOT\s+EXISTS\s+)?([^\s;]+)", sql, re.IGNORECASE):
            return f"USE {kind} {created.group(4)}"
    return None


class Session:
    """A session of the command line that takes statements over a pipe."""

    def __init__(self, program, place, reprint, environment):
        command = [program, "sql", *place, "--on-error", "continue", "--output", "json", "-f", "-"] + (["--reprint"] if reprint else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment)
        self.open_record = None  # sent, its answer not yet looked at

    def send(self, sql):
        self.process.stdin.write(sql + "\n;\n")
        self.process.stdin.flush()

    def answer(self):
        if select.select([self.process.stdout], [], [], PATIENCE_S)[0]:
            line = self.process.stdout.readline()
            if line:
                return json.loads(line)
        self.process.kill()
        raise RuntimeError("no answer: " + self.process.stderr.read())

    def ask(self, sql):
        self.send(sql)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()


class Server:
    """The program on a data directory, until it is closed; sessions reach it through the directory."""

    def __init__(self, program, data, environment):
        self.process = subprocess.Popen([program, "serve", "--data", data, "--clock", "virtual", "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"],
                                        stderr=subprocess.PIPE, text=True, env=environment)
        for line in self.process.stderr:
            if "serve.ready" in line:
                return
        raise RuntimeError("the server did not start")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE_S)


def lock_waits(watcher):
    """Who waits for what."""
    return {(row[0], row[2]) for row in watcher.ask("SHOW LOCKS")["rows"] if row[3] == "WAITING"}


class File:
    """One file's run; `problems` says what went wrong."""

    def __init__(self, program, path, options, directory):
        self.program, self.path, self.options, self.directory = program, path, options, directory
        self.problems, self.sessions, self.before, self.in_transaction = [], {}, [], False
        self.environment = dict(os.environ)

    def problem(self, record, text):
        self.problems.append(f"{self.path}:{record.line}: {text}\n  in: {record.sql}")

    def session(self, name=None):
        if name not in self.sessions:
            self.sessions[name] = Session(self.program, ["--data", self.directory + "/data", "--clock", "virtual"], self.options.reprint,
                                          self.environment)
            for sql in self.before:
                self.sessions[name].ask(sql)
        return self.sessions[name]

    def close_sessions(self):
        for session in self.sessions.values():
            session.close()
        self.sessions = {}

    def finish(self, session):
        """Looks at the answer of a statement that waited."""
        if record := session.open_record:
            session.open_record = None
            if wrong := check(record, session.answer()):
                self.problem(record, wrong)

    def run_on_server(self, todo):
        server = Server(self.program, self.directory + "/data", self.environment)
        try:
            self.run_records(todo)
            self.close_sessions()
        finally:
            for session in self.sessions.values():
                session.process.kill()
            server.close()

    def run_records(self, todo):
        name, several = None, any(record.connection for record in todo)
        for record in todo:
            name = record.connection or name
            session = self.session(name)
            self.finish(session)
            if record.waits:
                self.start_waiting(session, record)
            elif wrong := check(record, session.ask(record.sql)):
                self.problem(record, wrong)
            if self.options.restart and not several:
                self.restart_after(record)
        for session in self.sessions.values():
            self.finish(session)

    def start_waiting(self, session, record):
        watcher = self.session("the runner's own")
        waiting = lock_waits(watcher)
        session.open_record = record
        session.send(record.sql)
        deadline = time.monotonic() + PATIENCE_S
        while not lock_waits(watcher) - waiting:
            if select.select([session.process.stdout], [], [], 0.01)[0]:
                return self.problem(record, "it did not wait")
            if time.monotonic() > deadline:
                raise RuntimeError("the statement neither waits nor answers")

    def restart_after(self, record):
        if record.error is None and (again := replayed(record.sql)):
            self.before.append(again)
        word = record.sql.split()[0].upper()
        self.in_transaction = word == "BEGIN" or (self.in_transaction and word not in ("COMMIT", "ROLLBACK"))
        if not self.in_transaction:
            self.close_sessions()

    def run(self):
        text = self.path.read_text()
        todo = list(records(text))
        several = any(record.connection for record in todo)
        marks = {line for line in text.splitlines() if line.startswith("# ")}
        if self.options.restart and (several or "# session-bound" in marks):
            return False
        if self.options.enforced and "# privileges-free" in marks:
            return False
        if self.options.enforced or "# privileges-enforced" in marks:
            self.environment["FRESHET_ENFORCE_PRIVILEGES"] = "true"
        if self.options.reprint and "# shows-its-text" in marks:
            return False
        try:
            if several or self.options.http:
                self.run_on_server(todo)
            else:
                self.run_records(todo)
                self.close_sessions()
        except (RuntimeError, BrokenPipeError) as error:
            self.problems.append(f"{self.path}: {error}")
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    for flag in ("--restart", "--http", "--reprint", "--enforced"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_intermixed_args()
    if options.restart and options.http:
        parser.error("--restart or --http, not both")
    passed, failed = 0, 0
    for path in options.files or sorted(pathlib.Path(__file__).parent.rglob("*.test")):
        with tempfile.TemporaryDirectory(prefix="freshet_sql_") as directory:
            file = File(options.program, path, options, directory)
            if not file.run():
                continue
        passed, failed = (passed, failed + 1) if file.problems else (passed + 1, failed)
        for problem in file.problems:
            print(problem, flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
