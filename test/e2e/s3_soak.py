"""Everything at once against the S3 server, for minutes: clients that know what it must hold, over HTTP and TLS, clients that break
every rule, a pipe that loads meanwhile, and `kill -9` in between. What was acknowledged must be there and whole after each start; no
answer may be a 500; memory, files and threads must stay bounded; the end must be clean. Prints the seed, and of each defect the bytes
that caused it.

    s3_soak.py FRESHET [--minutes 5] [--seed N] [--kills N] [--defects FILE]
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import warnings

from freshet import Freshet
from soak import hostile, model
from soak.raw import Endpoint

SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|handler_threw|assertion failed|terminate called")
RESIDENT_MAX = 1 << 30
START_SECONDS = 300  # of a server under a sanitizer, on a busy machine


class Soak:
    def __init__(self, server, seed):
        self.server, self.seed = server, seed
        self.stopping, self.changed = threading.Event(), threading.Condition()
        self.generation, self.up = 0, True
        self.defects, self.statuses, self.last = {}, collections.Counter(), collections.defaultdict(lambda: collections.deque(maxlen=3))
        self.lock = threading.Lock()
        self.endpoint = self.endpoint_now()

    def endpoint_now(self):
        return Endpoint(self.server.env, re.findall(r"serve\.s3_tls address=(\S+)", self.server.logged())[-1])

    # What actors call.

    def defect(self, what, detail="", request=b""):
        with self.lock:
            count, *_ = self.defects.get(what, (0,))
            if count == 0:
                print(
                    f"DEFECT (seed {self.seed}) {what}\n  {detail}\n" + (f"  request, {len(request)} bytes: {request[:3000]!r}\n" if request else ""),
                    flush=True,
                )
            shortest = min((bytes_ for bytes_ in (request, *self.defects.get(what, (0, "", request))[2:]) if bytes_), key=len, default=b"")
            self.defects[what] = (count + 1, detail, shortest)

    def answered(self, status, what, request=b""):
        with self.lock:
            self.statuses[status] += 1
        if status >= 500 and status != 501:
            self.defect(f"{what}: status {status}", "", request)

    def remember(self, name, request):
        """The last things that were asked, for a server that ends by itself."""
        self.last[name].append(request)

    def is_up(self, generation):
        return self.up and generation == self.generation

    def await_restart(self, generation, error):
        """Returns when the server was killed and is up again; a connection that ended without that is a defect."""
        with self.changed:
            if not self.changed.wait_for(lambda: not self.up or self.generation != generation, timeout=5):
                self.defect(f"{threading.current_thread().name}: an answer was lost though nobody killed the server", repr(error))
                return
            self.changed.wait_for(lambda: self.up and self.generation != generation, timeout=START_SECONDS)

    def https_connection(self, authority, timeout):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(authority, timeout=timeout, context=context)

    # What the main thread calls.

    def kill_and_start(self):
        with self.changed:
            self.up = False
            self.server.kill()
            self.changed.notify_all()
        self.server.start()
        with self.changed:
            self.endpoint, self.up = self.endpoint_now(), True
            self.generation += 1
            self.changed.notify_all()

    def is_alive(self):
        return self.server.process.poll() is None


class Watch:
    """Memory, files and threads of the server's process."""

    def __init__(self, soak, resident_max):
        self.soak, self.resident_max, self.peak, self.history = soak, resident_max, 0, []

    def look(self):
        process = pathlib.Path(f"/proc/{self.soak.server.process.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        resident = int(status["VmRSS"].split()[0]) * 1024
        self.peak = max(self.peak, resident)
        self.history.append((self.soak.generation, resident))
        return resident, len(os.listdir(process / "fd")), int(status["Threads"])

    def look_at_rest(self):
        """Files and threads of a server that has started what the first request and the first statement start."""
        self.soak.server.sql("SELECT 1")
        return self.look()[1:]

    def check_memory(self):
        if self.peak > self.resident_max:
            self.soak.defect(f"the server held {self.peak >> 20} MB, more than {self.resident_max >> 20}")
        # Growth that does not end shows in the longest life of the server: its last quarter against its second.
        lives = collections.defaultdict(list)
        for generation, resident in self.history:
            lives[generation].append(resident)
        longest = max(lives.values(), key=len)
        quarter = len(longest) // 4
        if quarter >= 30:
            early, late = statistics.median(longest[quarter : 2 * quarter]), statistics.median(longest[-quarter:])
            if late > early * 1.5 + (64 << 20):
                self.soak.defect(f"memory grew from {int(early) >> 20} to {int(late) >> 20} MB in one life of the server")

    def await_rest(self, files, threads):
        """Once the clients are gone, what they had is given back."""
        deadline = time.monotonic() + 120
        while True:
            _, files_now, threads_now = self.look()
            if files_now <= files + 40 and threads_now <= threads + 8:
                return
            if time.monotonic() > deadline:
                self.soak.defect(f"{files_now} files and {threads_now} threads are left, {files} and {threads} there were at the start")
                return
            time.sleep(0.2)


def certificate(directory):
    files = os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", files[1], "-out", files[0]],
        check=True,
        capture_output=True,
    )
    return files


