#!/usr/bin/env python3
"""The demo as a workload: files of 10,000 customers through flow, store, pipe, latest and history, each when the one before is in the history. Rows per second and the
time from a file to its history rows; the reference is a second a file, the least that any of the chain's real services waits once.

    whole_chain.py PROGRAM [--json] [--files 20] [--rows 10000]
"""
import re
import sys

from measure import Report, number, run

program, files, rows, report = sys.argv[1], number("--files", 20), number("--rows", 10_000), Report(sys.argv)
demo = run(program, "demo", "--files", files, "--rows", rows)
p50, p99 = map(float, re.search(r"p50 ([\d.]+) ms, p99 ([\d.]+) ms", demo.output).groups())
report.line("whole_chain", "rows/s", files * rows / demo.wall, rows, "a file a second")
report.line("whole_chain_p50", "ms", p50, 1000, "a file a second", better="lower")
report.line("whole_chain_p99", "ms", p99, 1000, "a file a second", better="lower")
