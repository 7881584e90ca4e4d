#!/usr/bin/env python3
"""Start of the program to the end of its first query on a data directory with tables in it, and what `serve` holds when idle; against DuckDB's library
in a process of its own (interpreter included).

    startup.py PROGRAM [--json] [--runs 15]
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test" / "e2e"))
from freshet import Freshet  # noqa: E402
from measure import EXAMPLE, Report, duckdb, number, percentile, run, sql  # noqa: E402


def memory(pid, kind):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(kind + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {kind}")


program, runs, report = sys.argv[1], number("--runs", 15), Report(sys.argv)
with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    data = directory + "/data"
    for script in sorted(EXAMPLE.glob("[1-4]_*.sql")):
        run(program, "sql", "--data", data, "-f", script)
    duckdb(directory + "/reference.duckdb", "CREATE TABLE t (n BIGINT)")
    ours, reference = [], []
    for _ in range(runs):  # alternating, so that both see the same machine
        ours.append(sql(program, data, "SELECT COUNT(*) FROM scd_demo.scd2.customer")[0].wall * 1000)
        reference.append(duckdb(directory + "/reference.duckdb", "SELECT COUNT(*) FROM t").wall * 1000)
    report.line("startup", "ms (median)", percentile(ours, 0.5), percentile(reference, 0.5), "DuckDB library and interpreter", better="lower")
with Freshet(program) as server:
    report.line("idle_memory", "MB", memory(server.process.pid, "VmRSS") / 1e6, better="lower")
    # Without the pages of the program's and the libraries' files, which the system takes back when it needs them.
    report.line("idle_memory_own", "MB", memory(server.process.pid, "RssAnon") / 1e6, better="lower")
