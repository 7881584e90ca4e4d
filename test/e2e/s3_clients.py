"""The AWS command line and boto3, unchanged, against the S3 server. Usage: s3_clients.py FRESHET"""
import hashlib
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from freshet import Freshet, over_tls


def fails_with(code, call):
    try:
        call()
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"wanted {code}, got {found}"
        return error.response
    raise AssertionError(f"wanted {code}, got success")


def client(env, secret=None):
    return boto3.client(
        "s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], region_name="us-east-1",
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=secret or env["AWS_SECRET_ACCESS_KEY"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}))


def test_buckets(s3):
    s3.create_bucket(Bucket="first")
    s3.create_bucket(Bucket="second")
    s3.head_bucket(Bucket="first")
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["first", "second"]
    s3.put_object(Bucket="second", Key="k", Body=b"x")
    fails_with("BucketNotEmpty", lambda: s3.delete_bucket(Bucket="second"))
    s3.delete_object(Bucket="second", Key="k")
    s3.delete_bucket(Bucket="second")
    fails_with("404", lambda: s3.head_bucket(Bucket="second"))
    fails_with("NoSuchBucket", lambda: s3.get_object(Bucket="second", Key="k"))


def test_objects(s3):
    body = bytes(range(256)) * 40
    put = s3.put_object(Bucket="first", Key="dir/a b+c/\u00fc.bin", Body=body, ContentType="application/x-test",
                        Metadata={"origin": "e2e"}, CacheControl="no-cache")
    etag = '"' + hashlib.md5(body).hexdigest() + '"'
    assert put["ETag"] == etag
    got = s3.get_object(Bucket="first", Key="dir/a b+c/\u00fc.bin")
    assert got["Body"].read() == body
    head = s3.head_object(Bucket="first", Key="dir/a b+c/\u00fc.bin")
    for answer in (got, head):
        assert answer["ETag"] == etag
        assert answer["ContentLength"] == len(body)
        assert answer["ContentType"] == "application/x-test"
        assert answer["Metadata"] == {"origin": "e2e"}
        assert answer["CacheControl"] == "no-cache"
    assert got["LastModified"] == head["LastModified"]
    part = s3.get_object(Bucket="first", Key="dir/a b+c/\u00fc.bin", Range="bytes=10-19")
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert part["ContentRange"] == f"bytes 10-19/{len(body)}"
    assert part["Body"].read() == body[10:20]
    assert s3.get_object(Bucket="first", Key="dir/a b+c/\u00fc.bin", Range="bytes=-5")["Body"].read() == body[-5:]
    fails_with("InvalidRange", lambda: s3.get_object(Bucket="first", Key="dir/a b+c/\u00fc.bin", Range="bytes=99999-"))
    s3.copy_object(Bucket="first", Key="copy", CopySource={"Bucket": "first", "Key": "dir/a b+c/\u00fc.bin"})
    assert s3.get_object(Bucket="first", Key="copy")["Body"].read() == body
    s3.delete_object(Bucket="first", Key="copy")
    fails_with("NoSuchKey", lambda: s3.get_object(Bucket="first", Key="copy"))
    fails_with("404", lambda: s3.head_object(Bucket="first", Key="copy"))


def test_conditions(s3):
    s3.put_object(Bucket="first", Key="once", Body=b"1", IfNoneMatch="*")
    fails_with("PreconditionFailed", lambda: s3.put_object(Bucket="first", Key="once", Body=b"2", IfNoneMatch="*"))
    etag = s3.head_object(Bucket="first", Key="once")["ETag"]
    s3.put_object(Bucket="first", Key="once", Body=b"3", IfMatch=etag)
    fails_with("PreconditionFailed", lambda: s3.put_object(Bucket="first", Key="once", Body=b"4", IfMatch=etag))
    fails_with("304", lambda: s3.get_object(Bucket="first", Key="once", IfNoneMatch='"' + hashlib.md5(b"3").hexdigest() + '"'))
    assert s3.get_object(Bucket="first", Key="once")["Body"].read() == b"3"


