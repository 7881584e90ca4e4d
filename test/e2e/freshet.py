"""Starts the program on an empty data directory, as the end-to-end tests need it."""
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse
import uuid


class Freshet:
    """A running server; `env` has the variables of the S3 and Snowflake clients, `url` is where `sql --url` and drivers reach it."""

    def __init__(self, program, clock="system", options=()):
        self.program = program
        self.options = ["--clock", clock, *options]
        self.directory = tempfile.TemporaryDirectory(prefix="freshet_e2e_")
        self.data = os.path.join(self.directory.name, "data")
        self.start()

    def start(self):
        self.log = open(os.path.join(self.directory.name, "log"), "a+", encoding="utf-8")  # a pipe that nobody reads would fill up
        begun = self.log.tell()
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, *self.options, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"],
            stderr=self.log)
        while not (ready := re.search(r"serve\.ready .*warehouse=(\S+)", self.logged(begun))):
            if self.process.poll() is not None:
                raise RuntimeError("the server did not start: " + self.logged(begun))
            time.sleep(0.01)
        self.url = ready.group(1)
        printed = subprocess.run([self.program, "credentials", "--data", self.data], check=True, capture_output=True, text=True)
        self.env = json.loads(printed.stdout)

    def logged(self, begun=0):
        with open(self.log.name, encoding="utf-8") as log:
            log.seek(begun)
            return log.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.log.close()
        assert status == 0, f"the server ended with {status}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def run(self, *arguments):
        """What a command prints that works on the server's data directory."""
        done = subprocess.run([self.program, *arguments, "--data", self.data], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def sql(self, *statements):
        """The rows of each statement."""
        inputs = [part for statement in statements for part in ("-c", statement)]
        return [json.loads(line)["rows"] for line in self.run("sql", "--output", "json", *inputs).splitlines()]

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        try:
            if any(failure):
                self.process.kill()
                self.process.wait()
                self.log.close()
            else:
                self.stop()
        finally:
            self.directory.cleanup()


def make_certificate(directory):
    """A certificate of 127.0.0.1 and its key, as files below `directory`."""
    certificate, key = os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


@contextlib.contextmanager
def over_tls(program):
    """A server that speaks HTTPS too; it, its variables with that endpoint, and the certificate to trust."""
    with tempfile.TemporaryDirectory(prefix="freshet_e2e_") as directory:
        certificate, key = make_certificate(directory)
        options = ("--s3-tls-listen", "127.0.0.1:0", "--s3-certificate", certificate, "--s3-key", key)
        with Freshet(program, options=options) as server:
            address = re.search(r"serve\.s3_tls address=(\S+)", server.logged()).group(1)
            yield server, {**server.env, "AWS_ENDPOINT_URL_S3": f"https://{address}"}, certificate


class SqlError(Exception):
    def __init__(self, answer):
        super().__init__(answer["message"])
        self.code = answer["code"]


class Connection:
    """A session of the Snowflake protocol, as the drivers speak it. Cells are texts or None."""

    def __init__(self, url, user="tester", role=None):
        self.http = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=300)
        self.token = None
        login = {"CLIENT_APP_ID": "freshet-test", "CLIENT_APP_VERSION": "1", "ACCOUNT_NAME": "freshet", "LOGIN_NAME": user, "PASSWORD": "any"}
        target = f"/session/v1/login-request?requestId={uuid.uuid4()}" + (f"&roleName={role}" if role else "")
        self.token = self.request("POST", target, {"data": login})["token"]

    def request(self, method, target, body):
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f'Snowflake Token="{self.token}"'
        self.http.request(method, target, json.dumps(body), headers)
        answer = json.loads(self.http.getresponse().read())
        if answer.get("code") == "333333":  # still running
            return self.request("GET", answer["data"]["getResultUrl"], None)
        if not answer["success"]:
            raise SqlError(answer)
        return answer["data"]

    def sql(self, text):
        return self.request("POST", f"/queries/v1/query-request?requestId={uuid.uuid4()}", {"sqlText": text, "asyncExec": False})["rowset"]

    def close(self):
        self.request("POST", "/session?delete=true", {})
        self.http.close()
