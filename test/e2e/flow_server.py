"""Flows on a running server: `flow run` with --data and --url, the REST interface itself, a server killed in the middle.

    flow_server.py FRESHET EXAMPLE_DIRECTORY
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from freshet import Freshet

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
FILES = 400  # that move while the server is killed
SECRET = "correct horse battery staple"
FLOW_ID = json.loads((EXAMPLE / "flow.json").read_text())["flowContents"]["identifier"]


def run(*arguments, env=None):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, env={**os.environ, **(env or {})})


def make_files(folder, first, count, rows=200):
    done = run("gen", "customers", "--rows", str(rows), "--files", str(count), "--out", str(folder), "--seed", "1", "--start", f"2024-01-01T{first:02}:00:00Z")
    assert done.returncode == 0, done.stderr


def flow_arguments(folder, *more):
    return ["flow", "run", str(EXAMPLE / "flow.json"), "--param", f"input_directory={folder}", "--param", "bucket=landing", *more]


class Rest:
    """What any HTTP client sees. Every answer is searched for the secret."""

    def __init__(self, server):
        lock = json.loads(pathlib.Path(server.data, "LOCK").read_text())
        self.base = lock["warehouse"] + "/nifi-api"
        form = urllib.parse.urlencode({"username": "x", "password": lock["access_token"]}).encode()
        status, self.token = self.send("POST", "/access/token", form, "application/x-www-form-urlencoded")
        assert status == 201, status

    def send(self, method, path, body=None, content_type="application/json"):
        headers = {"Content-Type": content_type}
        if getattr(self, "token", None):
            headers["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(self.base + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            status, text = answer.code, answer.read().decode()
        assert SECRET not in text, path
        return status, text

    def get(self, path):
        status, text = self.send("GET", path)
        assert status == 200, (path, status, text)
        return json.loads(text)

    def put(self, path, body):
        return self.send("PUT", path, json.dumps(body).encode())

    def upload(self, text, file_name="flow.json", **fields):
        boundary = "----the-boundary"
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n\r\n{text}\r\n--{boundary}--\r\n')
        return self.send("POST", "/process-groups/root/process-groups/upload", "".join(parts).encode(), f"multipart/form-data; boundary={boundary}")


def keys(server):
    lines = run("s3", "ls", "s3://landing", "--recursive", "--output", "json", "--data", server.data).stdout.splitlines()
    return sorted(json.loads(line)["key"] for line in lines)


def events(server):
    """How many changes of objects the store has told so far: one for each version."""
    with urllib.request.urlopen(json.loads(pathlib.Path(server.data, "LOCK").read_text())["warehouse"] + "/metrics", timeout=60) as page:
        return next(float(line.split()[1]) for line in page.read().decode().splitlines() if line.startswith("store_commits_total "))


def runs_like_a_local_one(server, folder):
    make_files(folder, 0, 3)
    first = run(*flow_arguments(folder, "--data", server.data, "--until-idle", "--output", "json"))
    assert first.returncode == 0, first.stderr
    with_directory = [json.loads(line) for line in first.stdout.splitlines()]
    local = run(*flow_arguments(folder, "--data", server.data + "-local", "--until-idle", "--output", "json"))
    assert local.returncode == 0, local.stderr
    assert [json.loads(line) for line in local.stdout.splitlines()] == with_directory
    put = next(row for row in with_directory if row["type"] == "PutS3Object")
    assert put["in"] == 3 and put["dropped"] == 0 and put["state"] == "Stopped", put
    assert len(keys(server)) == 3

    # Nothing new: the same flow once more, by URL, with a file that came meanwhile.
    make_files(folder, 3, 1)
    url = json.loads(pathlib.Path(server.data, "LOCK").read_text())["warehouse"]
    second = run(*flow_arguments(folder, "--url", url, "--until-idle", "--output", "json"))
    assert second.returncode == 0, second.stderr
    put = next(json.loads(line) for line in second.stdout.splitlines() if "PutS3Object" in line)
    assert put["in"] == 1, put
    assert len(keys(server)) == 4


def tells_what_is_wrong(server, folder):
    broken = folder / "broken.json"
    broken.write_text('{"flowContents": ')
    unknown = folder / "unknown.json"
    unknown.write_text((EXAMPLE / "flow.json").read_text().replace("processors.standard.ListFile", "processors.kafka.ConsumeKafka").replace(FLOW_ID, "another-flow")
                       .replace("6f2f1c5e-0d1a-3b7e-9a51-c0ffee", "7f2f1c5e-0d1a-3b7e-9a51-c0ffee"))
    for file, told in ((broken, "broken.json: not valid JSON"), (unknown, "ConsumeKafka"), (folder / "absent.json", "absent.json")):
        here = run("flow", "run", str(file), "--data", server.data + "-local", "--until-idle")
        there = run("flow", "run", str(file), "--data", server.data, "--until-idle")
        assert here.returncode == there.returncode == 1, (here, there)
        assert here.stderr == there.stderr and told in there.stderr, (here.stderr, there.stderr)
    assert "org.apache.nifi.processors.kafka.ConsumeKafka" in run("flow", "run", str(unknown), "--data", server.data, "--until-idle").stderr
    wrong = run(*flow_arguments(folder, "--data", server.data, "--clock", "virtual", "--until-idle"))
    assert wrong.returncode == 1 and "runs with --clock system" in wrong.stderr, wrong.stderr
    assert run("flow", "run", "x", "--data", "a", "--url", "b").returncode == 2
    nobody = run(*flow_arguments(folder, "--url", "http://127.0.0.1:1", "--until-idle"))
    assert nobody.returncode == 1 and "127.0.0.1" in nobody.stderr, nobody.stderr


def keeps_secrets(server, folder):
    definition = json.loads((EXAMPLE / "flow.json").read_text())
    definition["parameterContexts"].setdefault(
        next(iter(definition["parameterContexts"])), {})["parameters"].append({"name": "access_key", "sensitive": True, "value": ""})
    text = json.dumps(definition)
    rest = Rest(server)
    status, answer = rest.upload(text, parameters=json.dumps({"input_directory": str(folder), "bucket": "landing"}), secrets=json.dumps({"access_key": SECRET}))
    assert status == 201, answer
    contexts = [context for context in rest.get("/flow/parameter-contexts")["parameterContexts"]
                if FLOW_ID in [group["id"] for group in context["component"]["boundProcessGroups"]]]
    values = {p["parameter"]["name"]: p["parameter"] for context in contexts for p in context["component"]["parameters"]}
    assert values["access_key"]["value"] == "********" and values["access_key"]["sensitive"], values
    assert values["bucket"]["value"] == "landing", values
    # A parameter that only the command line calls secret.
    file = folder / "secret.json"
    file.write_text(text)
    done = run("flow", "run", str(file), "--data", server.data, "--secret", f"bucket={SECRET}", "--param", f"input_directory={folder}/none", "--until-idle")
    assert SECRET not in done.stdout + done.stderr, done
    assert done.returncode == 1 and "failed in the end: ListFile" in done.stderr, done  # there is no such directory
    for path in ("/flow/parameter-contexts", f"/process-groups/{FLOW_ID}", f"/flow/process-groups/{FLOW_ID}", "/process-groups/root/processors?includeDescendantGroups=true",
                 f"/flow/process-groups/{FLOW_ID}/status?recursive=true", "/flow/bulletin-board", f"/parameter-contexts/{contexts[0]['id']}"):
        rest.get(path)
    logged = server.logged()
    assert SECRET not in logged
    assert oct(pathlib.Path(server.data, "flow", "flows.json").stat().st_mode & 0o777) == "0o600"


def answers_as_nifi(server, folder):
    rest = Rest(server)
    assert rest.get("/flow/about")["about"]["version"] == "1.28.1"
    root = rest.get("/flow/process-groups/root")["processGroupFlow"]
    assert FLOW_ID in [group["id"] for group in root["flow"]["processGroups"]]
    canvas = rest.get(f"/flow/process-groups/{FLOW_ID}")["processGroupFlow"]["flow"]
    assert len(canvas["processors"]) == 3 and len(canvas["connections"]) == 2, canvas
    group = rest.get(f"/process-groups/{FLOW_ID}")
    stale = rest.send("DELETE", f"/process-groups/{FLOW_ID}?version={group['revision']['version'] + 1}")
    assert stale[0] == 409, stale
    assert rest.put(f"/flow/process-groups/{FLOW_ID}", {"id": FLOW_ID, "state": "RUNNING"})[0] == 200
    snapshot = rest.get(f"/flow/process-groups/{FLOW_ID}/status?recursive=true")["processGroupStatus"]["aggregateSnapshot"]
    assert {row["processorStatusSnapshot"]["runStatus"] for row in snapshot["processorStatusSnapshots"]} == {"Running"}, snapshot
    assert rest.send("DELETE", f"/process-groups/{FLOW_ID}")[0] == 409  # it runs
    assert rest.put(f"/flow/process-groups/{FLOW_ID}", {"id": FLOW_ID, "state": "STOPPED"})[0] == 200
    assert rest.put(f"/flow/process-groups/{FLOW_ID}", {"id": FLOW_ID, "state": "WALKING"})[0] == 400
    for method, path, status in (("GET", "/process-groups/nothing", 404), ("GET", "/snippets", 404), ("POST", "/process-groups/root/idle-requests", 409)):
        assert rest.send(method, path, b"" if method == "POST" else None)[0] == status, path
    assert rest.upload("{", file_name="my flow.json")[1].startswith("my flow.json: not valid JSON")
    rest.token = "wrong"
    assert rest.send("GET", "/flow/about")[0] == 401


def stops_when_it_is_told(server, folder):
    make_files(folder, 4, 1)
    client = subprocess.Popen([PROGRAM, *flow_arguments(folder, "--data", server.data, "--output", "json")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    rest = Rest(server)
    deadline = time.monotonic() + 60
    while len(keys(server)) < 5:
        assert time.monotonic() < deadline and client.poll() is None, "the file did not arrive"
    client.send_signal(signal.SIGTERM)
    output, errors = client.communicate(timeout=60)
    assert client.returncode == 0, errors
    states = {row["processorStatusSnapshot"]["runStatus"]
              for row in rest.get(f"/flow/process-groups/{FLOW_ID}/status")["processGroupStatus"]["aggregateSnapshot"]["processorStatusSnapshots"]}
    assert states == {"Stopped"}, states
    assert any("PutS3Object" in line for line in output.splitlines()), output


def goes_on_after_a_kill(server, folder):
    """The server is killed while files move; started again it goes on by itself: nothing is lost, nothing comes twice."""
    many = folder.parent / "many"
    make_files(many, 9, FILES, rows=20)
    names = {file.name for file in many.iterdir()}
    client = subprocess.Popen([PROGRAM, *flow_arguments(many, "--data", server.data, "--until-idle")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    before = events(server)
    moved = lambda: [key for key in keys(server) if pathlib.PurePath(key).name in names]
    seed = random.randrange(1000)
    enough = random.Random(seed).randint(1, FILES * 3 // 4)
    while (at_the_kill := events(server) - before) < enough:
        assert client.poll() is None, client.communicate()
    server.kill()
    client.communicate(timeout=60)
    server.start()
    deadline = time.monotonic() + 120
    while events(server) - before < FILES:
        assert time.monotonic() < deadline, (at_the_kill, events(server) - before)
    assert {pathlib.PurePath(key).name for key in moved()} == names
    assert events(server) - before == FILES, events(server) - before
    done = run(*flow_arguments(many, "--data", server.data, "--until-idle", "--output", "json"))
    assert done.returncode == 0, done.stderr
    put = next(json.loads(line) for line in done.stdout.splitlines() if "PutS3Object" in line)
    assert put["in"] == 0, put
    assert events(server) - before == FILES, events(server) - before
    print(f"killed with {at_the_kill:.0f} of {FILES} files moved (seed {seed})")


with Freshet(PROGRAM) as running:
    incoming = pathlib.Path(running.directory.name, "in")
    runs_like_a_local_one(running, incoming)
    tells_what_is_wrong(running, incoming)
    stops_when_it_is_told(running, incoming)
    answers_as_nifi(running, incoming)
    goes_on_after_a_kill(running, incoming)
    keeps_secrets(running, incoming)
print("ok")