def is_sanitized(program):
    return any(name in pathlib.Path(program).read_bytes() for name in (b"__asan_init", b"__tsan_init"))


def run(soak, watch, minutes, kills):
    chance = random.Random(f"{soak.seed} main")
    files, threads = watch.look_at_rest()
    actors = [model.PlainBucket(soak, n) for n in range(3)] + [model.VersionedBucket(soak, 0), model.Pipe(soak)] + hostile.all_actors(soak)
    for actor in actors:
        actor.start()
    begin = time.monotonic()
    until = begin + minutes * 60
    killing = sorted(begin + chance.uniform(0.2, 0.8) * minutes * 60 for _ in range(kills))
    while time.monotonic() < until:
        time.sleep(0.25)  # a look at the process, four times a second
        if not soak.is_alive():
            soak.defect(f"the server ended by itself, with {soak.server.process.returncode}", soak.server.logged()[-3000:])
            for name, requests in soak.last.items():
                print(f"  last of {name}: " + "\n    ".join(repr(request[:2000]) for request in requests), flush=True)
            break
        watch.look()
        if killing and time.monotonic() > killing[0]:
            killing.pop(0)
            soak.kill_and_start()
            files, threads = watch.look_at_rest()
    soak.stopping.set()
    if soak.is_alive():
        for actor in actors:
            actor.join(timeout=600)
            if actor.is_alive():
                soak.defect(f"{actor.name} waits for an answer that does not come")
        watch.await_rest(files, threads)
    return actors


def end(soak):
    """The server is well, ends when it is asked to, and its objects read as what they were when they came."""
    with urllib.request.urlopen(f"{soak.server.url}/healthz", timeout=60) as answer:
        if answer.status != 200:
            soak.defect(f"/healthz says {answer.status}")
    try:
        soak.server.stop()
    except AssertionError as error:
        soak.defect(f"SIGTERM: {error}", soak.server.logged()[-3000:])
        return
    try:
        soak.server.run("s3", "check")
    except AssertionError as error:
        soak.defect("s3 check found something", error)


def check_log(soak):
    log = soak.server.logged()
    for found in sorted({found[0] for found in SANITIZER.finditer(log)}):
        at = log.index(found)
        soak.defect(f"the log has {found}", log[max(0, at - 500) : at + 4000])
    for line in re.findall(r".*s3\.request_failed.*", log):
        if "code=NotImplemented" not in line:
            soak.defect(f"the log has a failed request: {re.sub(r'request=[0-9A-F]+ ', '', line[line.index('s3.'):])}", line)


def summarise(soak, watch, actors, file):
    """What happened; ends the program with 1 when there are defects."""
    steps = ", ".join(f"{actor.name} {actor.steps}" for actor in actors)
    print(
        f"{sum(soak.statuses.values())} answers {dict(sorted(soak.statuses.items()))}, {soak.generation} kills, {watch.peak >> 20} MB at most\n{steps}",
        flush=True,
    )
    if file:
        found = {
            what: {"count": count, "detail": str(detail), "request": request.decode("latin-1")}
            for what, (count, detail, request) in soak.defects.items()
        }
        pathlib.Path(file).write_text(json.dumps(found, indent=1))
    for what, (count, _, request) in soak.defects.items():
        print(f"{count} x {what}" + (f", shortest request {request[:1500]!r}" if request else ""))
    if soak.defects:
        sys.exit(f"{len(soak.defects)} defects with seed {soak.seed}")
    print("ok")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kills", type=int, help="one a minute, and one at least, when not given")
    parser.add_argument("--defects", metavar="FILE", help="where the defects are written as JSON")
    arguments = parser.parse_args()
    sys.setswitchinterval(0.0005)  # threads that wait for sockets beside threads that compute
    warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    print(f"seed {arguments.seed}", flush=True)
    kills = max(1, round(arguments.minutes)) if arguments.kills is None else arguments.kills
    sanitized = is_sanitized(arguments.program)
    with tempfile.TemporaryDirectory(prefix="freshet_e2e_") as directory:
        chain, key = certificate(directory)
        with Freshet(arguments.program, options=("--s3-tls-listen", "127.0.0.1:0", "--s3-certificate", chain, "--s3-key", key)) as server:
            soak = Soak(server, arguments.seed)
            watch = Watch(soak, RESIDENT_MAX * (4 if sanitized else 1))
            actors = run(soak, watch, arguments.minutes, kills)
            if soak.is_alive():
                end(soak)
            watch.check_memory()
            check_log(soak)
            summarise(soak, watch, actors, arguments.defects)


main()
