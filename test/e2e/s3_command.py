"""The command `freshet s3` against an endpoint: over HTTP, under TLS, with credentials from here and there. Usage: s3_command.py FRESHET"""
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from freshet import Freshet

MEBIBYTE = 1 << 20


class TlsEndpoint:
    """Takes the TLS off connections and passes them on to the server."""

    def __init__(self, folder, port):
        self.authority, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.authority],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority, key)
        self.context, self.port = context, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            outside = self.context.wrap_socket(connection, server_side=True)
        except (ssl.SSLError, OSError):
            return
        # One thread per connection: a TLS socket must not be read and written by two.
        inside = socket.create_connection(("127.0.0.1", self.port))
        outside.setblocking(False)
        inside.setblocking(False)
        pending = {outside: b"", inside: b""}
        while True:
            moved = False
            for source, target in ((outside, inside), (inside, outside)):
                try:
                    if not pending[target]:
                        pending[target] = source.recv(65536)
                        if not pending[target]:
                            outside.close()
                            inside.close()
                            return
                    sent = target.send(pending[target])
                    pending[target] = pending[target][sent:]
                    moved = True
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                    pass
                except OSError:
                    outside.close()
                    inside.close()
                    return
            if not moved:
                threading.Event().wait(0.001)


def check_commands(freshet, endpoint, environment, folder, bucket):
    def s3(*arguments, **options):
        done = subprocess.run([freshet, "s3", *arguments, "--endpoint", endpoint], env=environment, capture_output=True, timeout=120, **options)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    big = folder / "big.bin"
    big.write_bytes(os.urandom(35 * MEBIBYTE))
    s3("mb", f"s3://{bucket}")
    s3("cp", str(big), f"s3://{bucket}/dir/")
    s3("cp", f"s3://{bucket}/dir/big.bin", str(folder / "back.bin"))
    assert (folder / "back.bin").read_bytes() == big.read_bytes()
    assert s3("cat", f"s3://{bucket}/dir/big.bin") == big.read_bytes()
    s3("cp", "-", f"s3://{bucket}/streamed", input=big.read_bytes()[:17 * MEBIBYTE])
    s3("cp", "-", f"s3://{bucket}/a b+c%", input=b"small")
    assert s3("cat", f"s3://{bucket}/a b+c%") == b"small"
    s3("cp", f"s3://{bucket}/streamed", f"s3://{bucket}/dir/copied")
    assert s3("cat", f"s3://{bucket}/dir/copied") == big.read_bytes()[:17 * MEBIBYTE]
    s3("cp", "--recursive", f"s3://{bucket}/dir/", str(folder / "tree"))
    assert (folder / "tree" / "big.bin").stat().st_size == 35 * MEBIBYTE
    assert (folder / "tree" / "copied").stat().st_size == 17 * MEBIBYTE
    s3("rm", "--recursive", f"s3://{bucket}/")
    assert s3("ls", f"s3://{bucket}", "--recursive", "--output", "json") == b""
    s3("rm", f"s3://{bucket}")


def check_credentials(freshet, server, folder):
    listing = [freshet, "s3", "ls", "--endpoint", server.env["AWS_ENDPOINT_URL_S3"]]
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}
    nothing = subprocess.run(listing, env=bare, capture_output=True, text=True, timeout=60)
    assert nothing.returncode == 1 and "no credentials" in nothing.stderr, nothing
    server.run("s3", "mb", "s3://shut")
    refused = subprocess.run([*listing[:3], "s3://shut", *listing[3:], "--anonymous"], env=bare, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and "AccessDenied" in refused.stderr, refused
    (folder / ".aws").mkdir()
    (folder / ".aws" / "credentials").write_text(
        f"[work]\naws_access_key_id = {server.env['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {server.env['AWS_SECRET_ACCESS_KEY']}\n")
    subprocess.run(listing, env={**bare, "AWS_PROFILE": "work"}, check=True, capture_output=True, timeout=60)


def main():
    freshet = sys.argv[1]
    with Freshet(freshet) as server, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = {"PATH": os.environ["PATH"], "HOME": name, **server.env}
        url = server.env["AWS_ENDPOINT_URL_S3"]
        check_commands(freshet, url, environment, folder, "plain")
        secure = TlsEndpoint(name, int(url.rpartition(":")[2].rstrip("/")))
        check_commands(freshet, secure.url, {**environment, "AWS_CA_BUNDLE": secure.authority}, folder, "secure")
        distrusted = subprocess.run([freshet, "s3", "ls", "--endpoint", secure.url], env=environment, capture_output=True, text=True, timeout=60)
        assert distrusted.returncode == 1 and "certificate is not accepted" in distrusted.stderr, distrusted
        check_credentials(freshet, server, folder)
        assert "sound" in server.run("s3", "check", "--deep")


main()
