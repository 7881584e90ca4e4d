"""Other people's S3 clients, unchanged, against the server: s3cmd, rclone, DuckDB's httpfs, and the AWS command line on 200 MB and
10,000 keys. Usage: s3_tools.py FRESHET"""
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

import boto3
import duckdb
from botocore.config import Config

from freshet import Freshet, over_tls

BIG = 200 << 20
KEYS = 10_000


def run(*arguments, env=None):
    done = subprocess.run(arguments, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def digest(path):
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            hashed.update(piece)
    return hashed.hexdigest()


def write_big(path):
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for n in range(BIG >> 20):
            file.write(n.to_bytes(4, "big") + block[4:])


class Files:
    def __init__(self, directory):
        self.directory = directory
        self.big, self.small = self.path("big.bin"), self.path("small file+1.txt")
        write_big(self.big)
        with open(self.small, "wb") as file:
            file.write(b"a few words\n")

    def path(self, name):
        return os.path.join(self.directory, name)


def host_of(env):
    return env["AWS_ENDPOINT_URL_S3"].split("://")[1]


def test_s3cmd(env, files, certificate):
    endpoint, secure = host_of(env), certificate is not None
    with open(files.path("s3cfg"), "w", encoding="utf-8") as config:
        config.write(f"[default]\naccess_key = {env['AWS_ACCESS_KEY_ID']}\nsecret_key = {env['AWS_SECRET_ACCESS_KEY']}\n"
                     f"host_base = {endpoint}\nhost_bucket = {endpoint}\nuse_https = {secure}\nca_certs_file = {certificate or ''}\n")
    s3cmd = lambda *arguments: run("s3cmd", "-c", files.path("s3cfg"), "--no-progress", *arguments)
    s3cmd("mb", "s3://cmd")
    s3cmd("put", files.small, "s3://cmd/dir/small file+1.txt")
    s3cmd("put", files.big, "s3://cmd/big.bin")
    assert "big.bin" in s3cmd("ls", "s3://cmd")
    s3cmd("get", "--force", "s3://cmd/big.bin", files.path("back"))
    assert digest(files.path("back")) == digest(files.big)
    s3cmd("cp", "s3://cmd/dir/small file+1.txt", "s3://cmd/copy")
    assert "12" in s3cmd("info", "s3://cmd/copy")
    s3cmd("setacl", "s3://cmd/copy", "--acl-private")
    s3cmd("del", "--recursive", "--force", "s3://cmd")
    s3cmd("rb", "s3://cmd")


def test_rclone(env, files, certificate):
    remote = {"RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_F_TYPE": "s3", "RCLONE_CONFIG_F_PROVIDER": "Other",
              "RCLONE_CONFIG_F_ACCESS_KEY_ID": env["AWS_ACCESS_KEY_ID"], "RCLONE_CONFIG_F_SECRET_ACCESS_KEY": env["AWS_SECRET_ACCESS_KEY"],
              "RCLONE_CONFIG_F_ENDPOINT": env["AWS_ENDPOINT_URL_S3"], "RCLONE_CONFIG_F_FORCE_PATH_STYLE": "true"}
    trust = ["--ca-cert", certificate] if certificate else []
    rclone = lambda *arguments: run("rclone", *trust, *arguments, env=remote)
    rclone("mkdir", "f:clone")
    rclone("copyto", files.small, "f:clone/dir/small file+1.txt")
    rclone("copyto", "--s3-upload-cutoff", "10M", "--s3-chunk-size", "10M", files.big, "f:clone/big.bin")
    listed = {entry["Path"]: entry["Size"] for entry in json.loads(rclone("lsjson", "-R", "f:clone"))}
    assert listed["big.bin"] == BIG and listed["dir/small file+1.txt"] == 12, listed
    rclone("copyto", "f:clone/big.bin", files.path("back"))
    assert digest(files.path("back")) == digest(files.big)
    rclone("check", "--one-way", files.small, "f:clone/dir")
    rclone("moveto", "f:clone/big.bin", "f:clone/moved.bin")
    rclone("purge", "f:clone")


def test_command_line(env, files, certificate):
    trust = ["--ca-bundle", certificate] if certificate else []
    aws = lambda *arguments: run(sys.executable, "-m", "awscli", *trust, *arguments, env={**env, "AWS_DEFAULT_REGION": "us-east-1"})
    aws("s3", "mb", "s3://line")
    aws("s3", "cp", "--no-progress", files.big, "s3://line/big.bin")
    parts = json.loads(aws("s3api", "get-object-attributes", "--bucket", "line", "--key", "big.bin", "--object-attributes",
                           "ObjectParts", "Checksum", "ObjectSize"))
    assert parts["ObjectSize"] == BIG and parts["ObjectParts"]["TotalPartsCount"] == BIG // (8 << 20), parts
    aws("s3", "cp", "--no-progress", "s3://line/big.bin", files.path("back"))
    assert digest(files.path("back")) == digest(files.big)


def test_many_keys(env, certificate):
    s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], region_name="us-east-1", aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                      aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], verify=certificate,
                      config=Config(s3={"addressing_style": "path"}, max_pool_connections=8))
    s3.create_bucket(Bucket="many")
    keys = [f"{n % 10}/{n:05}" for n in range(KEYS)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket="many", Key=key, Body=key.encode()), keys))
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="many"))
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(keys)
    assert len(pages) == KEYS // 1000
    tops = s3.list_objects_v2(Bucket="many", Delimiter="/")
    assert [entry["Prefix"] for entry in tops["CommonPrefixes"]] == [f"{n}/" for n in range(10)]
    for page in pages:
        gone = s3.delete_objects(Bucket="many", Delete={"Objects": [{"Key": entry["Key"]} for entry in page["Contents"]], "Quiet": True})
        assert "Errors" not in gone
    assert s3.list_objects_v2(Bucket="many")["KeyCount"] == 0


