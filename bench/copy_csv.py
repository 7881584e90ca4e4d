#!/usr/bin/env python3
"""COPY of one CSV file into a table with our hidden columns, against DuckDB's own COPY of that file into a plain table: rows per core-second, and the peak
memory of both loads. The reference's own storage is flushed too (CHECKPOINT); so is ours.

    copy_csv.py PROGRAM [--json] [--rows 10000000]
"""
import pathlib
import sys
import tempfile

from measure import Report, duckdb, number, run, sql

program, rows, report = sys.argv[1], number("--rows", 10_000_000), Report(sys.argv)
COLUMNS = ("customer_id NUMBER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, street VARCHAR, city VARCHAR, state VARCHAR, country VARCHAR")

with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    folder, data = pathlib.Path(directory) / "in", directory + "/data"
    report.note(f"copy_csv: writing {rows} rows")
    run(program, "gen", "customers", "--rows", rows, "--files", 1, "--out", folder, "--seed", 1)
    (file,) = folder.iterdir()
    run(program, "s3", "mb", "s3://bench", "--data", data)
    run(program, "s3", "cp", file, "s3://bench/in/customers.csv", "--data", data)
    sql(program, data, "CREATE DATABASE d", "CREATE SCHEMA d.s", f"CREATE TABLE d.s.t ({COLUMNS})",
        "CREATE STAGE d.s.st URL = 's3://bench/in/'")
    report.note("copy_csv: loading")
    idle, _ = sql(program, data, "SELECT 1")
    ours, results = sql(program, data, "USE SCHEMA d.s", "COPY INTO t FROM @st FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1)", "SELECT COUNT(*), SUM(customer_id) FROM t")
    assert results[2][0][0] == rows, results
    wanted = [line.split(" ")[0] for line in COLUMNS.split(", ")]
    types = ["BIGINT" if name == "customer_id" else "VARCHAR" for name in wanted]
    table = ", ".join(map(" ".join, zip(wanted, types)))
    report.note("copy_csv: the reference")
    reference = duckdb(directory + "/reference.duckdb", f"CREATE TABLE t ({table})", "SET preserve_insertion_order = false",
                       f"COPY t FROM '{file}' (FORMAT csv, HEADER true)", "CHECKPOINT", "SELECT COUNT(*), SUM(customer_id) FROM t")
    opening = duckdb(directory + "/reference.duckdb", "SELECT 1")
    report.line("copy_csv", "rows/core-s", rows / (ours.cpu - idle.cpu), rows / (reference.cpu - opening.cpu), "DuckDB COPY, plain table")
    report.line("copy_csv_wall", "rows/s", rows / (ours.wall - idle.wall), rows / (reference.wall - opening.wall), "DuckDB COPY, plain table")
    report.line("copy_csv_memory", "MB peak", ours.memory / 1e6, reference.memory / 1e6, "DuckDB COPY, plain table", better="lower")
