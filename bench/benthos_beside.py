#!/usr/bin/env python3
"""The same work by a program of the Benthos family (Redpanda Connect, Bento, Benthos; with the components aws_s3 and parquet) and by flows of ours, in turns; medians.

* bucket: files go whole from a folder into an S3 server of ours, over HTTP
* listen: messages are posted and go in batches of 5000 lines into that S3 server
* rate: messages are made, get a value and take one of two ways
* convert: CSV files become JSON lines and Parquet files, with the same types
* idle: from its start until it listens, and its memory ten seconds later

    benthos_beside.py PROGRAM BENTHOS [--json] [--name Bento] [--runs 3] [--only bucket,listen,rate,convert,idle] [--files 10000] [--bytes 100000]
                      [--messages 1000000] [--connections 256] [--made 1000000] [--megabytes 64]

What is acknowledged: ours keeps each flowfile in its log, synced in groups, before it answers or goes on. Benthos keeps nothing on disk: what it reads is
acknowledged when the S3 server has it (`buffer: none`), or before anything is kept (`buffer: memory`). The S3 server syncs what it answers for, in groups.
"""
import json
import pathlib
import socket
import statistics
import sys
import tempfile
import time

from measure import Report, duckdb, number, run, text
from servers.flow_files import connection, convert_flow, definition, processor
from servers.given_files import write_csv, write_files
from servers.local_store import LocalStore
from servers.processes import Process, free_ports

program, benthos, report = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), Report(sys.argv)
name, runs = text("--name", benthos.name), number("--runs", 3)
files, size, messages, connections = number("--files", 10_000), number("--bytes", 100_000), number("--messages", 1_000_000), number("--connections", 256)
made, megabytes = number("--made", 1_000_000), number("--megabytes", 64)
MESSAGE_BYTES, MERGED, IDLE_SECONDS = 200, 5000, 10
BASE_NAME = '${! meta("path").filepath_split().index(1) }'


def in_turns(ours, theirs):
    """What each of them answered, run by run; each run has an empty folder of its own."""
    answers = ([], [])
    for _ in range(runs):
        for which, measure in enumerate((ours, theirs)):
            with tempfile.TemporaryDirectory(prefix="freshet_bench_") as made_folder:
                answers[which].append(measure(pathlib.Path(made_folder)))
        report.note(f"{answers[0][-1]} {answers[1][-1]}")
    return answers


def compare(workload, unit, ours, theirs, better="higher"):
    report.line(workload, unit, statistics.median(ours), statistics.median(theirs), name, better)


def flow_command(flow, base):
    file = base / "flow.json"
    file.write_text(json.dumps(flow))
    return [program, "flow", "run", file, "--data", base / "data"]


def benthos_command(configuration, base):
    """JSON is YAML."""
    file = base / "benthos.yaml"
    file.write_text(json.dumps({"http": {"enabled": False}, "logger": {"level": "WARN"}, **configuration}))
    return [benthos, "-c", file]


def run_flow(flow, base):
    return run(*flow_command(flow, base), "--until-idle")


def run_benthos(configuration, base):
    return run(*benthos_command(configuration, base))


def put_s3(store, key):
    return processor("put", "aws.s3.PutS3Object", {"Bucket": "files", "Object Key": key, "Endpoint Override URL": store.url, "Access Key": store.key, "Secret Key": store.secret},
                     ["success", "failure"], bundle="nifi-aws-nar", tasks=16)


def aws_s3(store, path, batching=None):
    return {"aws_s3": {"bucket": "files", "path": path, "endpoint": store.url, "region": "us-east-1", "force_path_style_urls": True, "timeout": "60s",
                       "credentials": {"id": store.key, "secret": store.secret}, **({"batching": batching} if batching else {})}}


def measure_bucket():
    def measured(work):
        def once(base):
            with LocalStore(program, base) as store:
                cost = work(store, base)
                if store.contents() != (files, files * size):
                    raise RuntimeError(f"the bucket holds {store.contents()}")
            return files / cost.wall, files / cost.cpu, cost.memory / 1e6
        return once

    def ours(store, base):
        return run_flow(definition("bucket", [processor("list", "standard.ListFile", {"Input Directory": str(given), "Minimum File Age": "0 sec"}),
                                              processor("fetch", "standard.FetchFile", {}, ["failure", "permission.denied", "not.found"], tasks=2), put_s3(store, "${filename}")]), base)

    def theirs(store, base):
        return run_benthos({"input": {"file": {"paths": [f"{given}/*.csv"], "scanner": {"to_the_end": {}}}}, "output": aws_s3(store, BASE_NAME)}, base)

    with tempfile.TemporaryDirectory(prefix="freshet_bench_") as folder:
        given = pathlib.Path(folder) / "in"
        write_files(given, files, size)
        for workload, unit, values in zip(("benthos_bucket_files", "benthos_bucket_cpu", "benthos_bucket_memory"), ("files/s", "files/core-s", "MB (peak)"),
                                          zip(*(zip(*each) for each in in_turns(measured(ours), measured(theirs))))):
            compare(workload, unit, *values, better="lower" if "memory" in workload else "higher")


