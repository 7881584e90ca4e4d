"""A request of about every operation, and ways to spoil it."""

import re

from soak.raw import Request


def operations(chance, bucket):
    """A request of about every kind, for spoiling."""
    b, key = b"/" + bucket.encode(), b"/" + bucket.encode() + b"/k" + str(chance.randrange(4)).encode()
    body = chance.randbytes(chance.choice((0, 1, 100, 5000)))
    documents = {
        b"versioning": b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        b"tagging": b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
        b"cors": b"<CORSConfiguration><CORSRule><AllowedOrigin>http://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>",
        b"lifecycle": b"<LifecycleConfiguration><Rule><ID>r</ID><Filter><And><Prefix>x</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter><Status>Enabled</Status><Expiration><Days>3650</Days></Expiration></Rule></LifecycleConfiguration>",
        b"encryption": b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        b"notification": b"<NotificationConfiguration></NotificationConfiguration>",
        b"ownershipControls": b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>",
        b"publicAccessBlock": b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
        b"acl": b'<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>x</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>',
        b"policy": b'{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::'
        + bucket.encode()
        + b'/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"NumericLessThan":{"s3:max-keys":"10"}}}]}',
        b"object-lock": b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
    }
    upload = b"00000000000000000000000000000001"
    yield Request(b"GET", b"/")
    yield Request(b"PUT", b, body=b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
    for name, document in documents.items():
        yield Request(b"PUT", b, [(name, b"")], body=document)
        yield Request(b"GET", b, [(name, b"")])
    for name in (b"policy", b"cors", b"lifecycle", b"tagging", b"encryption", b"ownershipControls", b"publicAccessBlock"):
        yield Request(b"DELETE", b, [(name, b"")])
    for name in (b"location", b"policyStatus", b"logging", b"website", b"requestPayment", b"accelerate", b"replication"):
        yield Request(b"GET", b, [(name, b"")])
    yield Request(
        b"GET",
        b,
        [
            (b"list-type", b"2"),
            (b"max-keys", b"10"),
            (b"prefix", b"k"),
            (b"delimiter", b"/"),
            (b"encoding-type", b"url"),
            (b"start-after", b"a"),
            (b"continuation-token", b"azA="),
        ],
    )
    yield Request(b"GET", b, [(b"marker", b"k"), (b"max-keys", b"3"), (b"delimiter", b"1")])
    yield Request(b"GET", b, [(b"versions", b""), (b"key-marker", b"k1"), (b"version-id-marker", b"null"), (b"max-keys", b"2")])
    yield Request(b"GET", b, [(b"uploads", b""), (b"key-marker", b"k1"), (b"upload-id-marker", upload), (b"max-uploads", b"2")])
    yield Request(
        b"POST",
        b,
        [(b"delete", b"")],
        body=b"<Delete><Quiet>true</Quiet><Object><Key>k1</Key><VersionId>null</VersionId></Object><Object><Key>k2</Key></Object></Delete>",
    )
    yield Request(
        b"PUT",
        key,
        headers=[
            (b"Content-Type", b"text/plain"),
            (b"x-amz-meta-a", b"b"),
            (b"x-amz-tagging", b"a=b&c=d"),
            (b"x-amz-storage-class", b"STANDARD"),
            (b"Cache-Control", b"no-cache"),
        ],
        body=body,
    )
    yield Request(
        b"PUT",
        key,
        headers=[(b"x-amz-checksum-crc32", b"AAAAAA=="), (b"x-amz-sdk-checksum-algorithm", b"CRC32"), (b"Content-MD5", b"1B2M2Y8AsgTpgAmY7PhCfg==")],
        body=b"",
    )
    yield Request(
        b"PUT",
        key,
        headers=[
            (b"x-amz-server-side-encryption", b"aws:kms"),
            (b"x-amz-server-side-encryption-aws-kms-key-id", b"orders"),
            (b"If-None-Match", b"*"),
        ],
        body=body,
    )
    yield Request(
        b"PUT",
        key,
        headers=[
            (b"x-amz-acl", b"public-read"),
            (b"x-amz-grant-read", b'id="x"'),
            (b"x-amz-object-lock-mode", b"GOVERNANCE"),
            (b"x-amz-object-lock-retain-until-date", b"2030-01-01T00:00:00Z"),
            (b"x-amz-object-lock-legal-hold", b"ON"),
        ],
        body=body,
    )
    yield Request(
        b"PUT",
        key,
        headers=[
            (b"x-amz-copy-source", key + b"?versionId=null"),
            (b"x-amz-metadata-directive", b"REPLACE"),
            (b"x-amz-copy-source-if-match", b"x"),
            (b"x-amz-tagging-directive", b"REPLACE"),
        ],
    )
    yield Request(
        b"GET",
        key,
        [(b"versionId", b"null"), (b"response-content-type", b"text/x"), (b"partNumber", b"1")],
        [(b"Range", b"bytes=0-10"), (b"If-Modified-Since", b"Mon, 01 Jan 2024 00:00:00 GMT")],
    )
    yield Request(b"HEAD", key, headers=[(b"Range", b"bytes=-5"), (b"If-None-Match", b'"x"'), (b"x-amz-checksum-mode", b"ENABLED")])
    yield Request(
        b"GET",
        key,
        [(b"attributes", b"")],
        [
            (b"x-amz-object-attributes", b"ETag,ObjectParts,Checksum,ObjectSize,StorageClass"),
            (b"x-amz-max-parts", b"2"),
            (b"x-amz-part-number-marker", b"1"),
        ],
    )
    yield Request(b"DELETE", key, [(b"versionId", b"null")])
    for name, document in (
        (b"tagging", documents[b"tagging"]),
        (b"acl", documents[b"acl"]),
        (b"retention", b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate></Retention>"),
        (b"legal-hold", b"<LegalHold><Status>OFF</Status></LegalHold>"),
    ):
        yield Request(b"PUT", key, [(name, b"")], body=document)
        yield Request(b"GET", key, [(name, b"")])
    yield Request(b"POST", key, [(b"uploads", b"")], [(b"x-amz-checksum-algorithm", b"CRC32"), (b"x-amz-checksum-type", b"FULL_OBJECT")])
    yield Request(b"PUT", key, [(b"partNumber", b"1"), (b"uploadId", upload)], body=body)
    yield Request(
        b"PUT", key, [(b"partNumber", b"1"), (b"uploadId", upload)], [(b"x-amz-copy-source", key), (b"x-amz-copy-source-range", b"bytes=0-1")]
    )
    yield Request(
        b"POST",
        key,
        [(b"uploadId", upload)],
        body=b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"x\"</ETag></Part></CompleteMultipartUpload>",
    )
    yield Request(b"GET", key, [(b"uploadId", upload), (b"max-parts", b"1"), (b"part-number-marker", b"1")])
    yield Request(b"DELETE", key, [(b"uploadId", upload)])
    yield Request(
        b"OPTIONS",
        key,
        headers=[(b"Origin", b"http://a.example"), (b"Access-Control-Request-Method", b"GET"), (b"Access-Control-Request-Headers", b"x-a, x-b")],
    )
    yield Request(
        b"POST",
        b,
        headers=[(b"Content-Type", b"multipart/form-data; boundary=xx")],
        body=b'--xx\r\nContent-Disposition: form-data; name="key"\r\n\r\nk1\r\n--xx\r\nContent-Disposition: form-data; name="policy"\r\n\r\ne30=\r\n--xx\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--xx--\r\n',
    )


ODD = [
    b"",
    b"0",
    b"-1",
    b"1",
    b"2147483648",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1e9",
    b"0x10",
    b"+5",
    b" 5",
    b"NaN",
    b"\0",
    b"\xff\xfe",
    b"%",
    b"%00",
    b"%zz",
    b"..",
    b"/",
    b"//",
    b"*",
    b"\"",
    b"'",
    b"<",
    b">",
    b"&",
    b"&amp;",
    b"&#0;",
    b"&#x110000;",
    b"&lol;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"<?xml version='1.0'?>",
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
    b"bytes=0-",
    b"bytes=5-1",
    b"bytes=18446744073709551615-",
    b"bytes=-18446744073709551616",
    b"null",
    b"a" * 300,
    b"\xc3\xa4",
    b"\xed\xa0\x80",
    b"{",
    b"}",
    b"[",
    b"\\u0000",
    b"true",
    b"9999-12-31T23:59:59Z",
    b"0000-00-00T00:00:00Z",
    b"2024-13-45",
    b"-9999999-01-01T00:00:00Z",
    b"=",
    b";",
    b",",
    b"\t",
]


def spoil(chance, data):
    """`data` with a few changes."""
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((1, 2, 8, 64)))
        data = chance.choice(
            (
                lambda: data[:at] + chance.randbytes(to - at) + data[to:],
                lambda: data[:at] + data[to:],
                lambda: data[:at] + chance.choice(ODD) + data[at:],
                lambda: data[:at] + chance.choice(ODD) + data[to:],
                lambda: data[:to] + data[at:],
                lambda: data[:at],
                lambda: re.sub(rb"\d+", lambda found: chance.choice(ODD) if chance.random() < 0.5 else found[0], data, count=2),
                lambda: re.sub(rb">[^<]*<", lambda found: b">" + chance.choice(ODD) + b"<" if chance.random() < 0.3 else found[0], data),
            )
        )()
    return data


def in_a_line(data):
    return data.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
