"""S3 requests as bytes, for clients that no library would let misbehave: a signer, a socket, and what an answer must look like."""

import datetime
import hashlib
import hmac
import re
import socket
import ssl
import urllib.parse
import xml.etree.ElementTree


def encode(data, keep="-_.~"):
    return urllib.parse.quote(data, safe=keep)


class Request:
    """Parts of a request that can be spoilt before it is signed; all text is bytes."""

    def __init__(self, method, path, query=(), headers=(), body=b""):
        self.method, self.path, self.query, self.headers, self.body = method, path, list(query), list(headers), body

    def target(self):
        query = b"&".join(encode(name).encode() + b"=" + encode(value).encode() for name, value in self.query)
        return encode(self.path, "/-_.~").encode() + (b"?" + query if query else b"")

    def signed(self, endpoint, payload=b"UNSIGNED-PAYLOAD"):
        """The bytes of the request; its body is framed by a Content-Length unless the headers say otherwise."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ").encode()
        headers = [(b"Host", endpoint.authority.encode()), (b"x-amz-date", now), (b"x-amz-content-sha256", payload), *self.headers]
        names = {name.lower() for name, _ in headers}
        if self.method in (b"PUT", b"POST") and not names & {b"content-length", b"transfer-encoding"}:
            headers.append((b"Content-Length", str(len(self.body)).encode()))
        covered = sorted({name.lower() for name, _ in headers})
        values = {name: b",".join(re.sub(rb" +", b" ", value.strip(b" \t")) for named, value in headers if named.lower() == name) for name in covered}
        query = b"&".join(sorted(encode(name).encode() + b"=" + encode(value).encode() for name, value in self.query))
        canonical = b"\n".join(
            [
                self.method,
                encode(self.path, "/-_.~").encode(),
                query,
                *(name + b":" + values[name] for name in covered),
                b"",
                b";".join(covered),
                payload,
            ]
        )
        scope = now[:8] + b"/us-east-1/s3/aws4_request"
        text = b"\n".join([b"AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical).hexdigest().encode()])
        key = b"AWS4" + endpoint.secret_key.encode()
        for step in (now[:8], b"us-east-1", b"s3", b"aws4_request"):
            key = hmac.digest(key, step, "sha256")
        signature = hmac.new(key, text, "sha256").hexdigest().encode()
        headers.append(
            (
                b"Authorization",
                b"AWS4-HMAC-SHA256 Credential="
                + endpoint.access_key.encode()
                + b"/"
                + scope
                + b", SignedHeaders="
                + b";".join(covered)
                + b", Signature="
                + signature,
            )
        )
        return (
            b"%s %s HTTP/1.1\r\n" % (self.method, self.target())
            + b"".join(name + b": " + value + b"\r\n" for name, value in headers)
            + b"\r\n"
            + self.body
        )


class Endpoint:
    """Where one start of the server listens, and the keys that it takes."""

    def __init__(self, env, tls_address):
        self.url = env["AWS_ENDPOINT_URL_S3"]
        self.authority = self.url.removeprefix("http://")
        self.tls_authority = tls_address
        self.access_key, self.secret_key = env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]

    def connect(self, timeout=30, receive_buffer=None):
        host, port = self.authority.rsplit(":", 1)
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        connection.connect((host, int(port)))
        return connection

    def connect_tls(self, timeout=30, handshake=True):
        host, port = self.tls_authority.rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), timeout=timeout)
        if not handshake:
            return plain
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is the server's manners that are tested, not its name
        return context.wrap_socket(plain)


class NoHttp(Exception):
    """What came is no answer."""


class Answers:
    """The answers that come over one connection."""

    def __init__(self, connection):
        self.connection, self.held = connection, b""

    def _more(self):
        piece = self.connection.recv(1 << 16)
        if not piece:
            raise ConnectionError("the connection was closed")
        self.held += piece

    def _line(self):
        while b"\r\n" not in self.held:
            self._more()
        line, self.held = self.held.split(b"\r\n", 1)
        return line

    def _bytes(self, count):
        while len(self.held) < count:
            self._more()
        taken, self.held = self.held[:count], self.held[count:]
        return taken

    def next(self, method=b"GET"):
        """(status, headers, body) of the next answer that is final."""
        while True:
            line = self._line()
            if not re.fullmatch(rb"HTTP/1\.1 [1-5]\d\d [\x20-\x7e]*", line):
                raise NoHttp(f"no status line: {line[:200]!r}")
            status, headers = int(line[9:12]), {}
            while line := self._line():
                name, colon, value = line.partition(b":")
                if not colon or not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
                    raise NoHttp(f"no header line: {line[:200]!r}")
                headers[name.lower()] = value.strip()
            if status >= 200:
                break
        if method == b"HEAD" or status in (204, 304):
            return status, headers, b""
        if headers.get(b"transfer-encoding") == b"chunked":
            body = b""
            while size := int(self._line(), 16):
                body += self._bytes(size)
                self._line()
            while self._line():
                pass
        else:
            body = self._bytes(int(headers[b"content-length"]))
        return status, headers, body


# Keys may hold what no XML 1.0 may, and S3 writes it all the same: as references, or U+FFFE and U+FFFF as they are. Clients that have such keys ask for
# encoding-type=url. All else must be right.
_BEYOND_XML = re.compile(rb"&#(x[0-9A-Fa-f]+|[0-9]+);|\xef\xbf[\xbe\xbf]|[\x01-\x08\x0b\x0c\x0e-\x1f]")


def check_xml(headers, body):
    """Errors and documents are XML that a parser takes."""
    if headers.get(b"content-type", b"").startswith(b"application/xml") and body:
        xml.etree.ElementTree.fromstring(_BEYOND_XML.sub(b"", body))
