#!/usr/bin/env python3
"""ConvertRecord's work on one core, CSV to Parquet: the schema inferred and the records converted, and with a schema that is given; against DuckDB's own
reader and writer of the same file.

    record_convert.py PROGRAM [--json] [--megabytes 256]
"""
import json
import pathlib
import sys
import tempfile

from measure import Report, duckdb, number, run

program, report, megabytes = pathlib.Path(sys.argv[1]), Report(sys.argv), number("--megabytes", 256)
with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    file = directory + "/orders.csv"
    figures = json.loads(run(program.parent / "bench" / "record_convert", file, megabytes).output)
    idle = duckdb(directory + "/idle.duckdb", "SELECT 1")
    reference = duckdb(directory + "/reference.duckdb", "SET threads = 1",
                       f"COPY (SELECT * FROM read_csv('{file}')) TO '{directory}/out.parquet' (FORMAT parquet)")
    # What we wrote says the same to DuckDB as the CSV file.
    facts = "count(*), sum(customer_id), sum(quantity), count(DISTINCT email), min(city), sum(length(first_name)), sum(active::INT), round(sum(amount))"
    duckdb(directory + "/check.duckdb",
           f"SELECT CASE WHEN (SELECT ({facts})::VARCHAR FROM '{file}.parquet') = (SELECT ({facts})::VARCHAR FROM read_csv('{file}', types = "
           "{'amount': 'FLOAT'})) THEN 1 ELSE error('the Parquet file differs') END")
    size, theirs = figures["bytes"] / 1e6, reference.cpu - idle.cpu
    report.line("convert_record_inferred", "MB/core-s", size / (figures["infer"] + figures["convert"]), size / theirs, "DuckDB COPY, one thread")
    report.line("convert_record_by_schema", "MB/core-s", size / figures["convert"], size / theirs, "DuckDB COPY, one thread")
