#!/usr/bin/env python3
"""The small-file storm: files of ten rows each go through the flow (ListFile, FetchFile, PutS3Object), the store and the pipe into CUSTOMER_RAW. Files per
second from the start of the flow until the last row is in the table; the reference is DuckDB's COPY of the same files by a glob, which knows no file
twice, keeps no history and is one transaction.

    small_files.py PROGRAM [--json] [--files 100000]
"""
import pathlib
import sys
import tempfile
import time

from measure import EXAMPLE, Report, duckdb, number, run, sql

program, files, report = sys.argv[1], number("--files", 100_000), Report(sys.argv)
ROWS = 10
with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    folder, data = pathlib.Path(directory) / "in", directory + "/data"
    report.note(f"small_files: writing {files} files")
    run(program, "gen", "customers", "--rows", ROWS, "--files", files, "--out", folder, "--seed", 1)
    for script in ("1_tables", "2_loading"):
        run(program, "sql", "--data", data, "-f", EXAMPLE / f"{script}.sql")
    report.note("small_files: flow and pipe")
    begin = time.monotonic()
    flow = run(program, "flow", "run", EXAMPLE / "flow.json", "--data", data, "--param", f"input_directory={folder}", "--param", "bucket=freshet-demo", "--until-idle")
    loading, counted = 0.0, None
    while True:
        cost, rows = sql(program, data, "SELECT SYSTEM$WAIT(1, 'seconds')", "SELECT COUNT(*) FROM scd_demo.scd2.customer_raw")
        loading += cost.cpu
        if rows[1][0][0] == files * ROWS:
            break
        if rows[1][0][0] == counted:
            raise RuntimeError(f"the pipe stands still at {counted} rows")
        counted = rows[1][0][0]
    wall = time.monotonic() - begin
    reference = duckdb(directory + "/reference.duckdb",
                       "CREATE TABLE t (customer_id BIGINT, first_name VARCHAR, last_name VARCHAR, email VARCHAR, street VARCHAR, city VARCHAR, state VARCHAR, country VARCHAR)",
                       f"COPY t FROM '{folder}/*.csv' (FORMAT csv, HEADER true)", "CHECKPOINT")
    report.line("small_files", "files/s", files / wall, files / reference.wall, "DuckDB COPY of the glob")
    report.line("small_files_cpu", "files/core-s", files / (flow.cpu + loading), files / reference.cpu, "DuckDB COPY of the glob")
