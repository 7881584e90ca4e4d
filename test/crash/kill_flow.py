"""kill -9 at random moments of a flow: ListFile -> FetchFile -> SplitText -> UpdateAttribute -> PutS3Object, into our own store, and into another Freshet's
S3 endpoint. Files come all the time: each start finds its share of them beside what the last one left. At last it runs until nothing is left. Then each line must be one object: in our own store once, as objects, commits of
the store and provenance events say; elsewhere nothing may be lost. The moments come from the seed, which is printed.

    kill_flow.py FRESHET KILLS FILES LINES [SEED] [--points] [--elsewhere] [--keep]

--points: each named point (base/fault/kill_point.h) some times, in between. --elsewhere: into another Freshet. --keep: the directory stays.
"""
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
PROGRAM, (KILLS, FILES, LINES) = arguments[0], map(int, arguments[1:4])
SEED = int(arguments[4]) if len(arguments) > 4 else random.SystemRandom().randrange(2**32)
ELSEWHERE = "--elsewhere" in options
POINTS = ["flow.content_synced", "flow.events_written", "flow.record_written", "flow.before_put", "flow.objects_put"]
if not ELSEWHERE:
    POINTS += ["flow.tokens_forgotten", "store.data_written", "store.batch_committed"]  # the last: before the flow knows

print(f"seed {SEED}", flush=True)
chance = random.Random(SEED)


def processor(name, kind, properties, ended, **more):
    return {"identifier": name, "name": name, "type": f"org.apache.nifi.processors.{kind}", "properties": properties, "schedulingPeriod": "0 sec",
            "penaltyDuration": "1 sec", "autoTerminatedRelationships": ended, "componentType": "PROCESSOR", **more}


def definition(put):
    processors = [
        processor("list", "standard.ListFile", {"Input Directory": "#{in}"}, []),
        processor("fetch", "standard.FetchFile", {}, ["failure", "not.found", "permission.denied"]),
        processor("split", "standard.SplitText", {"Line Split Count": "1"}, ["failure", "original"], runDurationMillis=25),
        processor("name", "attributes.UpdateAttribute", {"line": "${fragment.index:padLeft(6, '0')}"}, [], runDurationMillis=25),
        processor("put", "aws.s3.PutS3Object", {"Bucket": "landing", "Object Key": "${segment.original.filename}/${line}", "Region": "us-east-1", **put},
                  ["success"]),
    ]
    connections = [("list", "fetch", "success"), ("fetch", "split", "success"), ("split", "name", "splits"), ("name", "put", "success"), ("put", "put", "failure")]
    return {"flowContents": {"identifier": "kill", "name": "kill", "parameterContextName": "p", "processors": processors, "connections": [
        {"identifier": f"{source}-{target}", "source": {"id": source}, "destination": {"id": target}, "selectedRelationships": [relationship]}
        for source, target, relationship in connections]},
        "parameterContexts": {"p": {"name": "p", "parameters": [{"name": "in", "value": ""}]}}, "flowEncodingVersion": "1.0"}


class Runner:
    """`flow run`, which goes on where the last one was killed."""

    def __init__(self, directory, put):
        self.data, self.folder = directory + "/data", directory + "/in"
        self.flow = pathlib.Path(directory, "flow.json")
        self.flow.write_text(json.dumps(definition(put)))
        os.mkdir(self.folder)
        self.released = 0

    def release(self, files):
        """More files, up to so many."""
        for number in range(self.released, files):
            path = pathlib.Path(self.folder, f".{number:05}.txt")
            path.write_text("".join(f"{number:05} {line:06}\n" for line in range(LINES)))
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
            path.rename(path.with_name(path.name[1:]))
        self.released = files

    def command(self, *more):
        return [PROGRAM, "flow", "run", str(self.flow), "--data", self.data, "--param", f"in={self.folder}", *more]

    def start(self, **environment):
        log = tempfile.TemporaryFile("w+")
        return subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, **environment}), log

    def killed_after(self, seconds):
        process, log = self.start()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return
        log.seek(0)
        raise AssertionError(f"ended by itself with {process.returncode}: {log.read()}")

    def killed_at(self, point):
        """Answers whether it came there. If not, it is killed where it is: there may be no new file that leads to the point."""
        process, log = self.start(FRESHET_KILL_AT=point)
        try:
            status = process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        log.seek(0)
        assert status == -signal.SIGKILL, f"{point}: {status}: {log.read()}"
        return True

    def drain(self):
        done = subprocess.run(self.command("--until-idle"), capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, statement):
        done = subprocess.run([PROGRAM, "sql", "--data", self.data, "--output", "json", "-c", statement], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["rows"]


def keys(data):
    done = subprocess.run([PROGRAM, "s3", "ls", "s3://landing", "--recursive", "--data", data, "--output", "json"], capture_output=True, text=True, timeout=600)
    if "NoSuchBucket" in done.stderr:  # before the first object
        return []
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line)["key"] for line in done.stdout.splitlines()]


