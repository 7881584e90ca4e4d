"""kill -9 at random moments, and at every named kill point (base/fault/kill_point.h), of the running customer pipeline: generator -> flow -> object store ->
pipes -> CUSTOMER_RAW -> CUSTOMER -> stream -> CUSTOMER_HISTORY, on the system clock, while files keep coming; started again each time. At the end it
drains, and what the files say must be in each place, once. The moments come from the seed, which is printed.

    kill_chain.py FRESHET EXAMPLE_DIRECTORY RANDOM_KILLS [SEED] [--points] [--keep]

--points: after the random kills each named point once. --keep: the directory stays.
"""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
PROGRAM, EXAMPLE, KILLS = arguments[0], pathlib.Path(arguments[1]), int(arguments[2])
SEED = int(arguments[3]) if len(arguments) > 3 else random.SystemRandom().randrange(2**32)
HERE = pathlib.Path(__file__).parent
CUSTOMERS, ROWS_PER_SECOND, UPLOADED_ROWS = 40, 160, 5
COLUMNS = "customer_id, first_name, last_name, email, street, city, state, country"

POINTS_ONCE = ["pipe.before_trim", "pipe.events_trimmed"]  # after a start; then when a thousand events have gathered
# Each hop and order of design.md, "Across stores".
POINTS_AT_START = ["directory.locked", "directory.format_written", "engine.file_made", "engine.tables_made"]
POINTS = [
    *POINTS_AT_START,
    "flow.content_synced", "flow.events_written", "flow.record_written", "flow.before_put", "flow.objects_put", "flow.tokens_forgotten",  # file -> flow -> store
    "store.data_written", "store.batch_committed",
    "pipe.rows_written", "pipe.rows_committed", "pipe.before_trim", "pipe.events_trimmed",  # object -> pipe
    "engine.commit_recorded", "engine.committed", "engine.before_checkpoint", "engine.checkpointed",
    "task.run_recorded", "task.body_ended", "task.outcome_recorded",
    "purge.intent_committed", "purge.objects_removed", "purge.intents_cleared",  # statement -> store
]
# A log this small is checkpointed all the time.
ENVIRONMENT = {**os.environ, "FRESHET_LOG_BYTES_MAX": "200000"}

print(f"seed {SEED}", flush=True)
chance = random.Random(SEED)


def run(*command):
    done = subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=300, env=ENVIRONMENT)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def sql(data, *statements):
    inputs = [part for statement in ("USE SCHEMA scd_demo.scd2", *statements) for part in ("-c", statement)]
    return [json.loads(line)["rows"] for line in run("sql", "--data", data, "--output", "json", *inputs).splitlines()][1:]


class Holder:
    """A process that holds the data directory and so runs its pipes, tasks and flows."""

    def __init__(self, data, kind, kill_at=None):
        commands = {"serve": ["serve", "--data", data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"],
                    "sql": ["sql", "--data", data, "-c", "SELECT SYSTEM$WAIT(10, 'minutes')"]}
        self.log = tempfile.TemporaryFile("w+")
        environment = {**ENVIRONMENT, **({"FRESHET_KILL_AT": kill_at} if kill_at else {})}
        self.process = subprocess.Popen([PROGRAM, *commands[kind]], stdout=subprocess.DEVNULL, stderr=self.log, env=environment)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def wait_until_ready(self, data):
        for _ in range(600):
            if "serve.ready" in self.said():
                return
            assert self.process.poll() is None, self.said()
            try:
                self.process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError("the server did not start: " + self.said())

    def killed_after(self, seconds):
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.check_log()
            return
        raise AssertionError(f"ended by itself with {self.process.returncode}: {self.said()}")

    def killed_itself(self, point):
        try:
            status = self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"never came to {point}: {self.said()}")
        said = self.said()
        assert status == -signal.SIGKILL and f"base.killed at={point}\n" in said, f"not killed at {point}: {status}: {said}"
        self.check_log()

    def check_log(self):
        for line in self.said().splitlines():
            # A run that a kill interrupted is the one failure that may be.
            assert " error " not in f" {line} " and "state=FAILED" not in line, self.said()


