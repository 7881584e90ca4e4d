#!/usr/bin/env python3
"""Our S3 server beside others on this machine, one at a time, each on loopback with its data in a directory of its own and under the same client (s3_load).
A server that is not on the PATH, nor given, is left out.

    s3_servers.py PROGRAM [--json] [--quick] [--servers freshet,minio,versitygw/default,..] [--server NAME=/path/to/binary]... [--keys 1000000] [--filled DIR]

Listings, HEAD and starts are measured on a bucket of --keys small objects. It is filled through the server, for --fill-seconds at
most (the table says how many keys there are); with --filled the directories stay below DIR and are not filled again. --fill-only does only that.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from measure import Report
from servers.kinds import KINDS
from servers.processes import Process, free_ports, synced_writes

KILO, MEGA = 1 << 10, 1 << 20
BATCH = 50_000  # keys of one run of the client while a bucket is filled
FILL_BYTES = 512

# name, workload of s3_load, its options. Reads follow the writes whose objects they read.
WORKLOADS = [
    ("put_4k_1", "put", dict(bytes=4 * KILO, clients=1, operations=20_000)),
    ("put_4k_32", "put", dict(bytes=4 * KILO, clients=32, operations=100_000, first_key=100_000)),
    ("get_4k_1", "get", dict(bytes=4 * KILO, clients=1, operations=60_000, keys="put_4k_1")),
    ("get_4k_32", "get", dict(bytes=4 * KILO, clients=32, operations=150_000, keys="put_4k_1")),
    ("head_32", "head", dict(bytes=4 * KILO, clients=32, operations=150_000, keys="put_4k_1")),
    ("put_1m_1", "put", dict(bytes=MEGA, clients=1, operations=5_000, first_key=300_000)),
    ("put_1m_8", "put", dict(bytes=MEGA, clients=8, operations=5_000, first_key=310_000)),
    ("get_1m_1", "get", dict(bytes=MEGA, clients=1, operations=20_000, keys="put_1m_1", first_key=300_000)),
    ("get_1m_8", "get", dict(bytes=MEGA, clients=8, operations=20_000, keys="put_1m_1", first_key=300_000)),
    ("multipart_64m", "multipart", dict(bytes=64 * MEGA, clients=4, operations=100, first_key=400_000)),
    ("get_64m_1", "get", dict(bytes=64 * MEGA, clients=1, operations=500, keys="multipart_64m", first_key=400_000)),
    ("delete_32", "delete", dict(clients=32, operations=100_000, first_key=100_000, only="put_4k_32")),
]
FILLED_WORKLOADS = [
    ("list_walk", "list", dict(clients=1, operations=5_000, keys="filled")),
    ("list_anywhere_8", "list_from", dict(clients=8, operations=5_000, keys="filled")),
    ("get_filled_32", "get", dict(bytes=FILL_BYTES, clients=32, operations=100_000, keys="filled")),
]
READ_ONLY = {"get_4k_1", "get_4k_32", "head_32", "get_1m_1", "get_1m_8", "get_64m_1"}


class Server:
    """One kind of server, running on `data`."""

    def __init__(self, kind, program, load, data):
        self.kind, self.program, self.load_program, self.data = kind, program, load, pathlib.Path(data)
        self.process = None

    def start(self, awaited=None):
        """`awaited`: the bucket whose first key says that the server is up; else it is up when it makes a bucket. Returns the seconds that it took."""
        first = not self.data.exists()
        self.data.mkdir(parents=True, exist_ok=True)
        ports = free_ports(4)
        self.url = f"http://127.0.0.1:{ports[0]}"
        keys = self.kind.credentials(self.program, self.data)
        self.environment = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), keys)) if keys else {}
        begin = time.monotonic()
        self.process = Process(self.kind.command(self.program, self.data, ports), self.kind.environment, self.data.with_suffix(".log"))
        try:
            if awaited is not None:
                self.load("await", bucket=awaited, seconds=300)
            elif not self.kind.only_reads:
                self.until_it_answers("bucket", bucket="bench")
            took = time.monotonic() - begin
            if first:
                self.kind.after_first_start(self.program, self.data, ports)
        except BaseException:
            self.stop()
            raise
        return took

    def until_it_answers(self, workload, **options):
        for attempt in range(600):
            try:
                return self.load(workload, **options)
            except RuntimeError as error:
                if "BucketAlreadyOwnedByYou" in str(error):
                    return None
                if attempt == 599 or self.process.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def load(self, workload, **options):
        arguments = [part for name, value in options.items() for part in ("--" + name.replace("_", "-"), str(value))]
        keyless = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            [self.load_program, workload, "--url", self.url, *arguments], env={**keyless, **self.environment}, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self.kind.name}: {workload} {options}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def measured(self, workload, **options):
        cpu = self.process.cpu()
        self.process.forget_peak()
        figures = self.load(workload, **options)
        figures["server_cpu_us"] = (self.process.cpu() - cpu) * 1e6 / max(1, figures["operations"])
        figures["server_peak_mb"] = self.process.memory("VmHWM") / 1e6
        return figures

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


def fill(server, keys, seconds_max):
    """Goes on where an earlier run ended; the number of keys that are there then."""
    kept = server.data.with_suffix(".keys")
    there = int(kept.read_text()) if kept.exists() else 0
    if there == 0:
        server.until_it_answers("bucket", bucket="filled")
    begin = time.monotonic()
    while there < keys and time.monotonic() - begin < seconds_max:
        batch = min(BATCH, keys - there)
        server.load("put", bucket="filled", first_key=there, bytes=FILL_BYTES, clients=32, operations=batch, seconds=3600)
        there += batch
        kept.write_text(str(there))
    return there


def write_files(server):
    """What a server of static files is read from: some objects of the writing workloads, by their names and with their bytes."""
    written = {"put_4k_1": 1000, "put_1m_1": 100, "multipart_64m": 4}
    for name, _, options in WORKLOADS:
        if name in written:
            server.load("files", directory=server.data, bytes=options["bytes"], first_key=options.get("first_key", 0), operations=written[name])
    return written


class Table:
    """Figures by server and workload."""

    def __init__(self, report):
        self.report, self.rows = report, {}

    def add(self, server, workload, figures):
        self.rows[server, workload] = figures
        if self.report.as_json:
            print(json.dumps({"server": server, "workload": workload, **figures}), flush=True)
        else:
            print(
                f"{server:<18} {workload:<16} "
                + "  ".join(f"{name} {value:,.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items()),
                flush=True,
            )

    def compare(self, ours="freshet"):
        """Our rate beside the best of the others."""
        for workload in dict.fromkeys(workload for _, workload in self.rows):
            rates = {
                server: figures["operations_per_second"]
                for (server, named), figures in self.rows.items()
                if named == workload and "operations_per_second" in figures
            }
            others = {server: rate for server, rate in rates.items() if server != ours}
            if ours in rates and others:
                best = max(others, key=others.get)
                self.report.line(f"s3_{workload}", "operations/s", rates[ours], others[best], best)


def measure_writes_and_reads(server, table, seconds):
    """On an empty data directory."""
    server.start()
    written = {}
    if server.kind.only_reads:
        written = write_files(server)
    else:
        synced = synced_writes(server.process, lambda: server.load("put", first_key=500_000, operations=100, seconds=3600))
        table.add(
            server.kind.name, "synced_writes_of_100_puts", {"promise": server.kind.promise, "calls": "not traced" if synced is None else synced}
        )
    for name, workload, options in WORKLOADS:
        options = dict(options)
        if server.kind.only_reads and name not in READ_ONLY:
            continue
        if "keys" in options:
            options["keys"] = written[options["keys"]]
        if "only" in options:
            options["operations"] = written[options.pop("only")]
        figures = server.measured(workload, seconds=seconds, **options)
        written[name] = figures["operations"]
        table.add(server.kind.name, name, figures)
    server.stop()


def measure_filled(server, table, seconds, keys, fill_seconds):
    """On a bucket of many keys: a start, memory, listings. The kernel has what the run before left in its cache."""
    server.start()
    there = fill(server, keys, fill_seconds)
    server.stop()
    os.sync()
    took = server.start(awaited="filled")
    table.add(server.kind.name, "start", {"keys": there, "first_get_seconds": took, "idle_mb": server.process.memory("VmRSS") / 1e6})
    for name, workload, options in FILLED_WORKLOADS:
        options = {**options, "bucket": "filled"}
        if "keys" in options:
            options["keys"] = there
        table.add(server.kind.name, name, server.measured(workload, seconds=seconds, **options))
    server.stop()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="1.5 seconds for each workload instead of 10, 100,000 keys instead of a million")
    parser.add_argument("--servers", default="", help="names, whole or before the slash; all that are found otherwise")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--keys", type=int)
    parser.add_argument("--fill-seconds", type=int, default=600, help="at most, for each server")
    parser.add_argument("--filled", metavar="DIR")
    parser.add_argument("--fill-only", action="store_true")
    return parser.parse_args()


def chosen(arguments, report):
    """The kinds that are asked for and there, with their programs."""
    given = {"freshet": arguments.program, **dict(pair.split("=", 1) for pair in arguments.server)}
    names = [name for name in arguments.servers.split(",") if name]
    for kind in KINDS:
        if names and not {kind.name, kind.name.split("/")[0]} & set(names):
            continue
        program = kind.find(given)
        if program is None:
            report.note(f"s3_servers: {kind.name} is left out: no {kind.program} on the PATH")
        else:
            yield kind, program


def main():
    arguments = parse()
    report, seconds = Report(sys.argv), 1.5 if arguments.quick else 10
    keys = arguments.keys or (100_000 if arguments.quick else 1_000_000)
    load, table, failed = pathlib.Path(arguments.program).parent / "bench" / "s3_load", Table(report), False
    filled_already = set()  # listings do not depend on how PUTs are acknowledged: once for each server
    for kind, program in chosen(arguments, report):
        name = kind.name.replace("/", "_")
        with contextlib.ExitStack() as stack:
            directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshet_bench_")))
            filled = Server(kind, program, load, pathlib.Path(arguments.filled or directory) / f"{name}_filled")
            server = Server(kind, program, load, directory / name)
            stack.callback(server.stop)
            stack.callback(filled.stop)
            fills = not kind.only_reads and kind.name.split("/")[0] not in filled_already
            filled_already.add(kind.name.split("/")[0])
            try:
                if arguments.fill_only and fills:
                    filled.start()
                    report.note(f"s3_servers: {kind.name}: {fill(filled, keys, arguments.fill_seconds)} keys")
                if not arguments.fill_only:
                    os.sync()  # what the server before left is not paid by this one
                    measure_writes_and_reads(server, table, seconds)
                    if fills:
                        measure_filled(filled, table, seconds, keys, arguments.fill_seconds)
            except RuntimeError as error:
                report.note(f"s3_servers: {error}")
                failed = True
    table.compare()
    sys.exit(failed)


main()
