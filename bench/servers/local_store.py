"""An S3 server of ours with one bucket, which what is measured writes to, and what is in it afterwards."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from servers.kinds import KINDS
from servers.processes import Process, free_ports

START_SECONDS_MAX = 60


class LocalStore:
    """On a new data directory, with the bucket `files`."""

    def __init__(self, program, directory):
        self.program, self.data = program, directory / "store"
        self.data.mkdir()
        kind = next(each for each in KINDS if each.name.startswith("freshet"))
        ports = free_ports(2)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.process = Process(kind.command(program, self.data, ports), {}, directory / "store.log")
        try:
            self._wait_until_ready()
            self.key, self.secret = kind.credentials(program, self.data)
            self._ask("mb", "s3://files")
        except BaseException:
            self.stop()
            raise

    def contents(self):
        """Objects and their bytes."""
        sizes = [each["size"] for each in map(json.loads, self._ask("ls", "-r", "--output", "json", "s3://files/").splitlines())]
        return len(sizes), sum(sizes)

    def wait_for(self, total, seconds_max=600):
        """Until the bucket holds so many bytes; returns the number of objects."""
        begin = time.monotonic()
        while True:
            objects, size = self.contents()
            if size == total(objects):
                return objects
            if size > total(objects) or time.monotonic() - begin > seconds_max:
                raise RuntimeError(f"{objects} objects of {size} bytes are in the bucket, not of {total(objects)}")
            time.sleep(0.2)

    def stop(self):
        self.process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _ask(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        command = [self.program, "s3", arguments[0], "--endpoint", self.url, *arguments[1:]]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout

    def _wait_until_ready(self):
        """Until anything but 503 answers."""
        begin = time.monotonic()
        while True:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            if self.process.process.poll() is not None or time.monotonic() - begin > START_SECONDS_MAX:
                raise RuntimeError("the S3 server does not answer")
            time.sleep(0.05)
