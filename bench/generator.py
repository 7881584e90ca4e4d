#!/usr/bin/env python3
"""`gen customers` in MB per core-second, against the same columns written by Python's csv module with its random module (the reference writes a
hundredth of the rows).

    generator.py PROGRAM [--json] [--rows 5000000]
"""
import csv
import pathlib
import random
import sys
import tempfile

from measure import Report, number, run


def reference(path, rows):
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(4, 9))) for _ in range(2000)]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "first_name", "last_name", "email", "street", "city", "state", "country"])
        for n in range(rows):
            first, last, host, street, city, state, country = chance.choices(words, k=7)
            writer.writerow([n, first, last, f"{first}.{last}@{host}.com", f"{chance.randint(1, 9999)} {street}", city, state, country])


if "--reference" in sys.argv:
    reference(sys.argv[2], int(sys.argv[3]))
    sys.exit()

program, rows, report = sys.argv[1], number("--rows", 5_000_000), Report(sys.argv)
with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    folder, other = pathlib.Path(directory) / "in", pathlib.Path(directory) / "reference.csv"
    ours = run(program, "gen", "customers", "--rows", rows, "--files", 1, "--out", folder, "--seed", 1)
    (file,) = folder.iterdir()
    python = run(sys.executable, __file__, "--reference", other, rows // 100)
    report.line("generator", "MB/core-s", file.stat().st_size / 1e6 / ours.cpu, other.stat().st_size / 1e6 / python.cpu, "Python csv and random")
