#!/usr/bin/env python3
"""Messages per second that ListenHTTP -> MergeContent -> PutS3Object takes, each durable before it is answered, with the peak memory of the process and
the time from its start until it listens. The load is a process of its own on the same machine.

    listen_http.py PROGRAM [--json] [--messages 100000] [--bytes 200] [--connections 256]
"""
import json
import pathlib
import sys
import tempfile

from measure import Report, number, run

program, report = pathlib.Path(sys.argv[1]), Report(sys.argv)
messages, size, connections = number("--messages", 100_000), number("--bytes", 200), number("--connections", 256)
with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
    figures = json.loads(run(program.parent / "bench" / "listen_http", directory, messages, size, connections).output)
report.note(f"listen_http: {messages} messages of {size} bytes on {connections} connections; {figures['durable']}")
report.line("listen_http", "messages/s", figures["messages_per_second"], better="higher")
report.line("listen_http_memory", "MB (peak)", figures["peak_megabytes"], better="lower")
report.line("listen_http_start", "ms", figures["start_ms"], better="lower")
