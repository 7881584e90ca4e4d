#!/usr/bin/env python3
"""Batches of 100 changed customers through raw, latest (SCD 1, the example's procedure) and history (SCD 2, the example's MERGE), on a server that holds few
and many customers: milliseconds per batch (the median) and bytes that a batch writes, its share of the checkpoint at the end included. What many customers
cost is compared with few, with DuckDB's MERGE and with its plain DELETE and INSERT of the same batches into the same number of customers.

    scd_batches.py PROGRAM [--json] [--rows-small 100000] [--rows-large 10000000] [--batches 50]
"""
import ctypes
import http.client
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

from measure import EXAMPLE, ROOT, Report, number, run

BATCH = 100
TEXTS = ("first_name", "last_name", "email", "street", "city", "state", "country")
COLUMNS = ", ".join(("customer_id", *TEXTS))


def row(chance, key):
    """A customer whose texts no earlier one has: each row of a batch is a change."""
    mark = chance.randrange(1 << 40)
    return f"({key}, 'First{mark % 1009}', 'Last{mark % 1013}', 'user{mark}@example.com', '{mark % 9973} Main Street', 'City{mark % 997}', 'State{mark % 50}', 'Country{mark % 200}')"


def filling(series):
    """The texts of the first `n` customers, over a column `n` of `series`."""
    return f"""SELECT n, 'First' || MOD(n * 7919, 1009), 'Last' || MOD(n * 104729, 1013), 'user' || n || '@example.com', MOD(n * 31, 9973) || ' Main Street',
                      'City' || MOD(n, 997), 'State' || MOD(n, 50), 'Country' || MOD(n, 200) FROM {series}"""


