"""`freshet s3 check` on stores that are sound and on stores that are not, with a server on them and without.

    store_check.py FRESHET
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from freshet import Freshet

PROGRAM = sys.argv[1]


def run(*command):
    return subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=120)


def check(data, *options, status):
    done = run("s3", "check", "--data", data, *options)
    assert done.returncode == status, (options, done.returncode, done.stdout, done.stderr)
    return done


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def fill(data, folder):
    small, large = folder / "small", folder / "large"
    small.write_bytes(b"small " * 100)
    large.write_bytes(os.urandom(3 << 20))
    assert run("s3", "mb", "s3://bucket", "--data", data).returncode == 0
    for source, key in ((small, "one"), (small, "two"), (large, "large")):
        done = run("s3", "cp", str(source), f"s3://bucket/{key}", "--data", data)
        assert done.returncode == 0, done.stderr


def the_large_file(data):
    (path,) = pathlib.Path(data, "objects", "large").iterdir()
    return path


def faults(done):
    return [line["damage"] for line in map(json.loads, done.stdout.splitlines()) if "damage" in line]


def without_a_server(folder):
    data = str(folder / "data")
    missing = check(data, status=1)
    assert "no object store" in missing.stderr and not os.path.exists(data), missing.stderr
    fill(data, folder)
    assert "3 versions" in (sound := check(data, "--deep", status=0)).stdout and "sound" in sound.stdout, sound.stdout
    path = the_large_file(data)
    flip(path, 1000)
    check(data, status=0)  # reads no bytes
    (fault,) = faults(check(data, "--deep", "--output", "json", status=1))
    assert fault["bucket"] == "bucket" and fault["key"] == "large" and fault["file"] == str(path), fault
    told = check(data, "--deep", status=1)
    assert "s3://bucket/large" in told.stdout and "1 faults" in told.stdout, told.stdout
    check(data, "--deep", status=1)  # it is not healed by being looked at
    os.truncate(path, 10)
    assert {fault["key"] for fault in faults(check(data, "--output", "json", status=1))} == {"", "large"}
    path.unlink()
    gone = check(data, "--output", "json", status=1)
    assert any(fault["key"] == "large" and "not there" in fault["what"] for fault in faults(gone)), gone.stdout


def with_a_server(folder):
    with Freshet(PROGRAM) as server:
        fill(server.data, folder)
        assert "sound" in check(server.data, "--deep", status=0).stdout
        flip(the_large_file(server.data), 2000)
        (fault,) = faults(check(server.data, "--deep", "--output", "json", status=1))
        assert fault["key"] == "large", fault
        # From now on the server knows, and gives out no wrong bytes.
        refused = run("s3", "cat", "s3://bucket/large", "--data", server.data)
        assert refused.returncode == 1 and "damaged" in refused.stderr, refused.stderr
        assert run("s3", "cat", "s3://bucket/one", "--data", server.data).stdout == "small " * 100
        metrics = urllib.request.urlopen(server.url + "/metrics", timeout=60).read().decode()
        assert "\nstore_damaged_versions 1\n" in metrics, metrics
        try:
            urllib.request.urlopen(urllib.request.Request(server.url + "/store/check", method="POST"), timeout=60)
            raise AssertionError("a check without the access token was not refused")
        except urllib.error.HTTPError as error:
            assert error.code == 401, error
        server.stop()
        server.start()  # it is still known
        assert run("s3", "cat", "s3://bucket/large", "--data", server.data).returncode == 1


for test in (without_a_server, with_a_server):
    with tempfile.TemporaryDirectory() as name:
        test(pathlib.Path(name))
print("ok")
