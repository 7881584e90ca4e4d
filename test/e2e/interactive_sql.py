"""The interactive prompt on a real terminal: aligned tables, timing, completion of names, history over restarts; and the flags of scripts.

    interactive_sql.py FRESHET
"""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
UP, TAB, CONTROL_D = "\x1b[A", "\t", "\x04"


class Terminal:
    def __init__(self, home, *arguments):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=home, TERM="xterm", COLUMNS="200")
            os.execv(PROGRAM, [PROGRAM, "sql", *arguments])
        self.seen = ""
        self.wait_for("freshet> ")

    def wait_for(self, pattern, plain=True):
        """What came up to the first match; the rest is kept."""
        deadline = time.monotonic() + 60
        pattern = re.escape(pattern) if plain else pattern
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen!r}"
            if select.select([self.master], [], [], 1)[0]:
                text = os.read(self.master, 65536).decode()
                self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", text).replace("\r", "")
        before, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return before

    def send(self, text):
        os.write(self.master, text.encode())

    def run(self, statement, prompt="> "):
        """The answer to one statement."""
        self.send(statement + "\n")
        self.wait_for("\n")
        return self.wait_for(prompt)

    def leave(self, how=CONTROL_D):
        self.send(how)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        assert os.waitstatus_to_exitcode(status) == 0


def talks(directory):
    home, data = directory + "/home", directory + "/data"
    os.mkdir(home)
    terminal = Terminal(home, "--data", data)
    terminal.run("CREATE DATABASE shop;", "SHOP.PUBLIC> ")
    terminal.run("CREATE TABLE customers_of_the_shop (id NUMBER, full_name TEXT);")
    terminal.run("INSERT INTO customers_of_the_shop VALUES (1, 'Ada'), (1000, 'Bo');")
    answer = terminal.run("SELECT id, full_name FROM customers_of_the_shop ORDER BY id;")
    lines = answer.splitlines()
    header = next(i for i, line in enumerate(lines) if "FULL_NAME" in line)
    table = [line for line in lines[header:] if "1" in line or "FULL_NAME" in line][:3]
    assert table[1].index("Ada") == table[2].index("Bo") == table[0].index("FULL_NAME"), answer  # texts to the left
    assert table[1].index("1") == table[2].index("1000") + 3, answer  # numbers to the right
    assert re.search(r"2 rows in \d+\.\d{3} s", answer), answer

    # Tab completes a table, in the case that was typed, and a column.
    terminal.send("SELECT COUNT(*) AS n FROM custo" + TAB)
    terminal.wait_for("customers_of_the_shop")
    answer = terminal.run(";")
    assert re.search(r"\b2\b", answer) and "1 row in" in answer, answer
    terminal.send("SELECT MAX(FULL_N" + TAB)
    terminal.wait_for("FULL_NAME")
    assert "Bo" in terminal.run(") FROM customers_of_the_shop;")

    # A statement over lines; an error names itself and the next statement runs.
    terminal.send("SELECT 40\n")
    terminal.wait_for("...> ")
    assert "42" in terminal.run("  + 2;")
    assert "002003" in terminal.run("SELECT * FROM nothing;")
    assert "43" in terminal.run("SELECT 43;")
    # The arrow key brings the last one back.
    terminal.send(UP)
    terminal.wait_for("SELECT 43;")
    assert "43" in terminal.run("")
    terminal.leave()

    # History of another session.
    assert "SELECT" in pathlib.Path(home, ".freshet_history").read_text()
    again = Terminal(home, "--data", data)
    again.send(UP)
    again.wait_for("SELECT 43;")
    assert "43" in again.run("")
    again.leave("exit\n")


def follows_flags(directory):
    data = directory + "/data"

    def sql(*arguments, text=None):
        return subprocess.run([PROGRAM, "sql", "--data", data, *arguments], input=text, capture_output=True, text=True, timeout=60)

    script = pathlib.Path(directory, "script.sql")
    script.write_text("SELECT 1;\nSELECT * FROM shop.public.nothing;\nSELECT 3;\n")
    stopped = sql("-f", str(script), "--output", "csv")
    assert stopped.returncode == 1 and "3" not in stopped.stdout.split() and f"{script}:2: 002003" in stopped.stderr, stopped
    went_on = sql("-f", str(script), "--on-error", "continue", "--output", "csv")
    assert went_on.returncode == 1 and went_on.stdout.split()[-1] == "3" and f"{script}:2: 002003" in went_on.stderr, went_on

    script.write_text("CREATE OR REPLACE TABLE shop.public.t (a INT)\nINSERT INTO shop.public.t VALUES (7)\nSELECT a FROM shop.public.t\n")
    assert sql("-f", str(script)).returncode == 1
    lenient = sql("-f", str(script), "--lenient", "--output", "csv")
    assert lenient.returncode == 0 and lenient.stdout.split()[-1] == "7", lenient
    assert sql("--on-error", "sometimes").returncode == 2


with tempfile.TemporaryDirectory(prefix="freshet_prompt_") as place:
    talks(place)
    follows_flags(place)
print("ok")
