"""Clients that know what the server must hold. Each has keys of its own and one request at a time, so that what was acknowledged is known exactly; of a
request whose answer was lost because the server was killed, both outcomes are right."""

import collections
import contextlib
import hashlib
import http.client
import random
import urllib.parse

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError as NoConnection, HTTPClientError, IncompleteReadError, ResponseStreamingError

from soak.actor import Actor

LOST = (NoConnection, HTTPClientError, IncompleteReadError, ResponseStreamingError, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
PART_BYTES_MIN = 5 << 20


def client_of(soak, endpoint, url=None):
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 0}, read_timeout=300, max_pool_connections=1)
    s3 = boto3.client(
        "s3",
        endpoint_url=url or endpoint.url,
        region_name="us-east-1",
        aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key,
        config=config,
        verify=False,
    )
    s3.meta.events.register("after-call.s3", lambda http_response, model, **_: soak.answered(http_response.status_code, model.name))
    return s3


class Stored:
    """An object: bytes by their seed, and what else a reader must find."""

    def __init__(self, seed, size, metadata=None, parts=()):
        self.seed, self.size, self.metadata, self.parts = seed, size, metadata or {}, list(parts)
        self.tags, self.etag = {}, None

    def bytes(self):
        return random.Random(self.seed).randbytes(self.size)

    def hash(self, bytes_):
        """Of the object as it was written: a part's digests together when it came in parts."""
        if not self.parts:
            self.etag = hashlib.md5(bytes_).hexdigest()
            return
        digests, at = b"", 0
        for size in self.parts:
            digests += hashlib.md5(bytes_[at : at + size]).digest()
            at += size
        self.etag = f"{hashlib.md5(digests).hexdigest()}-{len(self.parts)}"


def any_size(chance):
    """Around the sizes at which the store changes its ways, mostly small."""
    around = chance.choice((0, 1, 512, 4096, 16 << 10, 64 << 10, 512 << 10, 1 << 20))
    if chance.random() < 0.03:
        around = chance.randrange(20 << 20)
    return max(0, around + chance.randrange(-2, 3))


class ModelActor(Actor):
    """What every client with a model does around its operations."""

    bucket = ""
    generation = None  # the start of the server that it speaks to

    def prepare(self):
        self.generation = self.soak.generation
        self.s3 = client_of(self.soak, self.soak.endpoint, self.url())
        with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(Bucket=self.bucket)

    def url(self):
        return None

    def step(self):
        try:
            if self.generation != self.soak.generation:
                self.prepare()
                self.verify()
            self.operate()
        except LOST as error:
            self.soak.await_restart(self.generation, error)

    def run_to_the_end(self):
        super().run_to_the_end()
        self.verify_at_last()

    def verify_at_last(self):
        """When the server is killed no more."""
        self.prepare()
        self.verify()

    def must(self, right, what, **details):
        if not right:
            self.soak.defect(f"{self.name}: {what}", ", ".join(f"{name}={value!r}" for name, value in details.items())[:2000])