def test_listing(s3):
    s3.create_bucket(Bucket="listed")
    keys = sorted([f"a/{n:02}" for n in range(25)] + ["a b+c", "b/x/y", "b/z", "c"])
    for key in keys:
        s3.put_object(Bucket="listed", Key=key, Body=b"")
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="listed", PaginationConfig={"PageSize": 10}))
    assert [len(page["Contents"]) for page in pages] == [10, 10, 9]
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    top = s3.list_objects_v2(Bucket="listed", Delimiter="/")
    assert [entry["Key"] for entry in top["Contents"]] == ["a b+c", "c"]
    assert [entry["Prefix"] for entry in top["CommonPrefixes"]] == ["a/", "b/"]
    below = s3.list_objects_v2(Bucket="listed", Prefix="b/", Delimiter="/")
    assert [entry["Key"] for entry in below["Contents"]] == ["b/z"]
    assert [entry["Prefix"] for entry in below["CommonPrefixes"]] == ["b/x/"]
    deleted = s3.delete_objects(Bucket="listed", Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(deleted["Deleted"]) == len(keys)
    assert s3.list_objects_v2(Bucket="listed")["KeyCount"] == 0


def test_multipart(s3):
    part = os.urandom(5 << 20)
    upload = s3.create_multipart_upload(Bucket="first", Key="parts")["UploadId"]
    etags = [s3.upload_part(Bucket="first", Key="parts", UploadId=upload, PartNumber=n + 1, Body=body)["ETag"]
             for n, body in enumerate([part, b"end"])]
    assert len(s3.list_parts(Bucket="first", Key="parts", UploadId=upload)["Parts"]) == 2
    done = s3.complete_multipart_upload(
        Bucket="first", Key="parts", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": n + 1, "ETag": etag} for n, etag in enumerate(etags)]})
    digests = b"".join(hashlib.md5(body).digest() for body in (part, b"end"))
    assert done["ETag"] == '"' + hashlib.md5(digests).hexdigest() + '-2"'
    assert s3.get_object(Bucket="first", Key="parts")["Body"].read() == part + b"end"
    upload = s3.create_multipart_upload(Bucket="first", Key="given up")["UploadId"]
    s3.abort_multipart_upload(Bucket="first", Key="given up", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="first")


def test_signatures(s3, env):
    wrong = client(env, secret="wrong")
    fails_with("SignatureDoesNotMatch", lambda: wrong.list_buckets())
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "first", "Key": "once"}, ExpiresIn=60)
    trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    assert urllib.request.urlopen(url, context=trusted).read() == b"3"
    try:
        urllib.request.urlopen(url.replace("Signature=", "Signature=0"), context=trusted)
        raise AssertionError("a changed signature was accepted")
    except urllib.error.HTTPError as error:
        assert error.code == 403


def test_command_line(env, directory):
    # `python -m awscli` and not the `aws` script, whose first line may be too long for the kernel.
    run_env = {**os.environ, **env, "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}

    def aws(*arguments, **options):
        return subprocess.run([sys.executable, "-m", "awscli", *arguments], env=run_env, check=True, capture_output=True,
                              text=True, **options).stdout

    big = os.path.join(directory, "big.bin")
    with open(big, "wb") as file:
        file.write(os.urandom(20 << 20))
    aws("s3", "mb", "s3://from-cli")
    aws("s3", "cp", big, "s3://from-cli/dir/big.bin")
    assert "20971520 dir/big.bin" in aws("s3", "ls", "s3://from-cli", "--recursive")
    back = os.path.join(directory, "back.bin")
    aws("s3", "cp", "s3://from-cli/dir/big.bin", back)
    with open(big, "rb") as one, open(back, "rb") as two:
        assert one.read() == two.read()
    aws("s3", "sync", "s3://from-cli", os.path.join(directory, "synced"))
    assert os.path.getsize(os.path.join(directory, "synced", "dir", "big.bin")) == 20 << 20
    aws("s3", "rb", "s3://from-cli", "--force")


def test_all(env, directory):
    s3 = client(env)
    test_buckets(s3)
    test_objects(s3)
    test_conditions(s3)
    test_listing(s3)
    test_multipart(s3)
    test_signatures(s3, env)
    test_command_line(env, directory)


def main():
    with Freshet(sys.argv[1]) as server:
        test_all(server.env, server.directory.name)
    # The same over TLS, where the clients sign nothing of the body and send their checksum behind it.
    with over_tls(sys.argv[1]) as (server, env, certificate):
        os.environ["AWS_CA_BUNDLE"] = certificate
        test_all(env, server.directory.name)
    print("ok")


main()
