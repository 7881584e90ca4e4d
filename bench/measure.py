"""What every workload needs: processes with their cost, DuckDB for the reference figure, and the one line that it prints.

DuckDB is the library that the program itself uses, called through its C interface in a process of its own.
"""
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "customer_pipeline"


class Cost:
    """Of a finished process: CPU seconds (user and system), wall seconds, peak resident memory in bytes."""

    def __init__(self, cpu, wall, memory, output):
        self.cpu, self.wall, self.memory, self.output = cpu, wall, memory, output


def run(*arguments, env=None):
    """Runs a program to its end; raises with what it printed when it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        process = subprocess.Popen([str(a) for a in arguments], stdout=out, stderr=err, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        output = out.read().decode(errors="replace")
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: status {process.returncode}\n{output}{err.read().decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, output)


def sql(program, data, *statements):
    """Runs statements on a data directory; the cost of the process, and the rows of each statement."""
    inputs = [part for statement in statements for part in ("-c", statement)]
    cost = run(program, "sql", "--data", data, "--output", "json", *inputs)
    return cost, [json.loads(line)["rows"] for line in cost.output.splitlines()]


def duckdb(database, *statements):
    """The cost of statements on DuckDB, in a process that this file starts (see the end)."""
    return run(sys.executable, __file__, database, *statements)


class Report:
    """Prints a workload's figures: a table row each, or with --json an object each."""

    def __init__(self, arguments):
        self.as_json = "--json" in arguments

    def note(self, text):
        print(text, file=sys.stderr, flush=True)

    def line(self, workload, unit, ours, reference=None, reference_name=None, better="higher"):
        """`better`: whether a higher or a lower figure is the better one; `ratio` is always ours / reference."""
        ratio = ours / reference if reference else None
        if self.as_json:
            print(json.dumps({"workload": workload, "unit": unit, "ours": ours, "reference": reference, "reference_name": reference_name,
                              "ratio": ratio, "better": better}), flush=True)
        else:
            compared = f"{reference:>14,.1f} {reference_name:<34} {ratio:6.2f} ({better} is better)" if reference else ""
            print(f"{workload:<34} {ours:>14,.1f} {unit:<18} {compared}", flush=True)


def number(name, default):
    """`--rows 1000` on the command line of a workload."""
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


def text(name, default):
    """The same for a word."""
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _duckdb_main(database, statements):
    library = ctypes.CDLL(str(ROOT / ".deps" / "duckdb" / "libduckdb.so"))
    handle, connection = ctypes.c_void_p(), ctypes.c_void_p()
    result = ctypes.create_string_buffer(256)
    library.duckdb_result_error.restype = ctypes.c_char_p
    if library.duckdb_open(database.encode(), ctypes.byref(handle)) or library.duckdb_connect(handle, ctypes.byref(connection)):
        sys.exit(f"DuckDB cannot open {database}")
    for statement in statements:
        if library.duckdb_query(connection, statement.encode(), result):
            sys.exit(library.duckdb_result_error(result).decode())
        library.duckdb_destroy_result(result)
    library.duckdb_disconnect(ctypes.byref(connection))
    library.duckdb_close(ctypes.byref(handle))


if __name__ == "__main__":
    _duckdb_main(sys.argv[1], sys.argv[2:])
