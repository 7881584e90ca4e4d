"""Clients that break rules, and leave in the middle. What they may get is an answer that is HTTP and, where it says so, XML, or the end of the connection;
never status 500, silence, or anything that the clients beside them notice."""

import contextlib
import re
import socket
import ssl
import struct
import urllib.parse
import xml.etree.ElementTree

from soak.actor import Actor
from soak.raw import Answers, NoHttp, Request, check_xml
from soak.spoilt import ODD, in_a_line, operations, spoil

GONE = (OSError, ValueError)  # ValueError: a socket that is closed already
SILENCE_SECONDS = 90  # longer than the server's patience with a body


class Hostile(Actor):
    bucket = "wild"
    generation = None

    def step(self):
        try:
            if self.generation != self.soak.generation:
                generation, self.endpoint = self.soak.generation, self.soak.endpoint
                self.prepare()
                self.generation = generation
            self.act()
        except GONE as error:
            if self.soak.is_up(self.generation) and not isinstance(error, (ConnectionError, TimeoutError, ssl.SSLError)):
                raise
            self.soak.stopping.wait(0.02)

    def prepare(self):
        self.ask(Request(b"PUT", b"/" + self.bucket.encode()))

    def ask(self, request, allowed=range(200, 500)):
        """The answer to a request that is right, on a connection of its own."""
        raw = request.signed(self.endpoint)
        with self.endpoint.connect() as connection:
            connection.sendall(raw)
            status, headers, body = Answers(connection).next(request.method)
        self.judge(status, headers, body, raw)
        if status not in allowed:
            self.soak.defect(f"{self.name}: a good request was answered with {status}", body[:500], raw)
        return status, headers, body

    def judge(self, status, headers, body, raw):
        self.soak.answered(status, self.name, raw)
        try:
            check_xml(headers, body)
        except xml.etree.ElementTree.ParseError as error:
            self.soak.defect(f"{self.name}: an answer is no XML ({error.msg.split(':')[0]})", body[:1000], raw)

    def try_bytes(self, raw, connection, method=b"GET", pieces=None):
        """Sends what may be anything, and judges what comes. Returns the status, or None where the connection ended."""
        self.soak.remember(self.name, raw)
        with connection:
            with contextlib.suppress(ConnectionError):  # the answer may come before the request's end
                for piece in pieces or [raw]:
                    connection.sendall(piece)
                if not isinstance(connection, ssl.SSLSocket):
                    connection.shutdown(socket.SHUT_WR)
            # Under TLS there is no such end, and a server that waits for more is right.
            patient = not isinstance(connection, ssl.SSLSocket)
            connection.settimeout(SILENCE_SECONDS if patient else 0.5)
            try:
                status, headers, body = Answers(connection).next(method)
            except NoHttp as error:
                self.soak.defect(f"{self.name}: {error}", "", raw)
                return None
            except TimeoutError:
                if patient and self.soak.is_up(self.generation):
                    self.soak.defect(f"{self.name}: neither an answer nor an end", "", raw)
                return None
            except (OSError, KeyError, ValueError):
                return None
            self.judge(status, headers, body, raw)
            return status