class PlainBucket(ModelActor):
    """A bucket without versions; over TLS for every other of them."""

    KEYS = 40

    def __init__(self, soak, number):
        super().__init__(soak, f"plain-{number}")
        self.bucket, self.over_tls = f"model-plain-{number}", number % 2 == 1
        self.objects = collections.defaultdict(lambda: [None])  # key -> what may be there: one thing, but for lost answers

    def url(self):
        return "https://" + self.soak.endpoint.tls_authority if self.over_tls else None

    def operate(self):
        operations = [
            (12, self.put),
            (12, self.get),
            (6, self.get_range),
            (3, self.head),
            (4, self.copy),
            (3, self.multipart),
            (2, self.abort),
            (5, self.list),
            (4, self.delete),
            (1, self.delete_many),
            (2, self.tag),
            (3, self.put_on_condition),
            (3, self.get_on_condition),
            (2, self.presigned),
        ]
        self.chance.choices([operation for _, operation in operations], [weight for weight, _ in operations])[0]()

    # The model.

    @contextlib.contextmanager
    def changing(self, changes):
        for key, stored in changes.items():
            self.objects[key] = [*self.objects[key], stored]
        yield
        for key, stored in changes.items():
            self.objects[key] = [stored]

    def any_key(self):
        number = self.chance.randrange(self.KEYS)
        return f"{number % 3}/{'ä+ %&?#=' if number % 5 == 0 else 'k'}{number:03}"

    def present(self):
        return sorted(key for key, may in self.objects.items() if may[-1] is not None)

    def one_that_is_there(self):
        there = self.present()
        return self.chance.choice(there) if there else None

    def new_object(self, size=None, parts=()):
        metadata = {"n": str(self.chance.randrange(1000))} if self.chance.random() < 0.3 else {}
        stored = Stored(self.chance.getrandbits(48), any_size(self.chance) if size is None else size, metadata, parts)
        body = stored.bytes()
        stored.hash(body)
        return stored, body

    def check_read(self, key, stored, answer, body):
        self.must(body == stored.bytes(), "other bytes than were put", key=key, size=stored.size, came=len(body), seed=stored.seed)
        self.must(stored.etag is None or answer["ETag"].strip('"') == stored.etag, "another ETag", key=key, came=answer["ETag"], wanted=stored.etag)
        self.must(answer["Metadata"] == stored.metadata, "other metadata", key=key, came=answer["Metadata"], wanted=stored.metadata)

    def read(self, key, **options):
        """(answer, bytes), or (None, None) when there is no such key."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=key, **options)
        except self.s3.exceptions.NoSuchKey:
            return None, None
        return answer, answer["Body"].read()

    def verify(self):
        """Everything, and settles what was open."""
        listed = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            listed.update({entry["Key"]: entry for entry in page.get("Contents", [])})
        for key in sorted(set(listed) | set(self.objects)):
            may = self.objects[key]
            answer, body = self.read(key)
            found = [stored for stored in may if (stored is None) == (body is None) and (stored is None or stored.bytes() == body)]
            self.must(
                found,
                "what was acknowledged is not there",
                key=key,
                may=[stored and (stored.seed, stored.size) for stored in may],
                came=None if body is None else len(body),
            )
            self.must((key in listed) == (body is not None), "the listing does not agree with GET", key=key)
            if found:
                self.objects[key] = [found[-1]]
                if answer and len(may) == 1:
                    self.check_read(key, found[-1], answer, body)
        for upload in self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []):
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    # The operations.

    def put(self):
        key = self.any_key()
        stored, body = self.new_object()
        options = {"ServerSideEncryption": "AES256"} if self.chance.random() < 0.2 else {}
        with self.changing({key: stored}):
            answer = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=stored.metadata, **options)
        self.must(answer["ETag"].strip('"') == stored.etag, "a PUT answers with another ETag", key=key, came=answer["ETag"])

    def get(self):
        key = self.any_key()
        stored = self.objects[key][-1]
        answer, body = self.read(key)
        self.must((answer is None) == (stored is None), "a key is there or not, unlike the model", key=key)
        if answer and stored:
            self.check_read(key, stored, answer, body)

    def get_range(self):
        key = self.one_that_is_there()
        if key is None or (stored := self.objects[key][-1]).size == 0:
            return
        first = self.chance.randrange(stored.size)
        last = min(stored.size - 1, first + self.chance.choice((0, 1, 4096, 70_000, 10 << 20)))
        answer, body = self.read(key, Range=f"bytes={first}-{last}")
        self.must(answer is not None and body == stored.bytes()[first : last + 1], "a range has other bytes", key=key, first=first, last=last)

    def head(self):
        key = self.one_that_is_there()
        if key is not None:
            answer = self.s3.head_object(Bucket=self.bucket, Key=key)
            self.must(answer["ContentLength"] == self.objects[key][-1].size, "HEAD tells another length", key=key, came=answer["ContentLength"])

    def copy(self):
        source, key = self.one_that_is_there(), self.any_key()
        if source is None or source == key:
            return
        old = self.objects[source][-1]
        stored = Stored(old.seed, old.size, old.metadata)
        stored.tags = dict(old.tags)
        with self.changing({key: stored}):
            answer = self.s3.copy_object(Bucket=self.bucket, Key=key, CopySource={"Bucket": self.bucket, "Key": source})
        stored.etag = answer["CopyObjectResult"]["ETag"].strip('"')

    def multipart(self):
        key = self.any_key()
        sizes = [PART_BYTES_MIN + self.chance.randrange(3)] * self.chance.randrange(1, 3) + [self.chance.randrange(1, 100_000)]
        stored, body = self.new_object(sum(sizes), sizes)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, Metadata=stored.metadata)["UploadId"]
        etags, order = {}, list(range(len(sizes)))
        self.chance.shuffle(order)
        for n in order:
            begin = sum(sizes[:n])
            piece = dict(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=n + 1)
            if self.chance.random() < 0.2:  # replaced by the right one
                self.s3.upload_part(**piece, Body=b"wrong")
            etags[n] = self.s3.upload_part(**piece, Body=body[begin : begin + sizes[n]])["ETag"]
        with self.changing({key: stored}):
            answer = self.s3.complete_multipart_upload(
                Bucket=self.bucket,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": [{"PartNumber": n + 1, "ETag": etags[n]} for n in range(len(sizes))]},
            )
        self.must(answer["ETag"].strip('"') == stored.etag, "an upload has another ETag", key=key, came=answer["ETag"], wanted=stored.etag)

    def abort(self):
        key = self.any_key()
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=self.chance.randrange(1, 10_001), Body=b"gone")
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
        left = [entry["UploadId"] for entry in self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])]
        self.must(upload not in left, "an aborted upload is still there", key=key)

    def list(self):
        prefix = self.chance.choice(("", "", "0/", "1/", "2/k0", "nothing"))
        listed, options = [], dict(Bucket=self.bucket, Prefix=prefix, MaxKeys=self.chance.randrange(1, 50))
        while True:
            page = self.s3.list_objects_v2(**options)
            listed += [(entry["Key"], entry["Size"]) for entry in page.get("Contents", [])]
            if not page["IsTruncated"]:
                break
            options["ContinuationToken"] = page["NextContinuationToken"]
        wanted = [(key, self.objects[key][-1].size) for key in sorted(self.present(), key=str.encode) if key.startswith(prefix)]
        self.must(listed == wanted, "a listing differs from the model", prefix=prefix, more=set(listed) - set(wanted), less=set(wanted) - set(listed))
        tops = self.s3.list_objects_v2(Bucket=self.bucket, Delimiter="/")
        self.must(
            [entry["Prefix"] for entry in tops.get("CommonPrefixes", [])] == sorted({key[:2] for key in self.present()}),
            "common prefixes differ",
            came=tops.get("CommonPrefixes"),
        )

    def delete(self):
        key = self.any_key()
        with self.changing({key: None}):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def delete_many(self):
        keys = {self.any_key() for _ in range(self.chance.randrange(1, 15))}
        with self.changing(dict.fromkeys(keys)):
            answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in sorted(keys)]})
        self.must({entry["Key"] for entry in answer.get("Deleted", [])} == keys, "not all were deleted", answer=answer)

    def tag(self):
        key = self.one_that_is_there()
        if key is None:
            return
        tags = {f"t{n}": str(self.chance.randrange(100)) for n in range(self.chance.randrange(4))}
        self.s3.put_object_tagging(Bucket=self.bucket, Key=key, Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]})
        came = {tag["Key"]: tag["Value"] for tag in self.s3.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]}
        self.must(came == tags, "other tags than were put", key=key, came=came, wanted=tags)

    def put_on_condition(self):
        key = self.any_key()
        before = self.objects[key][-1]
        stored, body = self.new_object(self.chance.randrange(5000))
        condition, wanted = self.chance.choice(
            (({"IfNoneMatch": "*"}, before is None), ({"IfMatch": before.etag if before and before.etag else "0" * 32}, bool(before and before.etag)))
        )
        try:
            with self.changing({key: stored}):
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=stored.metadata, **condition)
            self.must(wanted, "a PUT was taken against its condition", key=key, condition=condition)
        except ClientError as error:
            self.objects[key] = [before]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            self.must(not wanted and status in (404, 412), "a PUT was refused though its condition held", key=key, condition=condition, error=error)

    def get_on_condition(self):
        key = self.one_that_is_there()
        if key is None or (stored := self.objects[key][-1]).etag is None:
            return
        right = self.chance.random() < 0.5
        try:
            answer, body = self.read(key, IfMatch=stored.etag if right else "0" * 32)
            self.must(right, "If-Match of another ETag was answered", key=key)
            self.check_read(key, stored, answer, body)
        except ClientError as error:
            self.must(not right and error.response["ResponseMetadata"]["HTTPStatusCode"] == 412, "If-Match failed", key=key, error=error)

    def presigned(self):
        key = self.any_key()
        stored, body = self.new_object(self.chance.randrange(100_000))
        stored.metadata = {}
        with self.changing({key: stored}):
            status, _ = self.send("PUT", self.s3.generate_presigned_url("put_object", {"Bucket": self.bucket, "Key": key}), body)
            if status != 200:
                raise AssertionError(f"a presigned PUT was answered with {status}")
        status, came = self.send("GET", self.s3.generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": key}))
        self.must((status, came) == (200, body), "a presigned GET has other bytes", key=key, status=status)

    def send(self, method, url, body=None):
        parts = urllib.parse.urlsplit(url)
        connect = self.soak.https_connection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.netloc, timeout=300)
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body)
            answer = connection.getresponse()
            self.soak.answered(answer.status, f"presigned {method}")
            return answer.status, answer.read()
        finally:
            connection.close()


class VersionedBucket(ModelActor):
    """A bucket that keeps versions: the history of each key."""

    KEYS = 8
    UNKNOWN = "?"  # the version that a lost answer would have named

    def __init__(self, soak, number):
        super().__init__(soak, f"versions-{number}")
        self.bucket = f"model-versions-{number}"
        self.histories = collections.defaultdict(list)  # key -> (version id, Stored or None for a delete marker), newest first
        self.open = {}  # key -> the history that it has if the lost request was carried out

    def prepare(self):
        super().prepare()
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def operate(self):
        self.chance.choice(
            (self.put, self.put, self.delete, self.get, self.get, self.get_version, self.delete_version, self.verify_listing, self.copy)
        )()

    def any_key(self):
        return f"v{self.chance.randrange(self.KEYS)}"

    def change(self, key, after, call):
        """`after`: the history with UNKNOWN where the answer will name the version."""
        self.open[key] = after
        answer = call()
        version = answer.get("VersionId")
        self.histories[key] = [(version if name == self.UNKNOWN else name, stored) for name, stored in after]
        del self.open[key]

    def put(self):
        key, stored = self.any_key(), Stored(self.chance.getrandbits(48), min(any_size(self.chance), 1 << 20))
        body = stored.bytes()
        self.change(key, [(self.UNKNOWN, stored), *self.histories[key]], lambda: self.s3.put_object(Bucket=self.bucket, Key=key, Body=body))

    def delete(self):
        key = self.any_key()
        self.change(key, [(self.UNKNOWN, None), *self.histories[key]], lambda: self.s3.delete_object(Bucket=self.bucket, Key=key))

    def copy(self):
        source, key = self.any_key(), self.any_key()
        versions = [(version, stored) for version, stored in self.histories[source] if stored]
        if versions:
            version, stored = self.chance.choice(versions)
            where = {"Bucket": self.bucket, "Key": source, "VersionId": version}
            self.change(
                key, [(self.UNKNOWN, stored), *self.histories[key]], lambda: self.s3.copy_object(Bucket=self.bucket, Key=key, CopySource=where)
            )

    def delete_version(self):
        key = self.any_key()
        if self.histories[key]:
            version, _ = self.chance.choice(self.histories[key])
            left = [entry for entry in self.histories[key] if entry[0] != version]
            self.change(key, left, lambda: self.s3.delete_object(Bucket=self.bucket, Key=key, VersionId=version))

    def get(self):
        key = self.any_key()
        newest = self.histories[key][0][1] if self.histories[key] else None
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            body = None
        self.must(body == (newest and newest.bytes()), "the current version is another one", key=key)

    def get_version(self):
        key = self.any_key()
        if self.histories[key]:
            self.check_version(key, *self.chance.choice(self.histories[key]))

    def check_version(self, key, version, stored):
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"].read()
            self.must(stored is not None and body == stored.bytes(), "a version has other bytes", key=key, version=version)
        except ClientError as error:
            self.must(
                stored is None and error.response["ResponseMetadata"]["HTTPStatusCode"] == 405,
                "a version is gone",
                key=key,
                version=version,
                error=error,
            )

    def listed(self):
        histories = collections.defaultdict(list)
        options = dict(Bucket=self.bucket, MaxKeys=self.chance.randrange(1, 60))
        for page in self.s3.get_paginator("list_object_versions").paginate(**options):
            entries = [(entry, True) for entry in page.get("Versions", [])] + [(entry, False) for entry in page.get("DeleteMarkers", [])]
            for entry, is_object in entries:
                histories[entry["Key"]].append((entry["LastModified"], entry["VersionId"], is_object))
        return histories

    def verify_listing(self):
        listed = self.listed()
        for key in sorted(set(listed) | set(self.histories)):
            came = {(version, is_object) for _, version, is_object in listed.get(key, [])}
            wanted = {(version, stored is not None) for version, stored in self.histories[key]}
            self.must(
                came == wanted and len(listed.get(key, [])) == len(came),
                "the versions differ from the model",
                key=key,
                more=came - wanted,
                less=wanted - came,
            )

    def verify(self):
        listed = self.listed()
        for key, after in self.open.items():
            came = {version for _, version, _ in listed.get(key, [])}
            known = {version for version, _ in self.histories[key]}
            fresh = came - known
            if fresh and any(version == self.UNKNOWN for version, _ in after):
                self.histories[key] = [(fresh.pop() if version == self.UNKNOWN else version, stored) for version, stored in after]
            elif came == {version for version, _ in after}:
                self.histories[key] = after
        self.open.clear()
        self.verify_listing()
        for key, history in sorted(self.histories.items()):
            for version, stored in history:
                self.check_version(key, version, stored)


class Pipe(ModelActor):
    """Files of rows for a pipe, which loads each of them once, whatever happens to the server."""

    bucket = "model-pipe"

    def __init__(self, soak):
        super().__init__(soak, "pipe")
        self.files, self.open, self.made = {}, {}, 0  # name -> rows

    def prepare(self):
        super().prepare()
        if not self.made:
            self.soak.server.sql(
                "CREATE DATABASE IF NOT EXISTS soak",
                "USE SCHEMA soak.public",
                "CREATE OR REPLACE TABLE rows_in (file NUMBER, n NUMBER)",
                f"CREATE OR REPLACE STAGE files URL = 's3://{self.bucket}/in/'",
                "CREATE OR REPLACE PIPE loader AUTO_INGEST = TRUE AS COPY INTO rows_in FROM @files FILE_FORMAT = (TYPE = CSV)",
            )

    def operate(self):
        rows, number = self.chance.choice((1, 10, 1000)), self.made
        self.made += 1
        name = f"in/{number:06}.csv"
        self.open[name] = rows
        self.s3.put_object(Bucket=self.bucket, Key=name, Body="".join(f"{number},{n}\n" for n in range(rows)).encode())
        self.files[name] = self.open.pop(name)
        self.soak.stopping.wait(0.05)  # files arrive, they do not flood

    def verify(self):
        for name, rows in list(self.open.items()):
            with contextlib.suppress(ClientError):
                self.s3.head_object(Bucket=self.bucket, Key=name)
                self.files[name] = rows
            del self.open[name]

    def verify_at_last(self):
        super().verify_at_last()
        wanted = [len(self.files), sum(self.files.values())]
        count = "SELECT COUNT(DISTINCT file), COUNT(*) FROM soak.public.rows_in"
        came, before, seconds_idle = None, None, 0
        while came != wanted and seconds_idle < 60:
            (came,) = self.soak.server.sql("SELECT SYSTEM$WAIT(1, 'seconds')", count)[1]
            seconds_idle = seconds_idle + 1 if came == before else 0
            before = came
        self.must(came == wanted, "the pipe's table has other rows than the files", came=came, wanted=wanted)
