#!/usr/bin/env python3
"""The same flow files on an installed NiFi and on ours, one after the other: files into a bucket of ours (ListFile, FetchFile, PutS3Object), flowfiles through
GenerateFlowFile, UpdateAttribute and RouteOnAttribute, and CSV files to JSON with an inferred schema; start times and memory. NiFi needs Java on the PATH.

    nifi_beside.py PROGRAM NIFI_HOME [--json] [--only bucket,rate,convert] [--files 10000] [--bytes 100000] [--seconds 20] [--megabytes 64] [--heap 1g]

NiFi is set up as it comes: its repositories are not synced at each commit, ours are, in groups.
"""
import contextlib
import json
import os
import pathlib
import random
import sys
import tempfile
import time

from measure import EXAMPLE, Report, number, run
from servers.kinds import KINDS
from servers.nifi import Nifi
from servers.processes import Process, free_ports

FILES_OF_CSV = 16


def text(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


program, home, report = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], Report(sys.argv)
only = text("--only", "bucket,rate,convert").split(",")
files, size, seconds, megabytes = number("--files", 10_000), number("--bytes", 100_000), number("--seconds", 20), number("--megabytes", 64)


def processor(name, kind, properties, ended=(), bundle="nifi-standard-nar"):
    return {"identifier": name, "name": name, "type": f"org.apache.nifi.processors.{kind}", "bundle": {"group": "org.apache.nifi", "artifact": bundle, "version": "1.28.1"},
            "properties": properties, "propertyDescriptors": {}, "style": {}, "position": {"x": 0, "y": 0}, "schedulingPeriod": "0 sec", "schedulingStrategy": "TIMER_DRIVEN",
            "executionNode": "ALL", "penaltyDuration": "30 sec", "yieldDuration": "1 sec", "bulletinLevel": "WARN", "runDurationMillis": 0,
            "concurrentlySchedulableTaskCount": 1, "autoTerminatedRelationships": list(ended), "scheduledState": "ENABLED", "componentType": "PROCESSOR", "groupIdentifier": "group"}


def connection(source, destination):
    def end(name):
        return {"id": name, "type": "PROCESSOR", "groupId": "group", "name": name}

    return {"identifier": f"{source}-{destination}", "name": "", "source": end(source), "destination": end(destination), "selectedRelationships": ["success"],
            "labelIndex": 1, "zIndex": 0, "backPressureObjectThreshold": 10000, "backPressureDataSizeThreshold": "1 GB", "flowFileExpiration": "0 sec", "prioritizers": [],
            "bends": [], "loadBalanceStrategy": "DO_NOT_LOAD_BALANCE", "partitioningAttribute": "", "loadBalanceCompression": "DO_NOT_COMPRESS",
            "componentType": "CONNECTION", "groupIdentifier": "group"}


def service(name, kind):
    return {"identifier": name, "name": name, "type": f"org.apache.nifi.{kind}", "bundle": {"group": "org.apache.nifi", "artifact": "nifi-record-serialization-services-nar", "version": "1.28.1"},
            "properties": {}, "propertyDescriptors": {}, "controllerServiceApis": [], "scheduledState": "ENABLED", "bulletinLevel": "WARN",
            "componentType": "CONTROLLER_SERVICE", "groupIdentifier": "group"}


def definition(name, processors, services=()):
    names = [each["name"] for each in processors]
    return {"flowContents": {"identifier": "group", "name": name, "comments": "", "position": {"x": 0, "y": 0}, "processGroups": [], "remoteProcessGroups": [],
                             "processors": processors, "inputPorts": [], "outputPorts": [], "connections": [connection(*pair) for pair in zip(names, names[1:])],
                             "labels": [], "funnels": [], "controllerServices": list(services), "variables": {}, "componentType": "PROCESS_GROUP"},
            "externalControllerServices": {}, "parameterContexts": {}, "flowEncodingVersion": "1.0"}


