"""What buckets rule over their objects, through boto3: versions, locks, tags, encryption, policies, lists, other users,
browser forms, CORS, lifecycle. Usage: s3_rules.py FRESHET"""
import datetime
import hashlib
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from freshet import Freshet


def client(url, key=None, secret=None):
    config = dict(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
                        config=Config(signature_version="s3v4" if key else UNSIGNED, **config))


def refused(call, status, code=None):
    try:
        call()
    except ClientError as error:
        found = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        assert found[0] == status and code in (None, found[1]), f"wanted {status} {code}, got {found}"
        return
    raise AssertionError(f"wanted {status} {code}, got success")


def add_user(server, name, *options):
    made = json.loads(server.run("s3", "user", "add", name, "--output", "json", *options))
    return client(server.env["AWS_ENDPOINT_URL_S3"], made["access_key"], made["secret_key"])


def test_versions(s3):
    s3.create_bucket(Bucket="versions")
    assert "Status" not in s3.get_bucket_versioning(Bucket="versions")
    s3.put_object(Bucket="versions", Key="k", Body=b"plain")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    one = s3.put_object(Bucket="versions", Key="k", Body=b"one")["VersionId"]
    two = s3.put_object(Bucket="versions", Key="k", Body=b"two")["VersionId"]
    read = lambda **which: s3.get_object(Bucket="versions", Key="k", **which)["Body"].read()
    assert (read(), read(VersionId=one), read(VersionId="null")) == (b"two", b"one", b"plain")
    marker = s3.delete_object(Bucket="versions", Key="k")
    assert marker["DeleteMarker"]
    refused(lambda: s3.get_object(Bucket="versions", Key="k"), 404, "NoSuchKey")
    refused(lambda: s3.get_object(Bucket="versions", Key="k", VersionId=marker["VersionId"]), 405, "MethodNotAllowed")
    refused(lambda: s3.get_object(Bucket="versions", Key="k", VersionId="nonsense"), 400, "InvalidArgument")
    listed = s3.list_object_versions(Bucket="versions")
    assert [v["VersionId"] for v in listed["Versions"]] == [two, one, "null"]
    assert [m["IsLatest"] for m in listed["DeleteMarkers"]] == [True]
    copied = s3.copy_object(Bucket="versions", Key="copy", CopySource={"Bucket": "versions", "Key": "k", "VersionId": one})
    assert copied["CopySourceVersionId"] == one
    s3.delete_object(Bucket="versions", Key="k", VersionId=marker["VersionId"])
    assert read() == b"two"
    refused(lambda: s3.delete_bucket(Bucket="versions"), 409, "BucketNotEmpty")
    listed = s3.list_object_versions(Bucket="versions")
    everything = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in listed["Versions"]]
    assert len(s3.delete_objects(Bucket="versions", Delete={"Objects": everything})["Deleted"]) == 4
    s3.delete_bucket(Bucket="versions")


def test_locks(s3):
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    version = s3.put_object(Bucket="locked", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE",
                            ObjectLockRetainUntilDate=until)["VersionId"]
    refused(lambda: s3.delete_object(Bucket="locked", Key="k", VersionId=version), 403, "AccessDenied")
    assert s3.delete_object(Bucket="locked", Key="k")["DeleteMarker"]  # hides it, and keeps it
    s3.put_object_legal_hold(Bucket="locked", Key="k", VersionId=version, LegalHold={"Status": "ON"})
    bypass = dict(Bucket="locked", Key="k", VersionId=version, BypassGovernanceRetention=True)
    refused(lambda: s3.delete_object(**bypass), 403, "AccessDenied")
    s3.put_object_legal_hold(Bucket="locked", Key="k", VersionId=version, LegalHold={"Status": "OFF"})
    s3.delete_object(**bypass)
    refused(lambda: s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Suspended"}),
            409, "InvalidBucketState")
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=rule)
    kept = s3.put_object(Bucket="locked", Key="default", Body=b"x")["VersionId"]
    assert s3.get_object_retention(Bucket="locked", Key="default", VersionId=kept)["Retention"]["Mode"] == "COMPLIANCE"


