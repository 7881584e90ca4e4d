#!/usr/bin/env python3
"""Flowfiles per second through GenerateFlowFile -> UpdateAttribute -> RouteOnAttribute on two threads, synced in groups, for several batch sizes, with and
without provenance.

    flow_rate.py PROGRAM [--json] [--seconds 3]
"""
import json
import pathlib
import sys
import tempfile

from measure import Report, number, run

program, report = pathlib.Path(sys.argv[1]), Report(sys.argv)
seconds = number("--seconds", 3)
for batch in (1, 100, 1000):
    rates = []
    for events in (0, 1):
        with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
            figures = json.loads(run(program.parent / "bench" / "flow_rate", directory, seconds, 2, batch, events).output)
        rates.append(figures["flowfiles_per_second"])
    report.line(f"flow_rate_batch_{batch}", "flowfiles/s", rates[1], rates[0], "without provenance", better="higher")