class Elsewhere:
    """Another Freshet, which nobody kills."""

    def __init__(self, data):
        self.data = data
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL,
                                        stderr=self.log)
        for _ in range(600):
            self.log.seek(0)
            if "serve.ready" in self.log.read():
                break
            time.sleep(0.05)
        said = subprocess.run([PROGRAM, "credentials", "--data", data, "--output", "env"], capture_output=True, text=True, timeout=60).stdout
        self.known = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines() if "=" in line)
        subprocess.run([PROGRAM, "s3", "mb", "s3://landing", "--data", data], check=True, capture_output=True, timeout=60)

    def put(self):
        value = {name: text.strip("'\"") for name, text in self.known.items()}
        return {"Endpoint Override URL": value["AWS_ENDPOINT_URL_S3"], "Access Key": value["AWS_ACCESS_KEY_ID"], "Secret Key": value["AWS_SECRET_ACCESS_KEY"],
                "use-path-style-access": "true"}

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0


def check(runner, found):
    expected = {f"{number:05}.txt/{line:06}" for number in range(FILES) for line in range(1, LINES + 1)}
    assert len(found) == len(set(found)), "a key is listed twice"
    assert set(found) == expected, f"{len(expected - set(found))} lost, {len(set(found) - expected)} unknown"
    sent = runner.ask(f"SELECT transit_uri, flow_file FROM TABLE(FRESHET.FLOW.PROVENANCE(EVENT_TYPE => 'SEND', RESULT_LIMIT => {2 * len(expected)}))")
    places = collections.Counter(uri for uri, _ in sent)
    if not ELSEWHERE:
        assert len(sent) == len(places) == len({file for _, file in sent}) == len(expected), (len(sent), len(places), len(expected))
        written = runner.ask("SELECT COUNT(*) FROM TABLE(FRESHET.FLOW.PROVENANCE(EVENT_TYPE => 'FETCH'))")
        assert written == [[FILES]], written
    assert len(places) == len(expected), (len(places), len(expected))


def main(directory):
    elsewhere = Elsewhere(directory + "/elsewhere") if ELSEWHERE else None
    runner = Runner(directory, elsewhere.put() if elsewhere else {})
    moments = [None] * KILLS + (POINTS * 3 if "--points" in options else [])
    chance.shuffle(moments)
    visited = collections.Counter()
    looks = amid = 0
    for number, point in enumerate(moments, 1):
        runner.release(FILES * number // len(moments))
        if point is None:
            runner.killed_after(min(0.05 + chance.expovariate(5), 1.0))
        else:
            visited[point] += runner.killed_at(f"{point}:{chance.randrange(1, 4)}")
        if chance.random() < 0.1:  # asking takes its time
            looks += 1
            amid += len(keys(elsewhere.data if elsewhere else runner.data)) < runner.released * LINES
    if "--points" in options and FILES >= len(moments):
        assert all(visited[point] > 0 for point in POINTS), visited
    runner.drain()
    if elsewhere:
        elsewhere.stop()
    check(runner, keys(elsewhere.data if elsewhere else runner.data))
    print(f"{len(moments)} kills ({dict(visited)} at named points; of {looks} looks at what was there, {amid} found work left), {FILES * LINES} flowfiles: nothing lost"
          + ("" if ELSEWHERE else ", nothing twice"))


directory = tempfile.mkdtemp(prefix="freshet_kill_flow_")
try:
    main(directory)
finally:
    if "--keep" in options:
        print(directory)
    else:
        shutil.rmtree(directory)