def test_tags_and_attributes(s3):
    s3.create_bucket(Bucket="tags")
    s3.put_object(Bucket="tags", Key="k", Body=b"12345", Tagging="b=2&a=1", StorageClass="STANDARD_IA")
    assert s3.head_object(Bucket="tags", Key="k")["StorageClass"] == "STANDARD_IA"
    assert s3.get_object(Bucket="tags", Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket="tags", Key="k", Tagging={"TagSet": [{"Key": "only", "Value": "one"}]})
    assert s3.get_object_tagging(Bucket="tags", Key="k")["TagSet"] == [{"Key": "only", "Value": "one"}]
    too_many = [{"Key": str(n), "Value": ""} for n in range(11)]
    refused(lambda: s3.put_object_tagging(Bucket="tags", Key="k", Tagging={"TagSet": too_many}), 400, "InvalidTag")
    s3.delete_object_tagging(Bucket="tags", Key="k")
    assert s3.get_object_tagging(Bucket="tags", Key="k")["TagSet"] == []
    attributes = s3.get_object_attributes(Bucket="tags", Key="k", ObjectAttributes=["ETag", "ObjectSize", "Checksum"])
    assert attributes["ObjectSize"] == 5 and attributes["ETag"] == hashlib.md5(b"12345").hexdigest()
    refused(lambda: s3.put_object(Bucket="tags", Key="k", Body=b"", StorageClass="CELLAR"), 400, "InvalidStorageClass")