class Chain:
    """The pipeline in a data directory, and what was put into it."""

    def __init__(self, directory):
        self.data, self.folder, self.uploads = directory + "/data", directory + "/in", directory + "/uploads"
        os.mkdir(self.folder)
        os.mkdir(self.uploads)
        self.uploaded = 0
        merge = re.search(r"AS\s+(MERGE INTO customer_history.*?);", (EXAMPLE / "4_scd2.sql").read_text(), re.DOTALL).group(1)
        chain = pathlib.Path(directory, "chain.sql")
        chain.write_text((HERE / "chain.sql").read_text().replace("{history_merge}", merge))
        scripts = [EXAMPLE / "1_tables.sql", EXAMPLE / "2_loading.sql", EXAMPLE / "4_scd2.sql", chain]
        run("sql", "--data", self.data, *[part for script in scripts for part in ("-f", str(script))])
        run("s3", "mb", "s3://freshet-purge", "--data", self.data)
        run("flow", "run", str(EXAMPLE / "flow.json"), "--data", self.data, "--param", f"input_directory={self.folder}", "--param", "bucket=freshet-demo",
            "--until-idle")
        self.start_flow()
        self.generator = subprocess.Popen(
            [PROGRAM, "gen", "customers", "--rows", str(CUSTOMERS), "--files", "100000", "--out", self.folder, "--seed", str(SEED), "--rate", str(ROWS_PER_SECOND),
             "--changes", "update=0.3,delete=0.05,duplicate=0.05,late=0.1", "--start", "2024-01-01T00:00:00Z"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start_flow(self):
        """`flow run` stops the flow at its end: over the REST interface it is told to run, which each later holder goes on with."""
        server = Holder(self.data, "serve")
        server.wait_until_ready(self.data)
        base = re.search(r"warehouse=(\S+)", server.said()).group(1) + "/nifi-api"

        def ask(method, path, body=None, **headers):
            request = urllib.request.Request(base + path, data=body, method=method, headers=headers)
            return urllib.request.urlopen(request, timeout=60).read().decode()

        token = "Bearer " + ask("POST", "/access/token", b"username=tester&password=any")
        for group in json.loads(ask("GET", "/process-groups/root/process-groups", Authorization=token))["processGroups"]:
            ask("PUT", f"/flow/process-groups/{group['id']}", json.dumps({"id": group["id"], "state": "RUNNING"}).encode(), Authorization=token,
                **{"Content-Type": "application/json"})
        server.process.terminate()
        assert server.process.wait(timeout=60) == 0, server.said()

    def upload(self):
        """A few more files for the stage whose files go when they are loaded."""
        shutil.rmtree(self.uploads)
        os.mkdir(self.uploads)
        for _ in range(2):
            pathlib.Path(self.uploads, f"{self.uploaded}.csv").write_text("".join(f"{self.uploaded},{line}\n" for line in range(UPLOADED_ROWS)))
            self.uploaded += 1
        run("s3", "cp", "--recursive", "--data", self.data, self.uploads, "s3://freshet-purge/in/")

    def files(self):
        """Object key -> rows, oldest first."""
        names = sorted(name for name in os.listdir(self.folder) if not name.startswith("."))
        return {"stream_data/" + name: [line.split(",") for line in pathlib.Path(self.folder, name).read_text().splitlines()[1:]] for name in names}

    def drain(self):
        """Ends the generator and waits until everything has come through."""
        self.generator.terminate()
        self.generator.wait()
        lines = sum(len(rows) for rows in self.files().values())
        holder = Holder(self.data, "serve")
        holder.wait_until_ready(self.data)
        waiting = "SELECT SYSTEM$STREAM_HAS_DATA('" + "') OR SYSTEM$STREAM_HAS_DATA('".join(
            ["raw_arrivals", "customer_table_changes", "customer_log_changes", "purge_signal"]) + "')"
        for _ in range(100):
            _, loaded, left = sql(self.data, "SELECT SYSTEM$WAIT(300, 'milliseconds')",
                                  "SELECT (SELECT COUNT(*) FROM customer_raw), (SELECT COUNT(*) FROM customer_plain)", waiting)
            if loaded == [[lines, lines]] and left == [[False]]:
                break
        # The last files may have come after the last run of the task that takes them.
        sql(self.data, "CALL purge()")
        metrics = urllib.request.urlopen(json.loads(pathlib.Path(self.data, "LOCK").read_text())["warehouse"] + "/metrics").read().decode()
        self.commits = int(float(re.search(r"^store_commits_total (\S+)$", metrics, re.MULTILINE).group(1)))
        holder.process.send_signal(signal.SIGTERM)
        assert holder.process.wait(timeout=60) == 0, holder.said()
        holder.check_log()

    def check(self):
        files = self.files()
        lines = sum(len(rows) for rows in files.values())
        self.check_store(files)
        self.check_raw(files, lines)
        versions = self.check_latest(files)
        self.check_log("customer_log", versions)
        logged = self.check_log("history_log", versions)
        self.check_history(files, logged)
        left = sql(self.data, *[f"SELECT COUNT(*) FROM {stream}" for stream in ("raw_arrivals", "customer_table_changes", "customer_log_changes")])
        assert left == [[[0]]] * 3, left
        states = dict(sql(self.data, "SELECT state || ' ' || COALESCE(error_message, ''), COUNT(*) FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 10000)) GROUP BY 1")[0])
        assert set(states) <= {"SUCCEEDED ", "SCHEDULED ", "FAILED interrupted", "SKIPPED Conditional expression for task evaluated to false."}, states
        self.check_ticks()
        return len(files), lines, len(logged)

    def check_ticks(self):
        """No tick ran twice; one that a kill interrupted may have come through or not."""
        runs, ticks = sql(self.data, """SELECT COUNT(*), COUNT(DISTINCT scheduled_time), COUNT_IF(state = 'SUCCEEDED')
                                        FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(RESULT_LIMIT => 10000, TASK_NAME => 'TSK_TICK')) WHERE state <> 'SCHEDULED'""",
                          "SELECT COUNT(*) FROM ticks")
        [[all_runs, moments, succeeded]], [[rows]] = runs, ticks
        assert all_runs == moments and succeeded <= rows <= all_runs, (runs, ticks)

    def check_store(self, files):
        keys = [json.loads(line)["key"] for line in run("s3", "ls", "s3://freshet-demo", "--recursive", "--data", self.data, "--output", "json").splitlines()]
        assert sorted(keys) == list(files), (len(keys), len(files), set(keys) ^ set(files))
        left = run("s3", "ls", "s3://freshet-purge", "--recursive", "--data", self.data, "--output", "json")
        assert left == "", left
        # A key that was written twice would be one object still, but two commits and two events. What was uploaded was also purged, once.
        assert self.commits == len(files) + 2 * self.uploaded, (self.commits, len(files), self.uploaded)
        run("s3", "check", "--deep", "--data", self.data)

    def check_raw(self, files, lines):
        raw, plain, purged = sql(self.data, f"SELECT file, line, {COLUMNS} FROM customer_raw ORDER BY file, line", f"SELECT {COLUMNS} FROM customer_plain",
                                 "SELECT file, line, COUNT(*) FROM purged GROUP BY file, line")
        by_file = collections.defaultdict(list)
        for file, _, *row in raw:
            by_file[file].append([str(value) for value in row])
        assert len(set((file, line) for file, line, *_ in raw)) == len(raw) == lines, (len(raw), lines)
        assert by_file == files, [file for file in files if by_file[file] != files[file]][:3]
        expected = collections.Counter(tuple(row) for rows in files.values() for row in rows)
        assert collections.Counter(tuple(str(value) for value in row) for row in plain) == expected, (len(plain), lines)
        assert sorted((int(file), int(line), int(count)) for file, line, count in purged) == \
            [(file, line, 1) for file in range(self.uploaded) for line in range(UPLOADED_ROWS)], purged

    def check_latest(self, files):
        """CUSTOMER is what the files say; answers with the versions that the batches made: (id, file) in their order, by id."""
        arrivals, = sql(self.data, "SELECT batch, file, line, customer_id FROM arrivals")
        assert len(arrivals) == len(set((file, line) for _, file, line, _ in arrivals)) == sum(len(rows) for rows in files.values()), len(arrivals)
        batches = collections.defaultdict(dict)
        for batch, file, line, customer in arrivals:
            batches[batch][customer] = max(batches[batch].get(customer, ("", 0)), (file, int(line)))
        versions, latest = collections.defaultdict(list), {}
        for batch in sorted(batches):
            for customer, (file, line) in batches[batch].items():
                if customer not in latest or file > latest[customer][0]:
                    versions[customer].append(file)
                    latest[customer] = (file, line)
        newest = {}
        for file, rows in files.items():
            for row in rows:
                newest[row[0]] = (file, row)
        found, = sql(self.data, f"SELECT file, {COLUMNS} FROM customer")
        assert len(found) == len(newest), (len(found), len(newest))
        for file, *row in found:
            assert newest[str(row[0])] == (file, [str(value) for value in row]), (file, row, newest[str(row[0])])
        return versions

    def check_log(self, table, versions):
        """The log of a stream's consumer: from nothing each image follows the one before, up to what is there now. Answers with the images made, by id."""
        rows, current = sql(self.data, f"SELECT customer_id, file, update_timestamp, action, is_update, row_id, at FROM {table}",
                            "SELECT customer_id, file, update_timestamp FROM customer")
        made, ended = collections.defaultdict(list), collections.defaultdict(list)
        identities = collections.defaultdict(set)
        for customer, file, time, action, is_update, row_id, at in rows:
            identities[customer].add(row_id)
            (made if action == "INSERT" else ended)[customer].append((at, time, file))
            assert is_update == (action == "DELETE") or action == "INSERT", (customer, file, action, is_update)
        for customer, images in made.items():
            images.sort()
            assert len(identities[customer]) == 1, (table, customer, identities[customer])
            assert sorted(image[1:] for image in ended[customer]) == [image[1:] for image in images[:-1]], (table, customer)
            names = [file for _, _, file in images]
            order = {file: place for place, file in enumerate(versions[customer])}
            assert all(order[one] < order[next_one] for one, next_one in zip(names, names[1:])), (table, customer)
        assert sorted((customer, file, time) for customer, file, time in current) == sorted((customer, images[-1][2], images[-1][1]) for customer, images in made.items()), table
        return [(customer, time, file) for customer, images in made.items() for _, time, file in images]

    def check_history(self, files, logged):
        found, = sql(self.data, f"SELECT start_time, end_time, is_current, {COLUMNS} FROM customer_history")
        said = {}
        for file, rows in files.items():
            for row in rows:
                said[file, row[0]] = row  # of one id's rows in one file the last
        expected = []
        by_customer = collections.defaultdict(list)
        for customer, time, file in logged:
            by_customer[customer].append((time, file))
        for customer, images in by_customer.items():
            images.sort()
            for place, (time, file) in enumerate(images):
                last = place + 1 == len(images)
                expected.append((time, "9999-12-31 00:00:00.000" if last else images[place + 1][0], last, *said[file, str(customer)]))
        rows = [(start, end, current, *[str(value) for value in row]) for start, end, current, *row in found]
        assert sorted(rows) == sorted(expected), next(pair for pair in zip(sorted(rows), sorted(expected)) if pair[0] != pair[1])


def kill_beginnings(directory, count, points):
    """A data directory that is killed while it is made opens all the same."""
    for number in range(count):
        data = f"{directory}/new{number}"
        point = points[number] if number < len(points) else None
        holder = Holder(data, "sql", point)
        if point:
            holder.killed_itself(point)
        else:
            holder.killed_after(chance.uniform(0, 0.5))
        run("sql", "--data", data, "-c", "CREATE DATABASE d", "-c", "CREATE TABLE d.public.t (n NUMBER)", "-c", "INSERT INTO d.public.t VALUES (1)")
        shutil.rmtree(data)


def visit(chain, point):
    """Kills a server at the point."""
    if not point.startswith("purge."):
        passes = 1 if point in POINTS_AT_START or point in POINTS_ONCE else chance.randrange(1, 4)
        chain.upload()
        Holder(chain.data, "serve", f"{point}:{passes}").killed_itself(point)
        return
    # Files that wait for a task which is started here and nowhere else: each process that holds the directory runs it.
    sql(chain.data, "ALTER TASK tsk_purge SUSPEND")
    chain.upload()
    holder = Holder(chain.data, "serve", point)
    holder.wait_until_ready(chain.data)
    subprocess.run([PROGRAM, "sql", "--data", chain.data, "-c", "ALTER TASK scd_demo.scd2.tsk_purge RESUME"], capture_output=True, timeout=120, env=ENVIRONMENT)
    holder.killed_itself(point)


def main(directory):
    points = POINTS if "--points" in options else []
    kill_beginnings(directory, 2 + len(points and POINTS_AT_START) + KILLS // 20, POINTS_AT_START if points else [])
    chain = Chain(directory)
    try:
        for kill in range(KILLS):
            if kill % 3 == 0:
                chain.upload()
            kind = "serve" if chance.random() < 0.7 else "sql"
            holder = Holder(chain.data, kind)
            if kind == "serve" and chance.random() < 0.8:
                holder.wait_until_ready(chain.data)
            holder.killed_after(chance.uniform(0.0, 1.2))
        for point in points:
            visit(chain, point)
        chain.drain()
    finally:
        chain.generator.kill()
        chain.generator.wait()
    files, lines, versions = chain.check()
    print(f"{KILLS + len(points)} kills ({len(points)} at named points), {files} files, {lines} rows, {versions} versions, {chain.uploaded} purged: "
          "nothing lost, nothing twice")


directory = tempfile.mkdtemp(prefix="freshet_kill_")
try:
    main(directory)
finally:
    if "--keep" in options:
        print(directory)
    else:
        shutil.rmtree(directory)