def rate_flow(batch):
    return definition("rate", [processor("generate", "standard.GenerateFlowFile", {"Batch Size": str(batch)}),
                               processor("update", "attributes.UpdateAttribute", {"kind": "${filename:substring(0,1)}"}, bundle="nifi-update-attribute-nar"),
                               processor("route", "standard.RouteOnAttribute", {"digit": "${kind:matches('[0-9]')}"}, ["digit", "unmatched"])])


def convert_flow(folder, into):
    return definition("convert", [processor("get", "standard.GetFile", {"Input Directory": str(folder), "Keep Source File": "false"}),
                                  processor("convert", "standard.ConvertRecord", {"record-reader": "reader", "record-writer": "writer"}, ["failure"]),
                                  processor("put", "standard.PutFile", {"Directory": str(into)}, ["success", "failure"])],
                      [service("reader", "csv.CSVReader"), service("writer", "json.JsonRecordSetWriter")])


@contextlib.contextmanager
def nifi(directory):
    server = Nifi(home, directory / "nifi", text("--heap", "1g"))
    (directory / "nifi").mkdir()
    try:
        server.started = server.start()
        yield server
    finally:
        server.stop()


def write_files(folder):
    folder.mkdir()
    block = random.Random(1).randbytes(size)
    for i in range(files):
        (folder / f"{i:06}.csv").write_bytes(i.to_bytes(8, "big") + block[8:])
    os.sync()


def write_csv(folder):
    folder.mkdir()
    source = random.Random(1)
    for i in range(FILES_OF_CSV):
        with open(folder / f"{i:02}.csv", "w") as out:
            out.write("id,name,amount,active,day\n")
            while out.tell() < megabytes * 1_000_000 // FILES_OF_CSV:
                number_of = source.randrange(1_000_000)
                out.write(f"{number_of},customer {number_of},{number_of / 100:.2f},{'true' if number_of % 2 else 'false'},2024-01-{number_of % 28 + 1:02}\n")
    os.sync()


def measure_bucket(base):
    write_files(base / "in")
    data = base / "store"
    data.mkdir()
    kind = next(each for each in KINDS if each.name.startswith("freshet"))
    ports = free_ports(2)
    example = json.loads((EXAMPLE / "flow.json").read_text())
    for parameter in example["parameterContexts"]["customer pipeline"]["parameters"]:
        parameter["value"] = {"input_directory": str(base / "in"), "bucket": "files"}[parameter["name"]]
    store = Process(kind.command(program, data, ports), {}, base / "store.log")
    try:
        time.sleep(2)
        key, secret = kind.credentials(program, data)
        run(program.parent / "bench" / "s3_load", "bucket", "--url", f"http://127.0.0.1:{ports[0]}", "--bucket", "files",
            env={**os.environ, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})
        with nifi(base) as server:
            group = server.upload(example)
            server.set_properties(server.processors(group)["PutS3Object"], {"Endpoint Override URL": f"http://127.0.0.1:{ports[0]}", "Access Key": key, "Secret Key": secret})
            begin = time.monotonic()
            server.run(group)
            server.wait_for(group, "PutS3Object", files)
            theirs, memory, started = time.monotonic() - begin, server.remembered(), server.started
    finally:
        store.stop()
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
        write_csv(base / name / "in")
    with nifi(base) as server:
        group = server.upload(convert_flow(base / "theirs" / "in", base / "theirs" / "out"))
        server.enable_services(group)
        begin = time.monotonic()
        server.run(group)
        server.wait_for(group, "put", FILES_OF_CSV)
        theirs = time.monotonic() - begin
    flow = base / "convert.json"
    flow.write_text(json.dumps(convert_flow(base / "ours" / "in", base / "ours" / "out")))
    ours = run(program, "flow", "run", flow, "--data", base / "data", "--until-idle")
    report.line("nifi_convert_csv_json", "MB/s", megabytes / ours.wall, megabytes / theirs, "NiFi")


for workload, measure in (("bucket", measure_bucket), ("rate", measure_rate), ("convert", measure_convert)):
    if workload in only:
        with tempfile.TemporaryDirectory(prefix="freshet_bench_") as made:
            measure(pathlib.Path(made))
