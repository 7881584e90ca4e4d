"""Stages, pipes and flows on buckets that live elsewhere: one server is "the cloud", another has a configuration that maps its buckets.

    remote_buckets.py FRESHET EXAMPLE_DIRECTORY
"""
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from freshet import Connection, Freshet, SqlError

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
STREAMED = 150  # files that arrive while the loading server is killed


def until(what, seconds=60):
    """The first true answer of what()."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    return answer


class Cloud(Freshet):
    """The server with the buckets; files go in and out by the program's own command."""

    def put(self, key, data, bucket="landing"):
        path = os.path.join(self.directory.name, "upload")
        pathlib.Path(path).write_bytes(data)
        self.run("s3", "cp", path, f"s3://{bucket}/{key}")

    def put_all(self, folder, prefix, bucket="landing"):
        self.run("s3", "cp", "--recursive", str(folder), f"s3://{bucket}/{prefix}")

    def keys(self, prefix="", bucket="landing"):
        listed = self.run("s3", "ls", "--recursive", "--output", "json", f"s3://{bucket}/{prefix}")
        return [json.loads(line)["key"] for line in listed.splitlines()]

    def host(self):
        return self.env["AWS_ENDPOINT_URL_S3"]


def configuration(folder, cloud, tls=None, **more):
    """A configuration that maps buckets of the cloud; what `more` says stands in the first table."""
    text = f"""
[[remote]]
buckets = ["landing", "prod-*"]
endpoint = "{cloud.host()}"
access_key_id = "{cloud.env['AWS_ACCESS_KEY_ID']}"
secret_access_key_env = "CLOUD_SECRET"
""" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items()) + f"""
[[remote]]
buckets = ["keyed"]
endpoint = "{cloud.host()}"
access_key_id = "NOBODY"
secret_access_key = "no secret at all"
"""
    if tls:
        address, bundle = tls
        text += f"""
[[remote]]
buckets = ["secure"]
endpoint = "https://{address}"
ca_bundle = "{bundle}"
access_key_id = "{cloud.env['AWS_ACCESS_KEY_ID']}"
secret_access_key_env = "CLOUD_SECRET"
"""
    path = pathlib.Path(folder, "freshet.toml")
    path.write_text(text)
    os.environ["CLOUD_SECRET"] = cloud.env["AWS_SECRET_ACCESS_KEY"]
    return str(path)


def connect(server):
    connection = Connection(server.url)
    connection.sql("CREATE DATABASE IF NOT EXISTS d")
    connection.sql("USE SCHEMA d.public")
    return connection


def refused(call, *texts):
    try:
        call()
    except SqlError as error:
        for text in texts:
            assert text in str(error), (text, str(error))
        return error
    raise AssertionError("it was not refused")


def loads(cloud, sql, folder):
    sql("CREATE TABLE t (id INT, name VARCHAR)")
    sql("CREATE STAGE far URL = 's3://landing/in/'")
    assert sql("LIST @far") == []
    cloud.put("in/a.csv", b"1,one\n2,two\n")
    cloud.put("in/b.csv.gz", gzip.compress(b"3,three\n"))
    listed = sql("LIST @far")
    assert [(row[0], row[1]) for row in listed] == [("s3://landing/in/a.csv", "12"), ("s3://landing/in/b.csv.gz", str(len(gzip.compress(b"3,three\n"))))], listed
    assert re.fullmatch("[0-9a-f]{32}", listed[0][2]) and listed[0][3].endswith(" GMT"), listed
    assert len(sql("LIST @far PATTERN = '.*[.]gz'")) == 1
    assert sql("SELECT $1, $2, METADATA$FILENAME FROM @far ORDER BY 1") == [["1", "one", "in/a.csv"], ["2", "two", "in/a.csv"], ["3", "three", "in/b.csv.gz"]]
    assert [row[:4] for row in sql("COPY INTO t FROM @far")] == [["s3://landing/in/a.csv", "LOADED", "2", "2"], ["s3://landing/in/b.csv.gz", "LOADED", "1", "1"]]
    assert sql("COPY INTO t FROM @far") == [["Copy executed with 0 files processed."]]
    # The same name with other content is another file.
    cloud.put("in/a.csv", b"4,four\n")
    assert [row[0] for row in sql("COPY INTO t FROM @far")] == ["s3://landing/in/a.csv"]
    assert sql("SELECT COUNT(*), SUM(id) FROM t") == [["4", "10"]]
    refused(lambda: sql("COPY INTO t FROM @far FILES = ('a.csv', 'never.csv')"), "Remote file '@far/never.csv' was not found")
    sql("COPY INTO t FROM (SELECT $1::INT + 100, UPPER($2) FROM @far) FILES = ('b.csv.gz') FORCE = TRUE")
    assert sql("SELECT name FROM t WHERE id = 103") == [["THREE"]]
    # Bad rows.
    cloud.put("bad/x.csv", b"7,seven\nno number,eight\n9,nine\n")
    refused(lambda: sql("COPY INTO t FROM 's3://landing/bad/'"), "Numeric value 'no number' is not recognized")
    assert [row[1:4] for row in sql("COPY INTO t FROM 's3://landing/bad/' ON_ERROR = SKIP_FILE")] == [["LOAD_FAILED", "3", "0"]]
    assert [row[1:4] for row in sql("COPY INTO t FROM 's3://landing/bad/' ON_ERROR = CONTINUE")] == [["PARTIALLY_LOADED", "3", "2"]]
    # Documents.
    cloud.put("json/a.json", b'{"a": 1}\n{"a": 2}\n')
    sql("CREATE TABLE v (doc VARIANT)")
    sql("COPY INTO v FROM 's3://landing/json/' FILE_FORMAT = (TYPE = JSON)")
    assert sql("SELECT SUM(doc:a::INT) FROM v") == [["3"]]
    made = pathlib.Path(folder, "parquet")
    subprocess.run([PROGRAM, "gen", "customers", "--rows", "500", "--files", "2", "--out", str(made), "--seed", "1", "--format", "parquet"], check=True, capture_output=True)
    cloud.put_all(made, "parquet/")
    sql("CREATE FILE FORMAT pq TYPE = PARQUET")
    sql("COPY INTO v FROM 's3://landing/parquet/' FILE_FORMAT = (FORMAT_NAME = 'pq')")
    assert sql("SELECT COUNT(*) FROM v") == [["1002"]]


