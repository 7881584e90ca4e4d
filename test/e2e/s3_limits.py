"""What the S3 server does at its limits: a disk without room, thousands of clients that are slow, and the log of what came.

    s3_limits.py FRESHET
"""
import datetime
import hashlib
import hmac
import pathlib
import resource
import socket
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from freshet import Freshet

PROGRAM = sys.argv[1]
SLOW_CLIENTS = 2000
MEGABYTE = 1 << 20


class Client:
    """Signs requests (version 4, bodies unsigned) and sends them as they are."""

    def __init__(self, server):
        self.env = server.env
        self.host = urllib.parse.urlsplit(server.env["AWS_ENDPOINT_URL_S3"]).netloc

    def signature(self, canonical, stamp):
        scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.env["AWS_SECRET_ACCESS_KEY"]).encode()
        for part in (stamp[:8], "us-east-1", "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return scope, hmac.digest(key, text.encode(), "sha256").hex()

    def head(self, method, path, **headers):
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": self.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": stamp}
        names = ";".join(signed)
        canonical = "\n".join([method, path, "", *(f"{name}:{value}" for name, value in signed.items()), "", names, "UNSIGNED-PAYLOAD"])
        scope, signature = self.signature(canonical, stamp)
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.env['AWS_ACCESS_KEY_ID']}/{scope}, SignedHeaders={names}, Signature={signature}")
        signed |= {name.replace("_", "-"): value for name, value in headers.items()}
        return f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in signed.items()) + "\r\n"

    def presigned(self, path):
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{self.env['AWS_ACCESS_KEY_ID']}/{stamp[:8]}/us-east-1/s3/aws4_request",
                 "X-Amz-Date": stamp, "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host"}
        text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe="")
        _, signature = self.signature("\n".join(["GET", path, text, f"host:{self.host}", "", "host", "UNSIGNED-PAYLOAD"]), stamp)
        return f"http://{self.host}{path}?{text}&X-Amz-Signature={signature}"

    def connect(self):
        host, port = self.host.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=60)

    def send(self, method, path, body=b"", **headers):
        """The answer, until the server closes."""
        with self.connect() as connection:
            connection.sendall(self.head(method, path, content_length=len(body), connection="close", **headers).encode() + body)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def status(answer):
    return int(answer.split(b" ", 2)[1])


def metric(server, name):
    page = urllib.request.urlopen(server.url + "/metrics", timeout=60).read().decode()
    (line,) = [line for line in page.splitlines() if line.startswith(name + " ")]
    return float(line.split()[1])


def a_disk_without_room():
    with Freshet(PROGRAM) as server:
        client = Client(server)
        assert status(client.send("PUT", "/bucket")) == 200
        assert status(client.send("PUT", "/bucket/before", b"here")) == 200
        assert metric(server, "store_takes_bodies") == 1
        server.stop()
        server.options += ["--s3-disk-reserve", str(10**12)]  # more than any disk has
        server.start()
        client = Client(server)
        # Before the client has sent its body, which it never does.
        with client.connect() as connection:
            connection.sendall(client.head("PUT", "/bucket/more", content_length=MEGABYTE, expect="100-continue").encode())
            answer = connection.recv(65536)
        assert status(answer) == 507 and b"<Code>InsufficientStorage</Code>" in answer, answer
        assert metric(server, "store_takes_bodies") == 0 and metric(server, "store_takes_changes") == 1
        assert client.send("GET", "/bucket/before").endswith(b"here")
        assert status(client.send("DELETE", "/bucket/before")) == 204
        assert status(client.send("GET", "/bucket/before")) == 404
        assert status(client.send("GET", "/bucket/more")) == 404


def resident_bytes(server):
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    raise AssertionError("no VmRSS")


