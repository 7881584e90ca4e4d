"""Files that nobody should have sent, through the public command line: errors that name file, line and column, good files beside them are loaded, and
received = loaded + rejected.

    bad_files.py FRESHET EXAMPLE_DIRECTORY
"""
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
HEADER = "customer_id,first_name,last_name,email,street,city,state,country\n"


def run(*command):
    return subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=300)


def succeeds(*command):
    done = run(*command)
    assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout


def fails(*command, says):
    done = run(*command)
    assert done.returncode == 1, (command, done.returncode, done.stdout, done.stderr)
    for words in says:
        assert words in done.stderr, (command, words, done.stderr)


def rows(data, *statements):
    inputs = [part for statement in ("USE SCHEMA scd_demo.scd2", *statements) for part in ("-c", statement)]
    return [json.loads(line)["rows"] for line in succeeds("sql", "--data", data, "--output", "json", *inputs).splitlines()][1:]


def lines(first, count):
    return "".join(f"{number},a,b,c@d.e,f,g,h,i\n" for number in range(first, first + count))


def test_loading(directory):
    data, folder = directory + "/data", pathlib.Path(directory, "in")
    folder.mkdir()
    good = HEADER + lines(0, 100)
    bodies = {
        "good.csv": good.encode(),
        "empty.csv": b"",
        "header_only.csv": HEADER.encode(),
        "other_header.csv": ("customer_id,first_name\n" + "1,a\n2,b\n").encode(),
        "truncated.csv": (HEADER + lines(100, 10)).encode()[:-12],
        "rubbish.csv": bytes(range(256)) * 64,
        "damaged.csv.gz": gzip.compress(good.encode() * 50)[:-40],
        "good.csv.gz": gzip.compress((HEADER + lines(200, 100)).encode()),
        "plain.csv.gz": (HEADER + lines(300, 1)).encode(),
        "long_line.csv": (HEADER + lines(400, 1)).encode() + b"401," + b"x" * (100 << 20) + b",b,c,d,e,f,g\n" + lines(402, 1).encode(),
    }
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    for script in ("1_tables", "2_loading"):
        succeeds("sql", "--data", data, "-f", str(EXAMPLE / f"{script}.sql"))
    # Nothing but a COPY takes them.
    succeeds("sql", "--data", data, "-c", "ALTER PIPE scd_demo.scd2.customer_s3_pipe SET PIPE_EXECUTION_PAUSED = TRUE")
    succeeds("flow", "run", str(EXAMPLE / "flow.json"), "--data", data, "--param", f"input_directory={folder}", "--param", "bucket=freshet-demo", "--until-idle")
    for name in bodies:
        if name.endswith(".gz"):  # the example's flow takes *.csv
            succeeds("s3", "cp", str(folder / name), "s3://freshet-demo/stream_data/", "--data", data)
    copied, = rows(data, "COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV ON_ERROR = CONTINUE")
    by_file = {row[0].rsplit("/", 1)[1]: row for row in copied}
    assert set(by_file) == set(bodies), set(bodies) ^ set(by_file)

    def came(name, status, parsed, loaded, message="", line=None):
        file, found, all_rows, good_rows, _, errors, first, first_line, *_ = by_file[name]
        assert (found, good_rows) == (status, loaded), (name, by_file[name])
        assert parsed is None or all_rows == parsed, (name, by_file[name])
        assert message in (first or ""), (name, by_file[name])
        assert line is None or first_line == line, (name, by_file[name])
        assert (errors > 0) == (status in ("LOAD_FAILED", "PARTIALLY_LOADED")), (name, by_file[name])

    came("good.csv", "LOADED", 100, 100)
    came("good.csv.gz", "LOADED", 100, 100)
    came("empty.csv", "LOADED", 0, 0)
    came("header_only.csv", "LOADED", 0, 0)
    came("other_header.csv", "LOAD_FAILED", 2, 0, "Number of columns in file (2) does not match that of the corresponding table (8)", 3)  # the place is behind the record
    came("truncated.csv", "PARTIALLY_LOADED", 10, 9, "End of record reached while expected to parse column", 11)
    came("rubbish.csv", "LOAD_FAILED", None, 0)
    assert by_file["damaged.csv.gz"][1] in ("LOAD_FAILED", "PARTIALLY_LOADED") and by_file["damaged.csv.gz"][6], by_file["damaged.csv.gz"]
    assert by_file["plain.csv.gz"][1] in ("LOADED", "LOAD_FAILED"), by_file["plain.csv.gz"]
    came("long_line.csv", "PARTIALLY_LOADED", 3, 2, "", 3)
    loaded = sum(row[3] for row in copied)
    assert rows(data, "SELECT COUNT(*) FROM customer_raw") == [[[loaded]]]
    # Under ABORT_STATEMENT the message says where.
    fails("sql", "--data", data, "-c", "USE SCHEMA scd_demo.scd2", "-c",
          "COPY INTO customer_raw FROM @customer_ext_stage FILES = ('/other_header.csv') FILE_FORMAT = CSV", says=["other_header.csv", "line 3"])


def test_a_file_that_changes_while_it_is_read(directory):
    """Each stored object is the file as it was at one moment, and the last is the whole file."""
    data, folder = directory + "/data", pathlib.Path(directory, "in")
    folder.mkdir()
    succeeds("s3", "mb", "s3://freshet-demo", "--data", data)
    path = folder / "growing.csv"
    flow = ["flow", "run", str(EXAMPLE / "flow.json"), "--data", data, "--param", f"input_directory={folder}", "--param", "bucket=freshet-demo"]
    with path.open("w") as file:
        file.write(HEADER)
        running = subprocess.Popen([PROGRAM, *flow, "--until-idle"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        written = 0
        while running.poll() is None and written < 100_000:
            file.write(lines(written, 100))
            file.flush()
            written += 100
    running.communicate(timeout=120)
    done = run(*flow, "--until-idle")
    assert done.returncode == 0, done.stderr
    stored = succeeds("s3", "cat", "s3://freshet-demo/stream_data/growing.csv", "--data", data)
    whole = path.read_text()
    assert stored == whole, (len(stored), len(whole))


def test_flows(directory):
    data = directory + "/data"
    flow = (EXAMPLE / "flow.json").read_text()
    for name, text, says in (
            ("cut.json", flow[:2000], ["cut.json"]),
            ("empty.json", "", ["empty.json"]),
            ("other.json", '{"hello": 1}', ["other.json"]),
            ("unknown.json", flow.replace("org.apache.nifi.processors.standard.FetchFile", "com.example.Mystery"), ["unknown.json", "com.example.Mystery"])):
        assert text != flow
        path = pathlib.Path(directory, name)
        path.write_text(text)
        fails("flow", "run", str(path), "--data", data, "--param", f"input_directory={directory}", "--param", "bucket=b", "--until-idle", says=says)
    fails("flow", "run", directory + "/none.json", "--data", data, "--until-idle", says=["none.json"])


for name, test in list(globals().items()):
    if name.startswith("test_"):
        with tempfile.TemporaryDirectory(prefix="freshet_bad_") as directory:
            test(directory)
            print(name[5:].replace("_", " "), flush=True)
print("ok")