def unloads(cloud, sql):
    assert sql("COPY INTO @far/out/ FROM (SELECT id, name FROM t WHERE id < 100 ORDER BY id)")[0][0] == "6"
    assert cloud.keys("in/out/") == ["in/out/data_0_0_0.csv.gz"]
    refused(lambda: sql("COPY INTO @far/out/ FROM t"), "Files already existing at the unload destination")
    sql("BEGIN")
    sql("COPY INTO @far/undone/ FROM t")
    assert cloud.keys("in/undone/") == ["in/undone/data_0_0_0.csv.gz"], "elsewhere they are there at once"
    sql("ROLLBACK")
    assert cloud.keys("in/undone/") == []
    sql("BEGIN")
    sql("COPY INTO @far/done/ FROM t FILE_FORMAT = (TYPE = CSV COMPRESSION = NONE) SINGLE = TRUE")
    sql("COMMIT")
    assert cloud.keys("in/done/") == ["in/done/data"]
    removed = sql("REMOVE @far/out")
    assert removed == [["s3://landing/in/out/data_0_0_0.csv.gz", "removed"]], removed
    assert cloud.keys("in/out") == []
    cloud.put("purged/1.csv", b"1000,x\n")
    cloud.put("purged/2.csv", b"bad,x\n")
    sql("COPY INTO t FROM 's3://landing/purged/' ON_ERROR = SKIP_FILE PURGE = TRUE")
    assert cloud.keys("purged/") == ["purged/2.csv"], "what was loaded goes, what failed stays"


def brings_its_own_credentials(cloud, here, sql):
    secret = cloud.env["AWS_SECRET_ACCESS_KEY"]
    cloud.put("k.csv", b"1,key\n", bucket="keyed")
    sql("CREATE STAGE unkeyed URL = 's3://keyed/'")
    error = refused(lambda: sql("LIST @unkeyed"), "Failure using stage area. Cause: [InvalidAccessKeyId")
    assert int(error.code) == 91003, error.code
    sql(f"CREATE STAGE keyed URL = 's3://keyed/' CREDENTIALS = (AWS_KEY_ID = '{cloud.env['AWS_ACCESS_KEY_ID']}' AWS_SECRET_KEY = '{secret}')")
    assert [row[0] for row in sql("LIST @keyed")] == ["s3://keyed/k.csv"]
    for shown in ("SHOW STAGES", "DESC STAGE keyed", "SELECT * FROM information_schema.stages"):
        assert secret not in json.dumps(sql(shown)), shown
    address = cloud.host().removeprefix("http://")
    sql(f"CREATE STAGE compatible URL = 's3compat://prod-compatible/' ENDPOINT = '{address}'")
    cloud.put("c.csv", b"1,c\n", bucket="prod-compatible")
    assert [row[1] for row in sql("SELECT $1, $2 FROM @compatible")] == ["c"]
    for path in (here.data + "/warehouse.duckdb", here.data + "/warehouse.duckdb.wal"):
        assert secret.encode() not in pathlib.Path(path).read_bytes(), f"the secret lies in {path}"


