#!/usr/bin/env python3
"""The same flow files on an installed NiFi and on ours, one after the other: files into a bucket of ours (ListFile, FetchFile, PutS3Object), flowfiles through
GenerateFlowFile, UpdateAttribute and RouteOnAttribute, and CSV files to JSON with an inferred schema; start times and memory. NiFi needs Java on the PATH.

    nifi_beside.py PROGRAM NIFI_HOME [--json] [--only bucket,rate,convert] [--files 10000] [--bytes 100000] [--seconds 20] [--megabytes 64] [--heap 1g]

NiFi is set up as it comes: its repositories are not synced at each commit, ours are, in groups.
"""
import contextlib
import json
import pathlib
import sys
import tempfile
import time

from measure import EXAMPLE, Report, number, run, text
from servers.flow_files import convert_flow, definition, processor
from servers.given_files import FILES_OF_CSV, write_csv, write_files
from servers.local_store import LocalStore
from servers.nifi import Nifi

program, home, report = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], Report(sys.argv)
only = text("--only", "bucket,rate,convert").split(",")
files, size, seconds, megabytes = number("--files", 10_000), number("--bytes", 100_000), number("--seconds", 20), number("--megabytes", 64)


def rate_flow(batch):
    return definition("rate", [processor("generate", "standard.GenerateFlowFile", {"Batch Size": str(batch)}),
                               processor("update", "attributes.UpdateAttribute", {"kind": "${filename:substring(0,1)}"}, bundle="nifi-update-attribute-nar"),
                               processor("route", "standard.RouteOnAttribute", {"digit": "${kind:matches('[0-9]')}"}, ["digit", "unmatched"])])


@contextlib.contextmanager
def nifi(directory):
    server = Nifi(home, directory / "nifi", text("--heap", "1g"))
    (directory / "nifi").mkdir()
    try:
        server.started = server.start()
        yield server
    finally:
        server.stop()


def measure_bucket(base):
    write_files(base / "in", files, size)
    example = json.loads((EXAMPLE / "flow.json").read_text())
    for parameter in example["parameterContexts"]["customer pipeline"]["parameters"]:
        parameter["value"] = {"input_directory": str(base / "in"), "bucket": "files"}[parameter["name"]]
    with LocalStore(program, base) as store, nifi(base) as server:
        group = server.upload(example)
        server.set_properties(server.processors(group)["PutS3Object"], {"Endpoint Override URL": store.url, "Access Key": store.key, "Secret Key": store.secret})
        begin = time.monotonic()
        server.run(group)
        server.wait_for(group, "PutS3Object", files)
        theirs, memory, started = time.monotonic() - begin, server.remembered(), server.started
    ours = run(program, "flow", "run", EXAMPLE / "flow.json", "--data", base / "data", "--param", f"input_directory={base / 'in'}", "--param", "bucket=files", "--until-idle")
    idle = base / "nothing"
    idle.mkdir()
    empty = run(program, "flow", "run", EXAMPLE / "flow.json", "--data", base / "empty", "--param", f"input_directory={idle}", "--param", "bucket=files", "--until-idle")
    report.line("nifi_bucket_files", "files/s", files / ours.wall, files / theirs, "NiFi")
    report.line("nifi_memory", "MB", ours.memory / 1e6, memory / 1e6, "NiFi", better="lower")
    report.line("nifi_start", "s", empty.wall, started, "NiFi", better="lower")


def measure_rate(base):
    for batch in (1, 100):
        directory = base / f"rate{batch}"
        directory.mkdir()
        figures = json.loads(run(program.parent / "bench" / "flow_rate", directory / "ours", seconds, 2, batch, 1).output)
        with nifi(directory) as server:
            group = server.upload(rate_flow(batch))
            server.run(group)
            begin, before = time.monotonic(), server.came_into(group, "route")
            time.sleep(seconds)
            moved, took = server.came_into(group, "route") - before, time.monotonic() - begin
            server.halt(group)
        report.line(f"nifi_flow_rate_batch_{batch}", "flowfiles/s", figures["flowfiles_per_second"], moved / took, "NiFi")


def measure_convert(base):
    for name in ("theirs", "ours"):
        (base / name).mkdir()
        write_csv(base / name / "in", megabytes)
    with nifi(base) as server:
        group = server.upload(convert_flow(base / "theirs" / "in", base / "theirs" / "out", "json.JsonRecordSetWriter"))
        server.enable_services(group)
        begin = time.monotonic()
        server.run(group)
        server.wait_for(group, "put", FILES_OF_CSV)
        theirs = time.monotonic() - begin
    flow = base / "convert.json"
    flow.write_text(json.dumps(convert_flow(base / "ours" / "in", base / "ours" / "out", "json.JsonRecordSetWriter")))
    ours = run(program, "flow", "run", flow, "--data", base / "data", "--until-idle")
    report.line("nifi_convert_csv_json", "MB/s", megabytes / ours.wall, megabytes / theirs, "NiFi")


for workload, measure in (("bucket", measure_bucket), ("rate", measure_rate), ("convert", measure_convert)):
    if workload in only:
        with tempfile.TemporaryDirectory(prefix="freshet_bench_") as made:
            measure(pathlib.Path(made))