class Mutator(Hostile):
    """Requests of every kind with a part spoilt: mostly before the signature is made, so that they get past it."""

    def __init__(self, soak, number):
        super().__init__(soak, f"mutator-{number}")
        self.bucket = f"wild-mutator-{number}"
        self.over_tls = number % 2 == 1

    def act(self):
        request = self.chance.choice(list(operations(self.chance, self.bucket)))
        method, payload = request.method, b"UNSIGNED-PAYLOAD"
        part = self.chance.choice(("query", "headers", "body", "body", "path", "bytes", "chunks", "none"))
        if part == "query" and request.query:
            at = self.chance.randrange(len(request.query))
            request.query[at] = (request.query[at][0], self.chance.choice((self.chance.choice(ODD), spoil(self.chance, request.query[at][1]))))
        elif part == "headers" and request.headers:
            at = self.chance.randrange(len(request.headers))
            name, value = request.headers[at]
            request.headers[at] = (name, in_a_line(self.chance.choice((self.chance.choice(ODD), spoil(self.chance, value)))).strip())
        elif part == "body":
            request.body = spoil(self.chance, request.body)
        elif part == "path" and request.path.count(b"/") == 2:
            bucket, key = request.path.rsplit(b"/", 1)
            request.path = bucket + b"/" + spoil(self.chance, key)
        elif part == "chunks" and method == b"PUT":
            payload = self.chance.choice(
                (b"STREAMING-UNSIGNED-PAYLOAD-TRAILER", b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
            )
            request.headers += [
                (b"x-amz-decoded-content-length", self.chance.choice((str(len(request.body)).encode(), self.chance.choice(ODD).strip(b"\0\t ")))),
                (b"x-amz-trailer", b"x-amz-checksum-crc32"),
            ]
            request.body = spoil(
                self.chance,
                b"%x;chunk-signature=%064x\r\n%s\r\n0;chunk-signature=%064x\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
                % (len(request.body), 7, request.body, 8),
            )
        raw = request.signed(self.endpoint, payload)
        if part == "bytes":
            raw = spoil(self.chance, raw)
            method = raw.split(b" ", 1)[0]
        self.try_bytes(raw, self.endpoint.connect_tls() if self.over_tls else self.endpoint.connect(), method)


class Oversized(Hostile):
    """One thing too many, or too long."""

    def __init__(self, soak):
        super().__init__(soak, "oversized")
        self.bucket = "wild-oversized"

    def act(self):
        b, key, chance = b"/" + self.bucket.encode(), b"/" + self.bucket.encode() + b"/k", self.chance
        head = lambda *lines: b"\r\n".join((*lines, b"", b""))
        host = b"Host: " + self.endpoint.authority.encode()
        unsigned = lambda *lines: (head(b"PUT " + key + b" HTTP/1.1", host, *lines), None)
        signed = lambda method, path, query=(), headers=(), body=b"", payload=b"UNSIGNED-PAYLOAD": (
            Request(method, path, query, headers, body).signed(self.endpoint, payload),
            None,
        )
        must_fail = lambda pair: (pair[0], range(400, 600))
        chunked = lambda body: signed(b"PUT", key, headers=[(b"Transfer-Encoding", b"chunked")], body=body)
        framed = lambda body, length=b"5": signed(
            b"PUT",
            key,
            headers=[(b"x-amz-decoded-content-length", length), (b"x-amz-trailer", b"x-amz-checksum-crc32")],
            body=body,
            payload=b"STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        )
        cases = {
            "a header of 100 KB": lambda: must_fail(unsigned(b"X-Long: " + b"a" * 100_000)),
            "20,000 header lines": lambda: must_fail(unsigned(*[b"X-%d: a" % n for n in range(20_000)])),
            "a target of 100 KB": lambda: must_fail((head(b"GET " + b + b"?" + b"a" * 100_000 + b" HTTP/1.1", host), None)),
            "10,000 query parameters": lambda: signed(b"GET", b, [(b"p%d" % n, b"") for n in range(3_000)]),
            "a key of 2,000 bytes": lambda: must_fail(signed(b"PUT", b"/" + self.bucket.encode() + b"/" + b"k" * 2000, body=b"x")),
            "10 MB of XML to delete": lambda: must_fail(
                signed(b"POST", b, [(b"delete", b"")], body=b"<Delete>" + b"<Object><Key>a</Key></Object>" * 350_000 + b"</Delete>")
            ),
            "10 MB of XML to complete": lambda: must_fail(
                signed(b"POST", key, [(b"uploadId", b"1")], body=b"<CompleteMultipartUpload>" + b"<Part><PartNumber>1</PartNumber></Part>" * 260_000)
            ),
            "XML 100,000 deep": lambda: must_fail(signed(b"PUT", b, [(b"lifecycle", b"")], body=b"<a>" * 100_000 + b"</a>" * 100_000)),
            "JSON 200,000 deep": lambda: must_fail(signed(b"PUT", b, [(b"policy", b"")], body=b"[" * 10_000 + b"]" * 10_000)),
            "a billion laughs": lambda: must_fail(
                signed(
                    b"PUT",
                    b,
                    [(b"tagging", b"")],
                    body=b"<!DOCTYPE a ["
                    + b"".join(b"<!ENTITY e%d '%s'>" % (n + 1, b"&e%d;" % n * 10) for n in range(10))
                    + b"]><Tagging>&e10;</Tagging>",
                )
            ),
            "5,000 ranges": lambda: signed(b"GET", key, headers=[(b"Range", b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(5_000)))]),
            "metadata of 50 KB": lambda: must_fail(signed(b"PUT", key, headers=[(b"x-amz-meta-%d" % n, b"a" * 1000) for n in range(50)], body=b"x")),
            "200 tags": lambda: must_fail(signed(b"PUT", key, headers=[(b"x-amz-tagging", b"&".join(b"t%d=1" % n for n in range(200)))], body=b"x")),
            "a thousand parts of none": lambda: must_fail(signed(b"POST", key, [(b"uploadId", b"x" * 5000)], body=b"")),
            "a length that is none": lambda: must_fail(
                unsigned(
                    b"Content-Length: "
                    + chance.choice((b"-1", b"9223372036854775808", b"18446744073709551616", b"1e3", b"5,6", b"0x5", b"five", b"", b"5 5"))
                )
            ),
            "a length of 2^62": lambda: must_fail(signed(b"PUT", key, headers=[(b"Content-Length", b"4611686018427387904")], body=b"x")),
            "a length that lies": lambda: must_fail(signed(b"PUT", key, headers=[(b"Content-Length", b"100")], body=b"x")),
            "two lengths": lambda: must_fail(unsigned(b"Content-Length: 1", b"Content-Length: 2")),
            "a length and chunks": lambda: must_fail(unsigned(b"Content-Length: 5", b"Transfer-Encoding: chunked")),
            "unknown framing": lambda: must_fail(unsigned(b"Transfer-Encoding: gzip, chunked, chunked")),
            "a chunk of 2^63": lambda: must_fail(chunked(b"8000000000000000\r\nx")),
            "a chunk of 2^64": lambda: must_fail(chunked(b"10000000000000000\r\nx")),
            "a chunk of less than nothing": lambda: must_fail(chunked(b"-1\r\nx\r\n0\r\n\r\n")),
            "a chunk without a size": lambda: must_fail(chunked(b"zz\r\nx\r\n0\r\n\r\n")),
            "a chunk extension of 1 MB": lambda: chunked(b"1;" + b"e" * (1 << 20) + b"\r\nx\r\n0\r\n\r\n"),
            "trailers of 1 MB": lambda: chunked(b"1\r\nx\r\n0\r\n" + b"t: v\r\n" * 150_000 + b"\r\n"),
            "an inner chunk of 2^63": lambda: must_fail(framed(b"8000000000000000\r\nhello\r\n0\r\n\r\n")),
            "an inner chunk header of 1 MB": lambda: must_fail(framed(b"5;" + b"e" * (1 << 20) + b"\r\nhello\r\n0\r\n\r\n")),
            "an inner trailer of 1 MB": lambda: must_fail(framed(b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + b"A" * (1 << 20) + b"\r\n\r\n")),
            "inner garbage": lambda: must_fail(framed(b"\0" + chance.randbytes(1000))),
            "a decoded length that lies": lambda: must_fail(
                framed(b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", chance.choice((b"4", b"6", b"9223372036854775807", b"0")))
            ),
            "a folded header": lambda: must_fail(unsigned(b"X-A: b", b" folded")),
            "a header with NUL": lambda: must_fail(unsigned(b"X-A: b\0c")),
            "a blank before the colon": lambda: must_fail(unsigned(b"X-A : b")),
            "two hosts": lambda: must_fail(unsigned(b"Host: another")),
            "another protocol": lambda: (
                chance.choice(
                    (
                        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                        b"GET /\r\n\r\n",
                        b"GET / HTTP/3.7\r\n\r\n",
                        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                        b"SSH-2.0-x\r\n",
                        b"\r\n" * 50_000,
                        chance.randbytes(5000),
                    )
                ),
                None,
            ),
            "methods of proxies": lambda: (
                head(
                    chance.choice(
                        (
                            b"CONNECT 127.0.0.1:1 HTTP/1.1",
                            b"TRACE / HTTP/1.1",
                            b"OPTIONS * HTTP/1.1",
                            b"GET http://127.0.0.1:1/ HTTP/1.1",
                            b"PATCH / HTTP/1.1",
                            b"A" * 5000 + b" / HTTP/1.1",
                        )
                    ),
                    host,
                ),
                None,
            ),
            "targets that are none": lambda: (
                head(
                    b"GET "
                    + chance.choice(
                        (
                            b"",
                            b"x",
                            b"/%",
                            b"/%00",
                            b"/../../etc/passwd",
                            b"/wild/%2e%2e/x",
                            b"//",
                            b"/?",
                            b"/?&&&=&=",
                            b"/" + b"%2F" * 1000,
                            b"/\xff\xfe",
                            b"/?uploadId&uploadId&versionId=&partNumber",
                        )
                    )
                    + b" HTTP/1.1",
                    host,
                ),
                None,
            ),
            "an old signature": lambda: must_fail(unsigned(b"Authorization: AWS a:b", b"Content-Length: 0")),
            "a broken signature": lambda: must_fail(
                unsigned(
                    b"Authorization: AWS4-HMAC-SHA256 "
                    + chance.choice(
                        (
                            b"",
                            b"Credential",
                            b"Credential=,SignedHeaders=,Signature=",
                            b"Credential=a/b/c/d/e, SignedHeaders=" + b"a;" * 5000 + b", Signature=0",
                            b"Credential=" + b"/" * 1000,
                        )
                    ),
                    b"Content-Length: 0",
                )
            ),
        }
        name = self.chance.choice(sorted(cases))
        raw, wanted = cases[name]()
        pieces = [raw[at : at + (1 << 16)] for at in range(0, len(raw), 1 << 16)]
        status = self.try_bytes(raw, self.endpoint.connect(), pieces=pieces)
        if wanted and status is not None and status not in wanted:
            self.soak.defect(f"oversized: {name} was answered with {status}", "", raw)


class Leaver(Hostile):
    """Goes away at any byte: of what it sends, or of what it gets; politely or with a reset."""

    def __init__(self, soak, number):
        super().__init__(soak, f"leaver-{number}")
        self.bucket = f"wild-leaver-{number}"

    def prepare(self):
        super().prepare()
        self.ask(Request(b"PUT", f"/{self.bucket}/large".encode(), body=b"l" * (6 << 20)))

    def act(self):
        large = f"/{self.bucket}/large".encode()
        name = f"/{self.bucket}/{self.chance.randrange(20)}".encode()
        body = b"b" * self.chance.choice((10, 5_000, 300_000, 3 << 20))
        request = self.chance.choice(
            (
                Request(b"PUT", name, body=body),
                Request(b"GET", large),
                Request(b"GET", f"/{self.bucket}".encode(), [(b"list-type", b"2")]),
                Request(b"PUT", name, headers=[(b"Transfer-Encoding", b"chunked")], body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
                Request(b"POST", name, [(b"uploads", b"")]),
                Request(b"PUT", name, headers=[(b"x-amz-copy-source", large)]),
            )
        )
        raw = request.signed(self.endpoint)
        tls = self.chance.random() < 0.3
        connection = self.endpoint.connect_tls() if tls else self.endpoint.connect()
        self.soak.remember(self.name, raw)
        with connection:
            whole = self.chance.random() < 0.5
            end = len(raw) if whole else self.chance.randrange(len(raw.split(b"\r\n\r\n")[0]) if self.chance.random() < 0.5 else len(raw))
            connection.sendall(raw[:end])
            if whole:
                wanted = self.chance.randrange(1 << 22)
                connection.settimeout(0.5)  # the answer may be shorter, and the connection stays open behind it
                while wanted > 0 and (piece := connection.recv(min(wanted, 1 << 16))):
                    wanted -= len(piece)
            if self.chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class SlowReader(Hostile):
    """Asks for much, reads a byte now and then, and vanishes."""

    def __init__(self, soak):
        super().__init__(soak, "slow-reader")
        self.bucket, self.waiting = "wild-slow-reader", []

    def prepare(self):
        self.waiting.clear()
        super().prepare()
        self.ask(Request(b"PUT", f"/{self.bucket}/large".encode(), body=b"s" * (20 << 20)))

    def act(self):
        if len(self.waiting) < 12:
            connection = self.endpoint.connect(receive_buffer=4096)
            connection.sendall(Request(b"GET", f"/{self.bucket}/large".encode()).signed(self.endpoint))
            self.waiting.append(connection)
        connection = self.chance.choice(self.waiting)
        if connection.recv(self.chance.choice((1, 1, 100, 5000))) == b"" or self.chance.random() < 0.1:
            self.waiting.remove(connection)
            connection.close()
        self.soak.stopping.wait(0.05)


class SlowWriter(Hostile):
    """Sends a good request a few bytes at a time; it must be taken like any other."""

    def __init__(self, soak):
        super().__init__(soak, "slow-writer")
        self.bucket = "wild-slow-writer"

    def act(self):
        body = self.chance.randbytes(self.chance.choice((10, 1000, 20_000)))
        path = f"/{self.bucket}/k".encode()
        raw = Request(b"PUT", path, body=body).signed(self.endpoint)
        with self.endpoint.connect() as connection:
            at = 0
            while at < len(raw) and not self.soak.stopping.is_set():
                step = self.chance.choice((1, 7, 100, 1000))
                connection.sendall(raw[at : at + step])
                at += step
                self.soak.stopping.wait(0.002)
            if at < len(raw):
                return
            status, _, _ = Answers(connection).next(b"PUT")
        _, _, came = self.ask(Request(b"GET", path), allowed=(200,))
        if status != 200 or came != body:
            self.soak.defect("slow-writer: an object that came slowly is another one", f"status {status}", raw[:2000])


class Pipeliner(Hostile):
    """Many requests in one write; the answers come in their order."""

    def __init__(self, soak):
        super().__init__(soak, "pipeliner")
        self.bucket = "wild-pipeliner"

    def act(self):
        wanted, raw = [], b""
        for n in range(self.chance.randrange(1, 20)):
            path, body = f"/{self.bucket}/p{n}".encode(), self.chance.randbytes(self.chance.choice((0, 10, 3000)))
            for request, status, came in (
                (Request(b"PUT", path, body=body), 200, b""),
                (Request(b"GET", path), 200, body),
                (Request(b"HEAD", path), 200, b""),
                (Request(b"DELETE", path), 204, b""),
                (Request(b"HEAD", path), 404, b""),
            ):
                raw += request.signed(self.endpoint)
                wanted.append((request.method, status, came))
        with self.endpoint.connect() as connection:
            connection.sendall(raw)
            answers = Answers(connection)
            for n, (method, status, body) in enumerate(wanted):
                came = answers.next(method)
                self.soak.answered(came[0], self.name, raw)
                if (came[0], came[2]) != (status, body):
                    self.soak.defect(
                        f"pipeliner: answer {n} to {method.decode()} is {came[0]} with {len(came[2])} bytes, not {status} with {len(body)}",
                        "",
                        raw[:4000],
                    )
                    return


class ByteKeys(Hostile):
    """Keys of any bytes: refused, or kept as they are."""

    def __init__(self, soak):
        super().__init__(soak, "byte-keys")
        self.bucket = "wild-byte-keys"

    def act(self):
        key = self.chance.choice(
            (
                self.chance.randbytes,
                lambda count: bytes(self.chance.choice(b"/.%+ ?#&<>\"'\\\x7f\x01\n\r\t~") for _ in range(count)),
                lambda count: "".join(chr(self.chance.choice((0xE4, 0x20AC, 0x1F600, 0xFFFE, 0x0, 0x85))) for _ in range(count)).encode(),
            )
        )(self.chance.randrange(1, 40))
        path, body = f"/{self.bucket}/".encode() + key, self.chance.randbytes(20)
        request = Request(b"PUT", path, body=body)
        status, _, _ = self.ask(request)
        if status != 200:
            return
        raw = request.signed(self.endpoint)
        _, _, came = self.ask(Request(b"GET", path), allowed=(200,))
        if came != body:
            self.soak.defect("byte-keys: a key reads as another", repr(key), raw)
        listed = self.ask(
            Request(b"GET", f"/{self.bucket}".encode(), [(b"list-type", b"2"), (b"encoding-type", b"url"), (b"prefix", key)]), allowed=(200,)
        )[2]
        keys = [urllib.parse.unquote_to_bytes(found.replace(b"+", b" ")) for found in re.findall(rb"<Contents><Key>([^<]*)</Key>", listed)]
        if key not in keys:
            self.soak.defect("byte-keys: a listing lacks a key", f"{key!r}: {listed[:500]!r}", raw)
        self.ask(Request(b"GET", f"/{self.bucket}".encode(), [(b"prefix", key)]))  # without the encoding, the document must still be XML
        self.ask(Request(b"DELETE", path), allowed=(204,))


class TlsGarbage(Hostile):
    """On the TLS port: noise, handshakes that end early, plain HTTP, and noise after a right handshake."""

    def __init__(self, soak):
        super().__init__(soak, "tls-garbage")
        self.bucket = "wild-tls"

    def act(self):
        kind = self.chance.randrange(4)
        hello = bytes.fromhex("1603010200010001fc0303") + self.chance.randbytes(501)
        with self.endpoint.connect_tls(handshake=kind == 3) as connection:
            connection.sendall(
                (
                    self.chance.randbytes(self.chance.randrange(1, 5000)),
                    hello[: self.chance.randrange(1, len(hello))],
                    Request(b"GET", b"/").signed(self.endpoint),
                    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + self.chance.randbytes(100),
                )[kind]
            )
            if self.chance.random() < 0.7:
                connection.recv(1000)


def all_actors(soak):
    return [
        Mutator(soak, 0),
        Mutator(soak, 1),
        Oversized(soak),
        Leaver(soak, 0),
        Leaver(soak, 1),
        SlowReader(soak),
        SlowWriter(soak),
        Pipeliner(soak),
        ByteKeys(soak),
        TlsGarbage(soak),
    ]
