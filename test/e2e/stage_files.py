"""PUT and GET of `freshet sql`: straight into a data directory, and by the URLs of a server, which are checked too.

    stage_files.py FRESHET
"""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from freshet import Connection, Freshet

PROGRAM = sys.argv[1]
TEXT = b"ID,NAME\r\n1,one\r\n2,\"a\r\nb\"\r\n"


def sql(data, *statements):
    inputs = [part for statement in ("USE SCHEMA d.public", *statements) for part in ("-c", statement)]
    done = subprocess.run([PROGRAM, "sql", "--data", data, "--output", "json", *inputs], capture_output=True, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()][1:], done


def rows(data, *statements):
    answers, done = sql(data, *statements)
    assert done.returncode == 0, done.stderr
    return [answer["rows"] for answer in answers]


def moves_files(data, folder):
    folder.mkdir()
    back = folder / "back"
    back.mkdir()
    for name in ("a1.csv", "a2.csv", "b'c.csv"):
        (folder / name).write_bytes(TEXT)
    (folder / "packed.csv.gz").write_bytes(gzip.compress(TEXT))
    (folder / "empty.csv").write_bytes(b"")
    size = len(TEXT)
    put, = rows(data, f"PUT 'file://{folder}/a?.csv' @st/sub")
    assert [(row[0], row[1], row[2], row[4:]) for row in put] == [
        (name, name + ".gz", size, ["NONE", "GZIP", "UPLOADED", ""]) for name in ("a1.csv", "a2.csv")], put
    put, = rows(data, f"PUT 'file://{folder}/b''c.csv' @st auto_compress = false")
    assert put == [["b'c.csv", "b'c.csv", size, size, "NONE", "NONE", "UPLOADED", ""]], put
    put, = rows(data, f"PUT file://{folder}/packed.csv.gz @st")
    assert put[0][1] == "packed.csv.gz" and put[0][4:7] == ["GZIP", "GZIP", "UPLOADED"], put
    put, = rows(data, f"PUT file://{folder}/empty.csv @~ AUTO_COMPRESS=FALSE")
    assert put[0][6] == "UPLOADED", put
    # The same names once more: skipped, until they may be replaced.
    put, again = rows(data, f"PUT file://{folder}/a*.csv @st/sub", f"PUT file://{folder}/a*.csv @st/sub OVERWRITE=TRUE")
    assert [(row[3], row[6]) for row in put] == [(0, "SKIPPED")] * 2 and [row[6] for row in again] == ["UPLOADED"] * 2, (put, again)

    listed, copied, counted = rows(data, "LIST @st", "COPY INTO t FROM @st FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '\"')",
                                   "SELECT COUNT(*), COUNT(DISTINCT name) FROM t")
    assert [row[0] for row in listed] == ["st/b'c.csv", "st/packed.csv.gz", "st/sub/a1.csv.gz", "st/sub/a2.csv.gz"], listed
    assert counted == [[8, 2]], counted

    got, = rows(data, f"GET @st 'file://{back}/'")
    assert sorted(row[0] for row in got) == ["b'c.csv", "packed.csv.gz", "sub/a1.csv.gz", "sub/a2.csv.gz"] and {row[2] for row in got} == {"DOWNLOADED"}, got
    assert gzip.decompress((back / "a1.csv.gz").read_bytes()) == TEXT and (back / "b'c.csv").read_bytes() == TEXT
    got, = rows(data, f"GET @st 'file://{back}' PATTERN = '.*nothing.*'")
    assert got == [], got

    for statement, told in ((f"PUT file://{folder}/absent.csv @st", "253006"), (f"GET @st file://{folder}/absent/", "253005"), ("PUT file:///x @ext", "external stages"),
                            (f"PUT file://{folder}/a1.csv @nothing", "002003"), (f"PUT file://{folder}/a1.csv @st PARALLEL=100", "PARALLEL"),
                            (f"PUT file://{folder}/a1.csv @st COLOUR=RED", "COLOUR"), ("PUT 'ftp://x' @st", "file://")):
        _, done = sql(data, statement)
        assert done.returncode == 1 and told in done.stderr, (statement, done.stderr)


def guards_urls(server):
    def send(method, url, body=None):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method), timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read()

    connection = Connection(server.url)
    upload = connection.request("POST", "/queries/v1/query-request?requestId=1", {"sqlText": "PUT file:///x/u.csv @d.public.st"})["stageInfo"]["presignedUrl"]
    assert send("GET", upload)[0] == 404  # drivers look whether the file is there
    assert send("PUT", upload.replace("u.csv", "v.csv"), TEXT)[0] == 403
    assert send("PUT", upload.replace("use=new", "use=put"), TEXT)[0] == 403
    assert send("PUT", upload.split("?")[0], TEXT)[0] == 403
    assert send("PUT", upload, TEXT) == (200, b"")
    plan = connection.request("POST", "/queries/v1/query-request?requestId=2", {"sqlText": "GET @d.public.st/u file:///x/"})
    assert plan["src_locations"] == ["u.csv"] and plan["command"] == "DOWNLOAD", plan
    assert send("GET", plan["presignedUrls"][0]) == (200, TEXT)
    assert send("PUT", plan["presignedUrls"][0], b"other")[0] == 405
    assert send("GET", plan["presignedUrls"][0].replace("u.csv", "../../x"))[0] == 403
    connection.close()


SETUP = ("CREATE STAGE st", "CREATE TABLE t (id INT, name VARCHAR)", "CREATE STAGE ext URL = 's3://elsewhere/'")
with tempfile.TemporaryDirectory(prefix="freshet_stage_") as place:
    local = place + "/data"
    assert subprocess.run([PROGRAM, "sql", "--data", local, "-c", "CREATE DATABASE d"], capture_output=True, timeout=60).returncode == 0
    rows(local, *SETUP)
    moves_files(local, pathlib.Path(place, "local"))
    with Freshet(PROGRAM) as running:
        running.sql("CREATE DATABASE d")
        rows(running.data, *SETUP)
        moves_files(running.data, pathlib.Path(place, "remote"))
        guards_urls(running)
print("ok")