def test_encryption(s3, data_bytes):
    s3.create_bucket(Bucket="sealed")
    secret = b"nobody reads this on the disk" * 4000
    key = b"k" * 32
    customer = dict(SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    s3.put_object(Bucket="sealed", Key="plain", Body=b"but this")
    s3.put_object(Bucket="sealed", Key="store", Body=secret, ServerSideEncryption="AES256")
    s3.put_object(Bucket="sealed", Key="named", Body=secret, ServerSideEncryption="aws:kms", SSEKMSKeyId="orders")
    s3.put_object(Bucket="sealed", Key="customer", Body=secret, **customer)
    assert b"but this" in data_bytes() and secret[:29] not in data_bytes()
    assert s3.head_object(Bucket="sealed", Key="named")["SSEKMSKeyId"] == "orders"
    for name, options in (("store", {}), ("named", {}), ("customer", customer)):
        got = s3.get_object(Bucket="sealed", Key=name, Range="bytes=65530-65545", **options)
        assert got["Body"].read() == secret[65530:65546], name
    refused(lambda: s3.get_object(Bucket="sealed", Key="customer"), 400, "InvalidRequest")
    refused(lambda: s3.get_object(Bucket="sealed", Key="customer", SSECustomerAlgorithm="AES256", SSECustomerKey=b"x" * 32), 400)
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
    assert s3.put_object(Bucket="sealed", Key="by default", Body=secret)["ServerSideEncryption"] == "AES256"
    upload = s3.create_multipart_upload(Bucket="sealed", Key="parts", **customer)["UploadId"]
    parts = [s3.upload_part(Bucket="sealed", Key="parts", UploadId=upload, PartNumber=n, Body=b"p" * (5 << 20), **customer)
             for n in (1, 2)]
    refused(lambda: s3.upload_part(Bucket="sealed", Key="parts", UploadId=upload, PartNumber=3, Body=b""), 400)
    done = {"Parts": [{"PartNumber": n + 1, "ETag": part["ETag"]} for n, part in enumerate(parts)]}
    s3.complete_multipart_upload(Bucket="sealed", Key="parts", UploadId=upload, MultipartUpload=done, **customer)
    assert s3.get_object(Bucket="sealed", Key="parts", **customer)["Body"].read() == b"p" * (10 << 20)


def test_users(server, s3):
    anna = add_user(server, "anna")
    reader = add_user(server, "reader", "--policy", "readonly")
    nobody = client(server.env["AWS_ENDPOINT_URL_S3"])
    s3.create_bucket(Bucket="shared")
    s3.put_object(Bucket="shared", Key="open/k", Body=b"1")
    s3.put_object(Bucket="shared", Key="closed/k", Body=b"2")
    # Each has what it owns; a user with a policy has, of the administrator's buckets, what the policy says.
    refused(lambda: anna.get_object(Bucket="shared", Key="open/k"), 403, "AccessDenied")
    assert reader.get_object(Bucket="shared", Key="open/k")["Body"].read() == b"1"
    refused(lambda: reader.put_object(Bucket="shared", Key="k", Body=b""), 403, "AccessDenied")
    anna.create_bucket(Bucket="annas")
    assert [b["Name"] for b in anna.list_buckets()["Buckets"]] == ["annas"]
    refused(lambda: reader.get_object(Bucket="annas", Key="k"), 403, "AccessDenied")
    refused(lambda: anna.create_bucket(Bucket="shared"), 409, "BucketAlreadyExists")
    # A policy of the bucket opens a prefix to everybody, but for one key.
    statement = lambda effect, resource: {"Effect": effect, "Principal": "*", "Action": "s3:GetObject",
                                          "Resource": "arn:aws:s3:::shared/" + resource}
    policy = {"Version": "2012-10-17", "Statement": [statement("Allow", "open/*"), statement("Deny", "open/secret")]}
    s3.put_bucket_policy(Bucket="shared", Policy=json.dumps(policy))
    s3.put_object(Bucket="shared", Key="open/secret", Body=b"3")
    for user in (anna, nobody):
        assert user.get_object(Bucket="shared", Key="open/k")["Body"].read() == b"1"
        refused(lambda: user.get_object(Bucket="shared", Key="closed/k"), 403, "AccessDenied")
        refused(lambda: user.get_object(Bucket="shared", Key="open/secret"), 403, "AccessDenied")
        refused(lambda: user.get_object(Bucket="shared", Key="open/missing"), 403, "AccessDenied")  # may not list
    # Both sides of a copy need their right.
    refused(lambda: anna.copy_object(Bucket="annas", Key="k", CopySource="shared/closed/k"), 403, "AccessDenied")
    anna.copy_object(Bucket="annas", Key="k", CopySource="shared/open/k")
    assert s3.get_bucket_policy_status(Bucket="shared")["PolicyStatus"]["IsPublic"]
    block = {name: True for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}
    s3.put_public_access_block(Bucket="shared", PublicAccessBlockConfiguration=block)
    refused(lambda: nobody.get_object(Bucket="shared", Key="open/k"), 403, "AccessDenied")
    refused(lambda: anna.put_object_acl(Bucket="annas", Key="k", ACL="public-read"), 400, "AccessControlListNotSupported")
    # Where the owner turns lists on, they count.
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    anna.put_bucket_ownership_controls(Bucket="annas", OwnershipControls=rules)
    anna.put_object_acl(Bucket="annas", Key="k", ACL="public-read")
    assert nobody.get_object(Bucket="annas", Key="k")["Body"].read() == b"1"
    answer = anna.delete_objects(Bucket="shared", Delete={"Objects": [{"Key": "open/k"}]})
    assert answer["Errors"][0]["Code"] == "AccessDenied" and "Deleted" not in answer
    server.run("s3", "user", "rm", "anna")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:  # noticed within a second
        try:
            anna.list_buckets()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidAccessKeyId"
            return
    raise AssertionError("a removed user still has its rights")


def post(url, fields, file, origin=None):
    boundary = "frontier"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    body = "".join(parts).encode() + (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
                                      "Content-Type: text/plain\r\n\r\n").encode() + file + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(url, data=body, method="POST",
                                     headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})
    if origin:
        request.add_header("Origin", origin)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def test_forms(s3):
    s3.create_bucket(Bucket="forms")
    conditions = [["starts-with", "$key", "up/"], ["content-length-range", 1, 20], {"success_action_status": "201"}]
    signed = s3.generate_presigned_post("forms", "up/${filename}", Fields={"success_action_status": "201"}, Conditions=conditions)
    status, body, _ = post(signed["url"], signed["fields"], b"from a form")
    assert status == 201 and b"<Key>up/a.txt</Key>" in body, (status, body)
    assert s3.get_object(Bucket="forms", Key="up/a.txt")["Body"].read() == b"from a form"
    status, body, _ = post(signed["url"], signed["fields"], b"more than twenty bytes of a file")
    assert status == 400 and b"EntityTooLarge" in body
    status, body, _ = post(signed["url"], dict(signed["fields"], key="elsewhere"), b"x")
    assert status == 403 and b"AccessDenied" in body
    status, body, _ = post(signed["url"], dict(signed["fields"], **{"x-amz-signature": "0" * 64}), b"x")
    assert status == 403 and b"SignatureDoesNotMatch" in body


