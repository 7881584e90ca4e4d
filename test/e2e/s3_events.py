"""Events of buckets leave the server: to a queue of SQS (moto) and to a webhook, through boto3; also over kill -9.
Usage: s3_events.py FRESHET"""
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from freshet import Freshet
from moto_server import MotoServer

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
HOOK = "arn:freshet:sns:us-east-1:000000000000:hook"
ALL = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]


def client(server):
    return boto3.client("s3", endpoint_url=server.env["AWS_ENDPOINT_URL_S3"], region_name="us-east-1",
                        aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
                        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}))


def queue_rule(arn=QUEUE, events=ALL, prefix=""):
    return {"QueueConfigurations": [{"Id": "rule", "QueueArn": arn, "Events": events,
                                     "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}]}


def refused(call, code):
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return
    raise AssertionError(f"wanted {code}, got success")


class Arrivals:
    """The records that came out of a queue, until enough did."""

    def __init__(self, moto, url):
        self.moto, self.url, self.records, self.tests = moto, url, [], 0

    def take(self):
        for body in self.moto.receive(self.url):
            message = json.loads(body)
            self.records += message.get("Records", [])
            self.tests += message.get("Event") == "s3:TestEvent"

    def wait(self, done):
        deadline = time.monotonic() + 120
        while not done(self):
            assert time.monotonic() < deadline, [(r["eventName"], r["s3"]["object"]["key"]) for r in self.records]
            self.take()
        return self.records


def names(records):
    return [(record["eventName"], urllib.parse.unquote_plus(record["s3"]["object"]["key"])) for record in records]


def test_names(s3, arrivals):
    s3.create_bucket(Bucket="orders")
    refused(lambda: s3.put_bucket_notification_configuration(Bucket="orders", NotificationConfiguration=queue_rule(QUEUE + "x")), "InvalidArgument")
    s3.put_bucket_notification_configuration(Bucket="orders", SkipDestinationValidation=True,
                                             NotificationConfiguration=queue_rule(QUEUE + "x"))
    refused(lambda: s3.put_bucket_notification_configuration(
        Bucket="orders", NotificationConfiguration={"EventBridgeConfiguration": {}}), "NotImplemented")
    s3.put_bucket_notification_configuration(Bucket="orders", NotificationConfiguration=queue_rule(prefix="in/"))
    kept = s3.get_bucket_notification_configuration(Bucket="orders")["QueueConfigurations"]
    assert (kept[0]["QueueArn"], sorted(kept[0]["Events"])) == (QUEUE, sorted(ALL)), kept
    etag = s3.put_object(Bucket="orders", Key="in/a b+c/é.csv", Body=b"123456")["ETag"].strip('"')
    s3.put_object(Bucket="orders", Key="elsewhere", Body=b"x")
    s3.copy_object(Bucket="orders", Key="in/copy", CopySource={"Bucket": "orders", "Key": "elsewhere"})
    upload = s3.create_multipart_upload(Bucket="orders", Key="in/parts")["UploadId"]
    part = s3.upload_part(Bucket="orders", Key="in/parts", UploadId=upload, PartNumber=1, Body=b"p" * 100)["ETag"]
    s3.complete_multipart_upload(Bucket="orders", Key="in/parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    form = s3.generate_presigned_post("orders", "in/form")
    boundary = "e2e"
    fields = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form["fields"].items())
    body = f'{fields}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nposted\r\n--{boundary}--\r\n'
    request = urllib.request.Request(form["url"], body.encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert urllib.request.urlopen(request).status == 204
    s3.delete_object(Bucket="orders", Key="in/copy")
    s3.delete_object(Bucket="orders", Key="in/never was there")
    s3.delete_objects(Bucket="orders", Delete={"Objects": [{"Key": "in/parts"}, {"Key": "elsewhere"}]})
    wanted = [("ObjectCreated:Put", "in/a b+c/é.csv"), ("ObjectCreated:Copy", "in/copy"),
              ("ObjectCreated:CompleteMultipartUpload", "in/parts"), ("ObjectCreated:Post", "in/form"),
              ("ObjectRemoved:Delete", "in/copy"), ("ObjectRemoved:Delete", "in/parts")]
    # The message of the test was sent first, but a queue without an order may hand it out last.
    records = arrivals.wait(lambda a: len(a.records) >= len(wanted) and a.tests)
    assert sorted(names(records)) == sorted(wanted), names(records)
    assert arrivals.tests == 1, arrivals.tests
    records.sort(key=lambda record: record["s3"]["object"]["sequencer"])
    assert names(records) == wanted  # sequencers grow as things happened
    put = records[0]
    assert put["eventVersion"] == "2.1" and put["eventSource"] == "aws:s3" and put["awsRegion"] == "us-east-1"
    assert put["s3"]["configurationId"] == "rule" and put["s3"]["bucket"]["arn"] == "arn:aws:s3:::orders"
    assert put["requestParameters"]["sourceIPAddress"] == "127.0.0.1" and put["userIdentity"]["principalId"]
    assert put["responseElements"]["x-amz-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", put["eventTime"])
    object = put["s3"]["object"]
    assert object["key"] == "in/a+b%2Bc/%C3%A9.csv" and object["size"] == 6 and object["eTag"] == etag, object
    assert "versionId" not in object and len(object["sequencer"]) >= 16
    removed = records[4]["s3"]["object"]
    assert "size" not in removed and "eTag" not in removed
    s3.put_bucket_notification_configuration(Bucket="orders", NotificationConfiguration={})
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket="orders")
    arrivals.records.clear()


def test_versions_and_lifecycle(s3, arrivals):
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket="kept", NotificationConfiguration=queue_rule())
    version = s3.put_object(Bucket="kept", Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket="kept", Key="k")["VersionId"]
    s3.delete_object(Bucket="kept", Key="k", VersionId=marker)
    s3.delete_object(Bucket="kept", Key="k", VersionId=version)
    due = s3.put_object(Bucket="kept", Key="due", Body=b"x")["VersionId"]
    rule = {"ID": "days", "Filter": {"Prefix": "due"}, "Status": "Enabled", "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket="kept", LifecycleConfiguration={"Rules": [rule]})
    records = arrivals.wait(lambda a: len(a.records) >= 7)
    records.sort(key=lambda record: record["s3"]["object"]["sequencer"])
    got = [(record["eventName"], record["s3"]["object"]["versionId"]) for record in records[:7]]
    hidden = got[5][1]
    assert got == [("ObjectCreated:Put", version), ("ObjectRemoved:DeleteMarkerCreated", marker), ("ObjectRemoved:Delete", marker),
                   ("ObjectRemoved:Delete", version), ("ObjectCreated:Put", due),
                   ("LifecycleExpiration:DeleteMarkerCreated", hidden), ("LifecycleExpiration:Delete", due)], got
    assert hidden not in (due, marker)
    s3.put_bucket_notification_configuration(Bucket="kept", NotificationConfiguration={})
    arrivals.records.clear()


class Hook(http.server.BaseHTTPRequestHandler):
    """Refuses each event once, then takes it."""
    refused, taken, tokens = set(), [], set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        first = body not in self.refused
        self.refused.add(body)
        self.tokens.add(self.headers["Authorization"])
        if not first:
            self.taken.append(json.loads(body))
        self.send_response(503 if first else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_webhook(s3):
    s3.create_bucket(Bucket="hooked")
    rule = {"TopicConfigurations": [{"TopicArn": HOOK, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="hooked", NotificationConfiguration=rule)
    keys = [f"k{n}" for n in range(3)]
    for key in keys:
        s3.put_object(Bucket="hooked", Key=key, Body=b"x")
    deadline = time.monotonic() + 60
    while len(Hook.taken) < 4:
        assert time.monotonic() < deadline, Hook.taken
        time.sleep(0.01)
    assert Hook.taken[0]["Event"] == "s3:TestEvent" and Hook.taken[0]["Bucket"] == "hooked"
    assert [name for message in Hook.taken[1:] for name in names(message["Records"])] == [("ObjectCreated:Put", key) for key in keys]
    assert Hook.tokens == {"Bearer e2e secret"}


def metric(server, name):
    page = urllib.request.urlopen(server.url + "/metrics").read().decode()
    return float(re.search(rf"^{name} (\S+)$", page, re.M).group(1))


def test_a_queue_that_is_down(server, s3, moto):
    """Returns the keys whose events wait for it."""
    s3.create_bucket(Bucket="stream")
    s3.put_bucket_notification_configuration(Bucket="stream", NotificationConfiguration=queue_rule(events=["s3:ObjectCreated:*"]))
    moto.stop()
    keys = [f"down/{n}" for n in range(5)]
    for key in keys:
        s3.put_object(Bucket="stream", Key=key, Body=b"x")
    deadline = time.monotonic() + 60
    while metric(server, "s3_events_waiting") < 5 or metric(server, "s3_events_failures_total") < 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert metric(server, "s3_events_oldest_seconds") > 0
    return keys


def test_kill(server, acknowledged, round, kill_at=None):
    """kill -9 in a stream of writes, at a named point or at a moment that chance chooses; every acknowledged write is
    remembered."""
    if kill_at:
        server.kill()
        os.environ["FRESHET_KILL_AT"] = kill_at
        try:
            server.start()
            s3 = client(server)
        except (RuntimeError, KeyError, subprocess.CalledProcessError):  # what waited from before took it there already
            s3 = None
        del os.environ["FRESHET_KILL_AT"]
    else:
        s3 = client(server)
    written, enough = [], threading.Event()

    def write(thread):
        for n in range(2000):
            key = f"{round}/{thread}/{n}"
            try:
                s3.put_object(Bucket="stream", Key=key, Body=b"x")
            except Exception:
                return
            written.append(key)
            if len(written) >= 60:
                enough.set()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4 if s3 else 0)]
    for thread in threads:
        thread.start()
    if kill_at:
        server.process.wait(timeout=60)
    else:
        assert enough.wait(60)
    server.kill()
    for thread in threads:
        thread.join()
    acknowledged += written
    server.start()


def main(program):
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    moto = MotoServer()
    try:
        queue = moto.queue("orders")
        with open_server(program, queue, f"http://127.0.0.1:{hook.server_port}/events") as server:
            arrivals = Arrivals(moto, queue)
            test_names(client(server), arrivals)
            test_versions_and_lifecycle(client(server), arrivals)
            test_webhook(client(server))
            acknowledged = test_a_queue_that_is_down(server, client(server), moto)
            moto = MotoServer(moto.port)
            assert moto.queue("orders") == queue
            arrivals = Arrivals(moto, queue)
            points = [f"s3.events_{point}:{n}" for point in ("read", "queued", "accepted") for n in (1, 4)]
            for round, kill_at in enumerate([None, *points, None]):
                test_kill(server, acknowledged, round, kill_at)
            keys = lambda a: {key for _, key in names(a.records)}
            arrivals.wait(lambda a: keys(a) >= set(acknowledged))
            there = {o["Key"] for page in client(server).get_paginator("list_objects_v2").paginate(Bucket="stream") for o in page["Contents"]}
            assert keys(arrivals) <= there, keys(arrivals) - there  # none invented
            assert "e2e secret" not in server.logged()
    finally:
        moto.stop()
        hook.shutdown()
    print("ok")


def open_server(program, queue, hook):
    os.environ.update(AWS_ACCESS_KEY_ID="moto", AWS_SECRET_ACCESS_KEY="moto", FRESHET_S3_EVENT_TOKEN="e2e secret")
    return Freshet(program, options=["--s3-lifecycle-day", "0.5", "--s3-event-destination", f"{QUEUE}={queue}",
                                     "--s3-event-destination", f"{HOOK}={hook}"])


if __name__ == "__main__":
    main(sys.argv[1])