class Server:
    """`freshet serve` and one session of the drivers' protocol on it."""

    def __init__(self, program, data):
        self.process = subprocess.Popen([program, "serve", "--data", data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"],
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "serve.ready" in line:
                url = urllib.parse.urlsplit(next(word for word in line.split() if word.startswith("warehouse="))[len("warehouse="):])
                break
        else:
            raise RuntimeError("the server did not start")
        self.client, self.token = http.client.HTTPConnection(url.hostname, url.port), None
        password = json.loads(subprocess.run([program, "credentials", "--data", data, "--output", "json"], check=True, capture_output=True,
                                             text=True).stdout)["SNOWFLAKE_PASSWORD"]
        self.token = self._post("/session/v1/login-request", {"LOGIN_NAME": "admin", "PASSWORD": password, "ACCOUNT_NAME": "local"})["token"]

    def _post(self, path, data, **rest):
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f'Snowflake Token="{self.token}"'
        self.client.request("POST", path, json.dumps({"data": data, **rest} if not self.token else data), headers)
        answer = json.loads(self.client.getresponse().read())
        while answer.get("code") == "333333":
            self.client.request("GET", answer["data"]["getResultUrl"], headers=headers)
            answer = json.loads(self.client.getresponse().read())
        if not answer["success"]:
            raise RuntimeError(f"{answer['message']}\n{data}")
        return answer["data"]

    def __call__(self, sql):
        return self._post(f"/queries/v1/query-request?requestId={uuid.uuid4()}", {"sqlText": sql, "asyncExec": False, "sequenceId": 1}).get("rowset")

    def written(self):
        """Bytes that the process has given to the disk so far."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/io").read_text().split("\n")
        return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        """Bytes written in the whole life of the process: its end writes the checkpoint."""
        self.client.close()
        self.process.terminate()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            raise RuntimeError(f"the server ended with {self.process.returncode}")
        return usage.ru_oublock * 512


class DuckDb:
    """A database file of the library that the program itself uses, through its C interface, with one connection kept open."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(ROOT / ".deps" / "duckdb" / "libduckdb.so"))
        self.library.duckdb_result_error.restype = ctypes.c_char_p
        self.database, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        if self.library.duckdb_open(str(path).encode(), ctypes.byref(self.database)) or \
                self.library.duckdb_connect(self.database, ctypes.byref(self.connection)):
            raise RuntimeError(f"DuckDB cannot open {path}")

    def __call__(self, sql):
        result = ctypes.create_string_buffer(256)
        failed = self.library.duckdb_query(self.connection, sql.encode(), result)
        message = self.library.duckdb_result_error(result) if failed else None
        self.library.duckdb_destroy_result(result)
        if failed:
            raise RuntimeError(f"{message.decode()}\n{sql}")

    def close(self):
        self.library.duckdb_disconnect(ctypes.byref(self.connection))
        self.library.duckdb_close(ctypes.byref(self.database))


def timed(action, *arguments):
    begin = time.perf_counter()
    action(*arguments)
    return (time.perf_counter() - begin) * 1000


class Figures:
    """Of the batches of one server: wall ms of each by step, CPU ms, bytes."""

    def __init__(self):
        self.steps = {"raw": [], "latest": [], "history": []}
        self.cpu_ms = self.bytes = 0.0

    def median(self):
        return statistics.median(map(sum, zip(*self.steps.values())))

    def shown(self):
        parts = ", ".join(f"{name} {statistics.median(times):.1f}" for name, times in self.steps.items())
        return f"{self.median():.1f} ms ({parts}), {self.cpu_ms:.1f} CPU ms, {self.bytes / 1e6:.2f} MB"


def ours(program, directory, rows, batches, report):
    data = str(pathlib.Path(directory) / f"data{rows}")
    scripts = [part for name in ("1_tables.sql", "3_scd1.sql", "4_scd2.sql") for part in ("-f", EXAMPLE / name)]
    run(program, "sql", "--data", data, *scripts)
    server = Server(program, data)
    server("USE SCHEMA scd_demo.scd2")
    merge = (EXAMPLE / "4_scd2.sql").read_text()
    merge = merge[merge.index("MERGE INTO"):merge.index(";", merge.index("MERGE INTO"))]
    server("ALTER SESSION SET ERROR_ON_NONDETERMINISTIC_MERGE = FALSE")
    server(f"INSERT INTO customer ({COLUMNS}) {filling(f'(SELECT SEQ8() AS n FROM TABLE(GENERATOR(ROWCOUNT => {rows})))')}")
    server("INSERT INTO customer_history SELECT * EXCLUDE (metadata$action, metadata$isupdate, metadata$row_id), '9999-12-31'::TIMESTAMP_NTZ, TRUE"
           " FROM customer_table_changes")
    server.close()  # the load is checkpointed
    server = Server(program, data)
    server("USE SCHEMA scd_demo.scd2")
    server("ALTER SESSION SET ERROR_ON_NONDETERMINISTIC_MERGE = FALSE")
    chance, figures = random.Random(1), Figures()
    warm = 3  # the first batches read what a server that is up has read
    for i in range(-warm, batches):
        if i == 0:
            figures, before, cpu = Figures(), server.written(), server.cpu()
        texts = ", ".join(row(chance, key) for key in chance.sample(range(rows), BATCH))
        figures.steps["raw"].append(timed(server, f"INSERT INTO customer_raw VALUES {texts}"))
        figures.steps["latest"].append(timed(server, "CALL pdr_scd_demo()"))
        figures.steps["history"].append(timed(server, merge))
    figures.cpu_ms = (server.cpu() - cpu) * 1000 / batches
    (counts,) = server("SELECT (SELECT COUNT(*) FROM customer), (SELECT COUNT(*) FROM customer_history), (SELECT COUNT_IF(is_current) FROM customer_history)")
    assert list(map(int, counts)) == [rows, rows + (batches + warm) * BATCH, rows], counts
    figures.bytes = (server.close() - before) / batches
    report.note(f"scd_batches: {rows} customers: {figures.shown()}")
    return figures


def reference(directory, rows, batches, statements, report, name):
    """DuckDB on plain tables: the batch into raw, latest by `statements`, and for the history the end of the current version and the new one."""
    database = DuckDb(pathlib.Path(directory) / f"{name}{rows}.duckdb")
    types = "customer_id BIGINT, " + ", ".join(f"{text} VARCHAR" for text in TEXTS)
    database(f"CREATE TABLE raw ({types}); CREATE TABLE customer ({types}, update_timestamp TIMESTAMP);"
             f"CREATE TABLE history ({types}, start_time TIMESTAMP, end_time TIMESTAMP, is_current BOOLEAN)")
    database(f"INSERT INTO customer SELECT *, now()::TIMESTAMP FROM ({filling(f'range({rows}) AS r(n)')})")
    database("INSERT INTO history SELECT *, '9999-12-31', true FROM customer; CHECKPOINT")
    chance, times = random.Random(1), []
    for _ in range(batches):
        texts = ", ".join(row(chance, key) for key in chance.sample(range(rows), BATCH))
        times.append(timed(database, f"BEGIN; INSERT INTO raw VALUES {texts}; {statements} DELETE FROM raw; COMMIT"))
    database.close()
    report.note(f"scd_batches: {name} with {rows} customers: {statistics.median(times):.1f} ms")
    return statistics.median(times)


FRESH = "SELECT *, now()::TIMESTAMP AS start_time, TIMESTAMP '9999-12-31' AS end_time, true AS is_current FROM raw"
DUCKDB_MERGE = f"""
    MERGE INTO customer c USING raw ON c.customer_id = raw.customer_id
      WHEN MATCHED THEN UPDATE SET {", ".join(f"{text} = raw.{text}" for text in TEXTS)}, update_timestamp = now()::TIMESTAMP
      WHEN NOT MATCHED THEN INSERT VALUES (raw.customer_id, {", ".join(f"raw.{text}" for text in TEXTS)}, now()::TIMESTAMP);
    MERGE INTO history h USING raw ON h.customer_id = raw.customer_id AND h.is_current
      WHEN MATCHED THEN UPDATE SET end_time = now()::TIMESTAMP, is_current = false;
    INSERT INTO history {FRESH};"""
DUCKDB_DELETE_INSERT = f"""
    DELETE FROM customer USING raw WHERE customer.customer_id = raw.customer_id;
    INSERT INTO customer SELECT *, now()::TIMESTAMP FROM raw;
    CREATE OR REPLACE TEMP TABLE ended AS SELECT h.* FROM history h JOIN raw USING (customer_id) WHERE h.is_current;
    DELETE FROM history USING raw WHERE history.customer_id = raw.customer_id AND history.is_current;
    INSERT INTO history SELECT * REPLACE (now()::TIMESTAMP AS end_time, false AS is_current) FROM ended;
    INSERT INTO history {FRESH};"""


def main():
    program, report = sys.argv[1], Report(sys.argv)
    small, large, batches = number("--rows-small", 100_000), number("--rows-large", 10_000_000), number("--batches", 50)
    with tempfile.TemporaryDirectory(prefix="freshet_bench_") as directory:
        few = ours(program, directory, small, batches, report)
        many = ours(program, directory, large, batches, report)
        merge = reference(directory, large, max(3, batches // 10), DUCKDB_MERGE, report, "merge")
        plain = reference(directory, large, max(3, batches // 10), DUCKDB_DELETE_INSERT, report, "delete_insert")
    report.line("scd_batches", "ms/batch", many.median(), merge, "DuckDB MERGE", better="lower")
    report.line("scd_batches_plain", "ms/batch", many.median(), plain, "DuckDB DELETE and INSERT", better="lower")
    report.line("scd_batches_growth", "ms/batch", many.median(), few.median(), f"ours with {small} customers", better="lower")
    report.line("scd_batches_written", "MB/batch", many.bytes / 1e6, 2, "the goal", better="lower")


main()