def test_duckdb(env, certificate):
    """Reads and writes Parquet through its httpfs extension, which comes with its package."""
    db = duckdb.connect(config={"allow_unsigned_extensions": "false"})
    import duckdb_extension_httpfs  # noqa: F401  the package that carries the extension
    from duckdb_extensions import import_extension
    import_extension("httpfs", con=db)
    db.execute("LOAD httpfs")
    if certificate:
        db.execute(f"SET ca_cert_file = '{certificate}'")
        db.execute("SET enable_server_cert_verification = true")
    db.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{env['AWS_ACCESS_KEY_ID']}', SECRET '{env['AWS_SECRET_ACCESS_KEY']}', "
               f"ENDPOINT '{host_of(env)}', URL_STYLE 'path', USE_SSL {certificate is not None}, REGION 'us-east-1')")
    db.execute("COPY (SELECT i AS id, i % 7 AS g, repeat('x', 20) AS t FROM range(1000000) r(i)) TO 's3://duck/data/a.parquet' (FORMAT parquet)")
    db.execute("COPY (SELECT i + 1000000 AS id, i % 7 AS g, 'y' AS t FROM range(10) r(i)) TO 's3://duck/data/b.parquet' (FORMAT parquet)")
    rows = db.execute("SELECT count(*), sum(id), count(DISTINCT g) FROM 's3://duck/data/*.parquet'").fetchone()
    assert rows == (1_000_010, sum(range(1_000_010)), 7), rows


def test_all(server, env, certificate=None):
    files = Files(server.directory.name)
    test_many_keys(env, certificate)
    test_command_line(env, files, certificate)
    test_s3cmd(env, files, certificate)
    test_rclone(env, files, certificate)
    run(sys.argv[1], "s3", "mb", "s3://duck", "--data", server.data)
    test_duckdb(env, certificate)


def main():
    # Each client is told itself whom to trust; one refuses to start where this is set, even for http.
    os.environ.pop("AWS_CA_BUNDLE", None)
    with Freshet(sys.argv[1]) as server:
        test_all(server, server.env)
    with over_tls(sys.argv[1]) as (server, env, certificate):
        test_all(server, env, certificate)
    print("ok")


main()