def listening_flow(store, port):
    return definition("listen", [processor("listen", "standard.ListenHTTP", {"Listening Port": str(port), "Base Path": "in"}),
                                 processor("merge", "standard.MergeContent", {"Minimum Number of Entries": str(MERGED), "Maximum Number of Entries": str(MERGED), "Max Bin Age": "1 sec",
                                                                              "Delimiter Strategy": "Text", "Demarcator File": "\n"}, ["original", "failure"]), put_s3(store, "${uuid}")],
                      connections=[connection("listen", "merge", waiting_max=50_000), connection("merge", "put", "merged")])


def listening_benthos(store, port, buffer, merged, age):
    return {"input": {"http_server": {"address": f"127.0.0.1:{port}", "path": "/in", "timeout": "60s"}}, "buffer": buffer,
            "output": aws_s3(store, "${! uuid_v4() }", {"count": merged, "period": age, "processors": [{"archive": {"format": "lines"}}]})}


MEMORY_BUFFER = {"memory": {"limit": 524288000}}


def start(command, port, base):
    """The process, and the seconds until it listens."""
    begin = time.monotonic()
    process = Process(command, {}, base / "log")
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, time.monotonic() - begin
        if process.process.poll() is not None or time.monotonic() - begin > 60:
            raise RuntimeError("it does not listen: " + (base / "log").read_text())
        time.sleep(0.001)


