"""What goes wrong around the program, through the public command line: each time a clear error that says what and what to do, status 1, and nothing is
lost.

    bad_days.py FRESHET
"""
import ctypes
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

PROGRAM = sys.argv[1]


def run(*command, **more):
    return subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=120, **more)


def succeeds(*command, **more):
    done = run(*command, **more)
    assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout


def fails(*command, says, **more):
    done = run(*command, **more)
    assert done.returncode == 1, (command, done.returncode, done.stdout, done.stderr)
    for words in says:
        assert words in done.stderr, (command, words, done.stderr)

    return done


def rows(data, *statements):
    inputs = [part for statement in statements for part in ("-c", statement)]
    return [json.loads(line)["rows"] for line in succeeds("sql", "--data", data, "--output", "json", *inputs).splitlines()]


def start(*command, **more):
    return subprocess.Popen([PROGRAM, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def serve(data, *more):
    server = start("serve", "--data", data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0", *more)
    for line in server.stderr:
        if "serve.ready" in line:
            return server
    raise AssertionError("the server did not start")


def stop(process, status=0):
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate(timeout=60)
    assert process.returncode == status, (process.returncode, said)
    return said


def make(data):
    succeeds("sql", "--data", data, "-c", "CREATE DATABASE d", "-c", "CREATE TABLE d.public.t (n NUMBER, s VARCHAR)", "-c", "INSERT INTO d.public.t VALUES (1, 'a')")


LONG_INSERT = "INSERT INTO d.public.t SELECT SEQ8(), RANDSTR(100, RANDOM()) FROM TABLE(GENERATOR(ROWCOUNT => 500000000))"
COUNT = "SELECT COUNT(*) FROM d.public.t"


def test_stopped_in_the_middle_of_work(data):
    make(data)
    # The server is told to end while a client's statement runs: the client gets an error, the statement is rolled back.
    server = serve(data)
    client = start("sql", "--data", data, "-c", LONG_INSERT)
    metrics = json.loads(pathlib.Path(data, "LOCK").read_text())["warehouse"] + "/metrics"
    while "\nwarehouse_running 1\n" not in urllib.request.urlopen(metrics).read().decode():
        assert client.poll() is None, client.communicate()
    stop(server)
    out, said = client.communicate(timeout=60)
    assert client.returncode == 1 and said, (client.returncode, said)
    assert rows(data, COUNT) == [[[1]]]
    # The same with the process that runs the statement itself.
    client = start("sql", "--data", data, "-c", "SELECT 'begun'", "-c", LONG_INSERT)
    while "begun" not in client.stdout.readline():
        pass
    said = stop(client, status=1)
    assert "cancel" in said, said
    assert rows(data, COUNT, "INSERT INTO d.public.t VALUES (2, 'b')", COUNT)[2] == [[2]]


def test_port_in_use(data):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = "127.0.0.1:%d" % other.getsockname()[1]
        for taken, free in (("--listen", "--s3-listen"), ("--s3-listen", "--listen")):
            fails("serve", "--data", data, taken, address, free, "127.0.0.1:0", says=[address, "in use", taken])
    stop(serve(data))


def test_held_directory(data):
    server = serve(data)
    url = json.loads(pathlib.Path(data, "LOCK").read_text())["warehouse"]
    fails("serve", "--data", data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0", says=[data, f"pid {server.pid}", url])
    stop(server)
    # Held by a process that serves nobody.
    holder = start("sql", "--data", data, "-c", "SELECT 'begun'", "-c", "SELECT SYSTEM$WAIT(10, 'minutes')")
    while "begun" not in holder.stdout.readline():
        pass
    fails("sql", "--data", data, "-c", "SELECT 1", says=[data, f"pid {holder.pid}"])
    fails("serve", "--data", data, "--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0", says=[data, f"pid {holder.pid}"])
    stop(holder, status=1)
    succeeds("sql", "--data", data, "-c", "SELECT 1")


def test_newer_format(data):
    make(data)
    path = pathlib.Path(data, "FORMAT")
    written = path.read_text()
    for store, version in json.loads(written).items():
        path.write_text(json.dumps({**json.loads(written), store: version + 1}))
        fails("sql", "--data", data, "-c", "SELECT 1", says=["newer", str(path), store, "use "])
    path.write_text(json.dumps({**json.loads(written), "something_else": 1}))
    fails("sql", "--data", data, "-c", "SELECT 1", says=["newer", str(path), "something_else"])
    path.write_text("rubbish")
    fails("sql", "--data", data, "-c", "SELECT 1", says=[str(path)])
    path.write_text(written)
    assert rows(data, COUNT) == [[[1]]]


def test_no_directory(data):
    pathlib.Path(data).write_text("a file")
    fails("sql", "--data", data, "-c", "SELECT 1", says=[data, "must be a directory"])
    os.remove(data)


def test_full_disk(data):
    """No file may grow beyond a limit: every store meets it as a write that fails."""
    make(data)
    limit = 8 << 20

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    big = pathlib.Path(data + ".big")
    big.write_bytes(os.urandom(3 * limit))
    fails("sql", "--data", data, "-c", "INSERT INTO d.public.t SELECT SEQ8(), RANDSTR(100, RANDOM()) FROM TABLE(GENERATOR(ROWCOUNT => 500000))",
          says=["space"], preexec_fn=small_files)
    assert rows(data, COUNT) == [[[1]]]
    succeeds("s3", "mb", "s3://bucket", "--data", data)
    fails("s3", "cp", str(big), "s3://bucket/big", "--data", data, says=["space"], preexec_fn=small_files)
    assert succeeds("s3", "ls", "s3://bucket", "--recursive", "--output", "json", "--data", data) == ""
    # With room again all goes on.
    succeeds("s3", "cp", str(big), "s3://bucket/big", "--data", data)
    succeeds("s3", "check", "--deep", "--data", data)
    assert rows(data, "INSERT INTO d.public.t VALUES (2, 'b')", COUNT)[1] == [[2]]
    big.unlink()


def test_read_only(data):
    make(data)

    def bound_by_modes():
        """Takes from root what overrides the modes of files, with prctl's PR_CAPBSET_DROP; another user might not reach the program."""
        if os.getuid() == 0:
            for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
                assert ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())

    for folder, _, names in os.walk(data):
        os.chmod(folder, 0o555)
        for name in names:
            os.chmod(os.path.join(folder, name), 0o444)
    fails("sql", "--data", data, "-c", "SELECT 1", says=[data, "Permission denied", "writable"], preexec_fn=bound_by_modes)
    fails("sql", "--data", data + "/new", "-c", "SELECT 1", says=[data, "Permission denied", "writable"], preexec_fn=bound_by_modes)
    for folder, _, names in os.walk(data):
        os.chmod(folder, 0o755)
        for name in names:
            os.chmod(os.path.join(folder, name), 0o644)
    assert rows(data, COUNT) == [[[1]]]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        with tempfile.TemporaryDirectory(prefix="freshet_bad_") as directory:
            os.chmod(directory, 0o755)
            test(directory + "/data")
            print(name[5:].replace("_", " "), flush=True)
print("ok")
