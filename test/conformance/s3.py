"""Runs a checkout of Ceph's s3-tests against the program: s3.py FRESHET CHECKOUT [--lifecycle] [PYTEST ARGUMENT..]

Starts a server on an empty directory with three users, runs test_s3.py and test_headers.py, prints passed and failed by group, and
each failure that s3_expected.txt does not explain. Exit status 1 when there is one. --lifecycle adds the cases that wait for rules
to act (minutes of sleep)."""
import collections
import os
import re
import secrets
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from freshet import Freshet  # noqa: E402

USERS = {"s3 main": "main", "s3 alt": "alt", "s3 tenant": "tenant", "iam": "iam", "iam root": "iamroot", "iam alt root": "iamaltroot"}

# Cases by what their names say, in this order.
GROUPS = [
    ("bucket logging", r"logging"),
    ("storage class transitions", r"cloud|transition|restore"),
    ("encryption of copies", r"copy_enc|copy_part_enc"),
    ("SSE-KMS", r"sse_kms"),
    ("SSE-S3 and bucket encryption", r"sse_s3|bucket_encryption"),
    ("SSE-C", r"sse_c|encrypt"),
    ("lifecycle behaviour", r"lifecycle_(expiration|noncur_|deletemarker_exp|multipart_exp|cloud|plain)"),
    ("lifecycle configuration", r"lifecycle"),
    ("object lock", r"object_lock|retention|legal_hold"),
    ("POST object", r"post_object"),
    ("public access block", r"public_block|block_public|ignore_public|restrict_public|policy_status|public_access"),
    ("ownership", r"ownership|owner_enforced|owner_preferred|object_writer"),
    ("CORS", r"cors"),
    ("conditional delete", r"delete_.*if_match"),
    ("conditional write", r"put_.*if|multipart_put.*if|if_none_match|if_match"),
    ("bucket policy", r"policy"),
    ("tagging", r"tagging|tags|obj_tag"),
    ("attributes", r"attributes"),
    ("checksum", r"checksum|cksum"),
    ("versioning", r"version|delete_marker"),
    ("multipart", r"multipart|upload_part"),
    ("ACL", r"acl|access_bucket|grant|object_anon|bucket_permission|anon_put"),
    ("listing", r"bucket_list|list_objects|basic_key_count|bucketv2"),
    ("100-continue", r"100_continue"),
    ("copy", r"copy"),
    ("range", r"ranged"),
    ("atomic", r"atomic"),
    ("raw and presigned", r"raw|presigned|x_amz_expires"),
    ("conditional get", r"if(match|none|mod|unmod|nonmatch)"),
    ("buckets", r"bucket"),
    ("object basics", r""),
]


def group_of(name):
    return next(group for group, pattern in GROUPS if re.search(pattern, name))


def expected_failures():
    with open(os.path.join(HERE, "s3_expected.txt"), encoding="utf-8") as lines:
        pairs = [line.rstrip("\n").split("  ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return {name: reason.strip() for name, reason in pairs}


def configuration(server):
    port = server.env["AWS_ENDPOINT_URL_S3"].rsplit(":", 1)[1]
    text = f"[DEFAULT]\nhost = 127.0.0.1\nport = {port}\nis_secure = False\nssl_verify = False\n"
    text += "[fixtures]\nbucket prefix = freshet-{random}-\niam name prefix = s3-tests-\niam path prefix = /s3-tests/\n"
    for section, user in USERS.items():
        key, secret = "KEY" + secrets.token_hex(8).upper(), secrets.token_hex(20)
        server.run("s3", "user", "add", f"{user} tester", "--id", user, "--email", f"{user}@example.com", "--access-key", key,
                   "--secret-key", secret)
        text += (f"[{section}]\ndisplay_name = {user} tester\nuser_id = {user}\nemail = {user}@example.com\naccess_key = {key}\n"
                 f"secret_key = {secret}\napi_name = default\ntenant = other\nlc_debug_interval = 10\n")
    return text


def run_suite(server, checkout, arguments):
    with_lifecycle = "--lifecycle" in arguments
    arguments = [argument for argument in arguments if argument != "--lifecycle"]
    left_out = ["bucket_logging", "lifecycle_transition", "cloud_transition", "cloud_restore"]
    left_out += [] if with_lifecycle else ["lifecycle_expiration"]
    config, report = (os.path.join(server.directory.name, name) for name in ("s3tests.conf", "report.xml"))
    with open(config, "w", encoding="utf-8") as file:
        file.write(configuration(server))
    environment = dict(os.environ, S3TEST_CONF=config, AWS_DEFAULT_REGION="us-east-1", AWS_MAX_ATTEMPTS="1", AWS_RETRY_MODE="standard")
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=300", "--tb=line", f"--junitxml={report}",
                    "s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py",
                    "-m", " and ".join(f"not {marker}" for marker in left_out), *arguments], cwd=checkout, env=environment, check=False)
    return ElementTree.parse(report).getroot().iter("testcase")


def main():
    program, checkout, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    if not os.path.exists(os.path.join(checkout, "s3tests", "functional", "test_s3.py")):
        sys.exit(f"not a checkout of s3-tests: {checkout} (git clone https://github.com/ceph/s3-tests)")
    options = ("--s3-access-lists", "--s3-old-form-signatures", "--s3-customer-keys-in-the-clear", "--s3-lifecycle-day", "10")
    expected = expected_failures()
    passed, failed, surprises = collections.Counter(), collections.defaultdict(list), []
    with Freshet(program, options=options) as server:
        for case in run_suite(server, checkout, arguments):
            name = case.get("name")
            if case.find("skipped") is not None:
                continue
            if case.find("failure") is None and case.find("error") is None:
                passed[group_of(name)] += 1
            else:
                failed[group_of(name)].append(name)
                if name not in expected:
                    surprises.append(name)
    print(f"\n{'group':32} passed  failed")
    for group, _ in GROUPS:
        if passed[group] or failed[group]:
            print(f"{group:32} {passed[group]:6}  {len(failed[group]):6}")
            for name in sorted(failed[group]):
                print(f"    {name}: {expected.get(name, 'UNEXPECTED')}")
    print(f"{'all':32} {sum(passed.values()):6}  {sum(map(len, failed.values())):6}")
    if surprises:
        sys.exit(f"{len(surprises)} unexpected failures")


main()
