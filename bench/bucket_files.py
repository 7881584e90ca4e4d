#!/usr/bin/env python3
"""Files into a bucket: files of 100 KB go through ListFile, FetchFile and PutS3Object into the local store. Files and bytes per second of the whole process,
its memory, and what it needs to start when there is nothing to do; beside `cp -r` with one sync at the end, and a loop that syncs each file that it copies.

    bucket_files.py PROGRAM [--json] [--files 10000] [--bytes 100000]
"""
import os
import pathlib
import sys
import tempfile
import time

from measure import EXAMPLE, Report, number, run
from servers.given_files import write_files

program, report = sys.argv[1], Report(sys.argv)
files, size = number("--files", 10_000), number("--bytes", 100_000)


def put(folder, data):
    return run(program, "flow", "run", EXAMPLE / "flow.json", "--data", data, "--param", f"input_directory={folder}", "--param", "bucket=files", "--until-idle")


def copy_one_by_one(folder, into):
    begin = time.monotonic()
    into.mkdir()
    for file in folder.iterdir():
        with open(file, "rb") as source, open(into / file.name, "wb") as copy:
            copy.write(source.read())
            copy.flush()
            os.fsync(copy.fileno())
    return time.monotonic() - begin


with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    base = pathlib.Path(directory)
    nothing, folder = base / "nothing", base / "in"
    nothing.mkdir()
    write_files(folder, files, size)
    start = put(nothing, base / "empty")
    flow = put(folder, base / "data")
    copied = run("sh", "-c", f"cp -r {folder} {base}/copy && sync -f {base}/copy").wall
    looped = copy_one_by_one(folder, base / "loop")
    report.line("bucket_files", "files/s", files / flow.wall, files / copied, "cp -r and one sync")
    report.line("bucket_files_synced", "files/s", files / flow.wall, files / looped, "a loop with a sync per file")
    report.line("bucket_files_bytes", "MB/s", files * size / flow.wall / 1e6, files * size / copied / 1e6, "cp -r and one sync")
    report.line("bucket_files_cpu", "files/core-s", files / flow.cpu)
    report.line("bucket_files_memory", "MB", flow.memory / 1e6, better="lower")
    report.line("bucket_files_start", "s", start.wall, better="lower")
