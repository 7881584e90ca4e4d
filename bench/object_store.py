#!/usr/bin/env python3
"""The object store against a directory of files, in one process with 32 threads: small objects put (each on the disk when its call returns), got and
listed per second. Then one object of a gigabyte through `s3 cp`, against a copy that is synced.

    object_store.py PROGRAM [--json] [--objects 20000] [--bytes 4096] [--megabytes 1000]
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

from measure import Report, number, run

program, report = pathlib.Path(sys.argv[1]), Report(sys.argv)
objects, size, megabytes = number("--objects", 20_000), number("--bytes", 4096), number("--megabytes", 1000)
with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    figures = json.loads(run(program.parent / "bench" / "object_store_load", directory, objects, size, 32).output)
    for name in ("put", "get", "list"):
        report.line(f"object_store_{name}", "objects/s", figures[name], figures["file_" + name], "a file per object, synced" if name == "put" else "files")

with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    source, copy = pathlib.Path(directory) / "big", pathlib.Path(directory) / "copy"
    with open(source, "wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1_000_000))
        os.fsync(file.fileno())
    run(program, "s3", "mb", "s3://bench", "--data", directory + "/data")
    begin = time.monotonic()
    run(program, "s3", "cp", source, "s3://bench/big", "--data", directory + "/data")
    ours = time.monotonic() - begin
    begin = time.monotonic()
    shutil.copyfile(source, copy)
    with open(copy, "rb+") as file:
        os.fsync(file.fileno())
    reference = time.monotonic() - begin
    report.line("object_store_big_put", "MB/s", megabytes / ours, megabytes / reference, "cp and fsync (no MD5)")