def measure_listen():
    def measured(command, count):
        def once(base):
            with LocalStore(program, base) as store:
                port = free_ports(1)[0]
                process, _ = start(command(store, port, base), port, base)
                try:
                    begin = time.monotonic()
                    load = json.loads(run(program.parent / "bench" / "listen_http", "--load", port, count, MESSAGE_BYTES, connections).output)
                    store.wait_for(lambda objects: count * (MESSAGE_BYTES + 1) - objects)  # a line break between two messages of an object
                    wall = time.monotonic() - begin
                    return count / load["seconds"], count / wall, count / process.cpu(), process.memory("VmHWM") / 1e6
                finally:
                    process.stop()
        return once

    def ours(store, port, base):
        return flow_command(listening_flow(store, port), base)

    def buffered(store, port, base):
        return benthos_command(listening_benthos(store, port, MEMORY_BUFFER, MERGED, "1s"), base)

    def synchronous(store, port, base):
        return benthos_command(listening_benthos(store, port, {"none": {}}, connections, "100ms"), base)

    for suffix, theirs, share in (("buffered", buffered, 1), ("acknowledged_by_s3", synchronous, 5)):
        answers = in_turns(measured(ours, messages // share), measured(theirs, messages // share))
        (answered, stored, cpu, memory), (their_answered, their_stored, their_cpu, their_memory) = (list(zip(*each)) for each in answers)
        compare(f"benthos_listen_{suffix}", "messages/s", answered, their_answered)
        compare(f"benthos_listen_{suffix}_stored", "messages/s in S3", stored, their_stored)
        compare(f"benthos_listen_{suffix}_cpu", "messages/core-s", cpu, their_cpu)
        compare(f"benthos_listen_{suffix}_memory", "MB (peak)", memory, their_memory, better="lower")


def making_benthos(count, batch):
    return {"input": {"generate": {"mapping": "root.filename = uuid_v4()", "interval": "", "count": count, "batch_size": batch}},
            "pipeline": {"threads": 2, "processors": [{"mapping": 'meta kind = this.filename.slice(0, 1)'}]},
            "output": {"switch": {"cases": [{"check": 'meta("kind").re_match("[0-9]")', "output": {"drop": {}}}, {"output": {"drop": {}}}]}}}


def measure_rate():
    for batch in (1, 100):
        def ours(base):
            return json.loads(run(program.parent / "bench" / "flow_rate", base / "flow", 10, 2, batch, 1).output)["flowfiles_per_second"]

        def theirs(base):
            return made / (run_benthos(making_benthos(made, batch), base).wall - run_benthos(making_benthos(1, 1), base).wall)

        compare(f"benthos_flow_rate_batch_{batch}", "messages/s", *in_turns(ours, theirs))


TYPED = 'root = {"id": this.id.int64(), "name": this.name, "amount": this.amount.number(), "active": this.active == "true", "day": this.day}'
SCHEMA = [{"name": each, "type": kind} for each, kind in (("id", "INT64"), ("name", "UTF8"), ("amount", "DOUBLE"), ("active", "BOOLEAN"), ("day", "UTF8"))]


def converting_benthos(folder, into, form):
    """A file for each batch: one for each row's write takes twice the time."""
    encode = {"parquet_encode": {"schema": SCHEMA}} if form == "parquet" else {"archive": {"format": "lines"}}
    return {"input": {"csv": {"paths": [f"{folder}/*.csv"], "batch_count": 10_000}}, "pipeline": {"processors": [{"mapping": TYPED}, encode]},
            "output": {"file": {"path": into + "/${! uuid_v4() }", "codec": "all-bytes"}}}


def measure_convert():
    def measured(work, form):
        def once(base):
            given, into = base / "in", base / "out"
            rows = write_csv(given, megabytes)
            into.mkdir()
            ids = sum(int(line.split(",", 1)[0]) for file in given.iterdir() for line in file.read_text().splitlines()[1:])
            cost = work(str(given), str(into), form, base)
            read = f"read_parquet('{into}/*')" if form == "parquet" else f"read_json('{into}/*', format = 'newline_delimited')"
            facts = "count(*), sum(id), count(*) FILTER (active), typeof(any_value(amount))"
            duckdb(base / "check.duckdb", f"SELECT CASE WHEN (SELECT count(*) = {rows} AND sum(id) = {ids} AND count(*) FILTER (active) = sum(id % 2) FROM {read}) THEN 1 "
                                          f"ELSE error((SELECT ({facts})::VARCHAR FROM {read})) END")
            return megabytes / cost.wall, megabytes / cost.cpu, cost.memory / 1e6
        return once

    def ours(given, into, form, base):
        writer = ("parquet.ParquetRecordSetWriter", {}) if form == "parquet" else ("json.JsonRecordSetWriter", {"output-grouping": "output-oneline"})
        return run_flow(convert_flow(given, into, *writer), base)

    def theirs(given, into, form, base):
        return run_benthos(converting_benthos(given, into, form), base)

    for form in ("json", "parquet"):
        (wall, cpu, memory), (their_wall, their_cpu, their_memory) = (list(zip(*each)) for each in in_turns(measured(ours, form), measured(theirs, form)))
        compare(f"benthos_convert_csv_{form}", "MB/s", wall, their_wall)
        compare(f"benthos_convert_csv_{form}_cpu", "MB/core-s", cpu, their_cpu)
        compare(f"benthos_convert_csv_{form}_memory", "MB (peak)", memory, their_memory, better="lower")


def measure_idle():
    def measured(command_of):
        def once(base):
            with LocalStore(program, base) as store:
                port = free_ports(1)[0]
                command = command_of(store, port, base)
                process, first = start(command, port, base)
                process.stop()
                process, again = start(command, port, base)
                try:
                    time.sleep(IDLE_SECONDS)
                    return first * 1000, again * 1000, process.memory("VmRSS") / 1e6, process.memory("RssAnon") / 1e6
                finally:
                    process.stop()
        return once

    answers = in_turns(measured(lambda store, port, base: flow_command(listening_flow(store, port), base)),
                       measured(lambda store, port, base: benthos_command(listening_benthos(store, port, {"none": {}}, MERGED, "1s"), base)))
    (first, again, memory, own), (their_first, their_again, their_memory, their_own) = (list(zip(*each)) for each in answers)
    compare("benthos_first_start", "ms until it listens", first, their_first, better="lower")
    compare("benthos_start", "ms until it listens", again, their_again, better="lower")
    compare("benthos_idle_memory", "MB", memory, their_memory, better="lower")
    compare("benthos_idle_memory_own", "MB (not of files)", own, their_own, better="lower")


only = text("--only", "bucket,listen,rate,convert,idle").split(",")
for workload, measure in (("bucket", measure_bucket), ("listen", measure_listen), ("rate", measure_rate), ("convert", measure_convert), ("idle", measure_idle)):
    if workload in only:
        measure()