def feeds_a_pipe(cloud, here, sql, folder):
    """Files arrive while the loading server is killed: each row is there once."""
    sql("CREATE TABLE streamed (id INT, name VARCHAR)")
    sql("CREATE STAGE incoming URL = 's3://landing/stream/'")
    sql("CREATE PIPE fed AUTO_INGEST = TRUE AS COPY INTO streamed FROM @incoming PATTERN = '.*[.]csv'")
    cloud.put("stream/0.csv", b"0,zero\n")
    cloud.put("stream/not.txt", b"no,csv\n")
    until(lambda: sql("SELECT COUNT(*) FROM streamed") == [["1"]])
    made = pathlib.Path(folder, "stream")
    made.mkdir()
    for i in range(1, STREAMED + 1):
        (made / f"{i}.csv").write_text(f"{2 * i},a\n{2 * i + 1},b\n")
    uploading = subprocess.Popen([PROGRAM, "s3", "cp", "--recursive", str(made), "s3://landing/stream/", "--data", cloud.data])
    until(lambda: int(sql("SELECT COUNT(*) FROM streamed")[0][0]) > 1)
    here.kill()
    here.start()
    assert uploading.wait(timeout=60) == 0
    connection = connect(here)
    expected = str(1 + 2 * STREAMED)
    until(lambda: connection.sql("SELECT COUNT(*) FROM streamed") == [[expected]])
    # What is known stays so, over further listings.
    cloud.put("stream/last.csv", b"-1,last\n")
    until(lambda: connection.sql("SELECT COUNT(*) FROM streamed WHERE id = -1") == [["1"]])
    assert connection.sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM streamed") == [[str(2 + 2 * STREAMED)] * 2]
    status = json.loads(connection.sql("SELECT SYSTEM$PIPE_STATUS('fed')")[0][0])
    assert (status["executionState"], status["pendingFileCount"], status["lastIngestedFilePath"]) == ("RUNNING", 0, "last.csv"), status
    return connection


def flows_there(cloud, here, folder):
    made = pathlib.Path(folder, "customers")
    subprocess.run([PROGRAM, "gen", "customers", "--rows", "10", "--files", "3", "--out", str(made), "--seed", "2"], check=True, capture_output=True)
    here.run("flow", "run", str(EXAMPLE / "flow.json"), "--param", f"input_directory={made}", "--param", "bucket=prod-flow", "--until-idle")
    put = cloud.keys(bucket="prod-flow")
    assert len(put) == 3, put


def is_quiet_about_local_buckets(here):
    buckets = here.run("s3", "ls", "--output", "json")
    assert "landing" not in buckets and "prod-" not in buckets, buckets


def speaks_tls(cloud, sql):
    cloud.put("s.csv", b"5,secure\n", bucket="secure")
    assert sql("SELECT $2 FROM 's3://secure/'") == [["secure"]]


def refuses_a_bad_configuration(folder):
    path = pathlib.Path(folder, "bad.toml")
    path.write_text("[[remote]]\nbuckets = ['a']\nendpoints = 'http://x'\n")
    for command in ("serve", "sql"):
        done = subprocess.run([PROGRAM, command, "--data", os.path.join(folder, "none"), "--config", str(path)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert done.returncode != 0 and f"{path}:3:1: unknown key 'endpoints' in [[remote]]" in done.stderr, done


def main():
    with tempfile.TemporaryDirectory(prefix="freshet_remote_") as folder:
        certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        refuses_a_bad_configuration(folder)
        with Cloud(PROGRAM, options=("--s3-tls-listen", "127.0.0.1:0", "--s3-certificate", certificate, "--s3-key", key)) as cloud:
            cloud.run("s3", "mb", "s3://landing", "s3://keyed", "s3://prod-compatible", "s3://prod-flow", "s3://secure")
            tls = re.search(r"serve\.s3_tls address=(\S+)", cloud.logged()).group(1)
            config = configuration(folder, cloud, tls=(tls, certificate), list_every=0.2)
            with Freshet(PROGRAM, options=("--config", config)) as here:
                connection = connect(here)
                loads(cloud, connection.sql, folder)
                unloads(cloud, connection.sql)
                brings_its_own_credentials(cloud, here, connection.sql)
                speaks_tls(cloud, connection.sql)
                connection = feeds_a_pipe(cloud, here, connection.sql, folder)
                assert [row[0] for row in connection.sql("LIST @keyed")] == ["s3://keyed/k.csv"], "after a restart"
                flows_there(cloud, here, folder)
                is_quiet_about_local_buckets(here)


if __name__ == "__main__":
    main()
