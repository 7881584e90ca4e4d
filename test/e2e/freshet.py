"""Starts the program on an empty data directory, as the end-to-end tests need it."""
import json
import os
import signal
import subprocess
import tempfile
import time


class Freshet:
    """A running server; `env` has the variables of the S3 and Snowflake clients."""

    def __init__(self, program):
        self.program = program
        self.directory = tempfile.TemporaryDirectory(prefix="freshet_e2e_")
        self.data = os.path.join(self.directory.name, "data")
        self.process = subprocess.Popen(
            [program, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "serve.ready" in line:
                break
        else:
            raise RuntimeError("the server did not start")
        printed = subprocess.run([program, "credentials", "--data", self.data], check=True, capture_output=True, text=True)
        self.env = json.loads(printed.stdout)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.directory.cleanup()
        if not any(failure):
            assert status == 0, f"the server ended with {status}"