def test_cors(s3):
    s3.create_bucket(Bucket="pages")
    s3.put_bucket_cors(Bucket="pages", CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "pages", "Key": "k"})

    def ask(method, **headers):
        request = urllib.request.Request(url, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.headers

    status, headers = ask("OPTIONS", Origin="https://a.example.com", Access_Control_Request_Method="GET")
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "https://a.example.com", dict(headers)
    assert ask("OPTIONS", Origin="https://other.net", Access_Control_Request_Method="GET")[0] == 403
    assert ask("OPTIONS", Origin="https://a.example.com", Access_Control_Request_Method="PUT")[0] == 403
    status, headers = ask("GET", Origin="https://a.example.com")
    assert status == 404 and headers["Access-Control-Allow-Origin"], "errors are shown to the page too"
    assert "Access-Control-Allow-Origin" not in ask("GET", Origin="https://other.net")[1]


def test_conditional_removals(s3):
    s3.create_bucket(Bucket="removals")
    etag = s3.put_object(Bucket="removals", Key="k", Body=b"x")["ETag"]
    refused(lambda: s3.delete_object(Bucket="removals", Key="k", IfMatch='"other"'), 412, "PreconditionFailed")
    errors = s3.delete_objects(Bucket="removals", Delete={"Objects": [{"Key": "k", "ETag": "other"}]})["Errors"]
    assert errors[0]["Code"] == "PreconditionFailed"
    s3.delete_object(Bucket="removals", Key="k", IfMatch=etag)
    refused(lambda: s3.head_object(Bucket="removals", Key="k"), 404)


def test_lifecycle(s3):
    s3.create_bucket(Bucket="ages")
    s3.put_object(Bucket="ages", Key="short/k", Body=b"x")
    s3.put_object(Bucket="ages", Key="long/k", Body=b"x")
    upload = s3.create_multipart_upload(Bucket="ages", Key="short/never")["UploadId"]
    s3.put_bucket_lifecycle_configuration(Bucket="ages", LifecycleConfiguration={"Rules": [
        {"ID": "short", "Status": "Enabled", "Filter": {"Prefix": "short/"}, "Expiration": {"Days": 1},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {"ID": "off", "Status": "Disabled", "Filter": {"Prefix": "long/"}, "Expiration": {"Days": 1}}]})
    assert 'rule-id="short"' in s3.head_object(Bucket="ages", Key="short/k")["Expiration"]
    deadline = time.monotonic() + 60
    while [o["Key"] for o in s3.list_objects_v2(Bucket="ages")["Contents"]] != ["long/k"]:
        assert time.monotonic() < deadline, "the rule did nothing"
    while "Uploads" in s3.list_multipart_uploads(Bucket="ages"):
        assert time.monotonic() < deadline, f"the upload {upload} is still there"


def main():
    options = ("--s3-customer-keys-in-the-clear", "--s3-lifecycle-day", "0.5")
    with Freshet(sys.argv[1], options=options) as server:
        s3 = client(server.env["AWS_ENDPOINT_URL_S3"], server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])

        def data_bytes():
            return b"".join(p.read_bytes() for p in pathlib.Path(server.data, "objects").rglob("*") if p.is_file())

        test_versions(s3)
        test_locks(s3)
        test_tags_and_attributes(s3)
        test_encryption(s3, data_bytes)
        test_users(server, s3)
        test_forms(s3)
        test_cors(s3)
        test_conditional_removals(s3)
        test_lifecycle(s3)
        # A restart keeps it all.
        server.stop()
        server.start()
        s3 = client(server.env["AWS_ENDPOINT_URL_S3"], server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])
        assert s3.get_object(Bucket="sealed", Key="store")["Body"].read()[:6] == b"nobody"
        assert s3.get_bucket_policy_status(Bucket="shared")["PolicyStatus"]["IsPublic"]
    # By default a customer's key does not travel where others can read it.
    with Freshet(sys.argv[1]) as server:
        s3 = client(server.env["AWS_ENDPOINT_URL_S3"], server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])
        s3.create_bucket(Bucket="bucket")
        refused(lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"", SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 32),
                400, "InvalidRequest")
    print("ok")


main()