def many_slow_clients():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    clients = min(SLOW_CLIENTS, limit - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with Freshet(PROGRAM) as server:
        client = Client(server)
        assert status(client.send("PUT", "/bucket")) == 200
        assert status(client.send("PUT", "/bucket/warm", b"x" * MEGABYTE)) == 200
        before = resident_bytes(server)
        slow = []
        for n in range(clients):
            connection = client.connect()
            connection.sendall(client.head("PUT", f"/bucket/slow-{n}", content_length=MEGABYTE, expect="100-continue").encode())
            slow.append(connection)
        for connection in slow:
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 "), "a slow client was refused"
            connection.sendall(b"x" * 10)
        # Others are served meanwhile.
        for n in range(20):
            assert status(client.send("PUT", f"/bucket/quick-{n}", b"q" * 10_000)) == 200
            assert client.send("GET", f"/bucket/quick-{n}").endswith(b"q" * 10_000)
        grown = resident_bytes(server) - before
        print(f"{clients} slow clients: {grown / MEGABYTE:.0f} MB, {grown / clients / 1024:.0f} KB each")
        assert grown < clients * 100 * 1024, grown
        for connection in slow:
            connection.close()
        # What never ended left nothing behind.
        assert status(client.send("GET", "/bucket/slow-0")) == 404
        assert status(client.send("PUT", "/bucket/after", b"x" * MEGABYTE)) == 200


def the_log(folder):
    log = folder / "access.log"
    with Freshet(PROGRAM, options=["--s3-access-log", str(log), "--s3-domain", "*.s3.example.test"]) as server:
        client = Client(server)
        assert status(client.send("PUT", "/bucket")) == 200
        assert status(client.send("PUT", "/bucket/a%20key", b"body", user_agent='test "one"')) == 200
        assert urllib.request.urlopen(client.presigned("/bucket/a%20key"), timeout=60).read() == b"body"
        assert status(client.send("GET", "/bucket/none")) == 404
        try:
            urllib.request.urlopen(f"http://{client.host}/bucket/a%20key", timeout=60)
            raise AssertionError("an anonymous request was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 403, error
        # A bucket in the name of the host, below the longest domain that fits.
        for host in ("bucket.s3.example.test", "bucket.s3.localhost", "bucket.localhost"):
            request = urllib.request.Request(f"http://{client.host}/other", headers={"Host": host})
            try:
                urllib.request.urlopen(request, timeout=60)
                raise AssertionError("an anonymous request was answered")
            except urllib.error.HTTPError as error:
                assert "<BucketName>bucket</BucketName>" in error.read().decode(), host
        page = urllib.request.urlopen(server.url + "/metrics", timeout=60).read().decode()
        for line in ('s3_requests_total{operation="PutObject"} 1', 's3_received_bytes_total{operation="PutObject"} 4',
                     's3_errors_total{operation="GetObject",code="NoSuchKey"} 1', 's3_request_seconds_count{operation="CreateBucket"} 1'):
            assert line + "\n" in page, (line, page)
        rotated = log.rename(folder / "access.log.1")
        server.stop()
        lines = [*rotated.read_text().splitlines(), *(log.read_text().splitlines() if log.exists() else [])]
        operations = [line.split("] ", 1)[1].split()[3] for line in lines]
        assert operations == ["REST.PUT.BUCKET", "REST.PUT.OBJECT", *["REST.GET.OBJECT"] * 6], lines
        assert " a%20key " in lines[1] and '"test %22one%22"' in lines[1] and " 200 - " in lines[1], lines[1]
        assert "X-Amz-Signature=REDACTED" in lines[2] and " QueryString " in lines[2], lines[2]
        assert " 404 NoSuchKey " in lines[3], lines[3]
        assert " 403 AccessDenied " in lines[4] and " - " in lines[4], lines[4]
        assert all(line.startswith("freshet bucket [") for line in lines), lines
        server.start()


a_disk_without_room()
with tempfile.TemporaryDirectory() as name:
    the_log(pathlib.Path(name))
many_slow_clients()
print("ok")
