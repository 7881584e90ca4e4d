#!/usr/bin/env python3
"""The digests of the object store on one core: the CRCs against the same by tables alone, the digests of a signed PUT together against one after
the other over the whole body.

    checksums.py PROGRAM [--json] [--megabytes 64]
"""
import json
import pathlib
import sys

from measure import Report, number, run

program, report = pathlib.Path(sys.argv[1]), Report(sys.argv)
figures = json.loads(run(program.parent / "bench" / "checksums", number("--megabytes", 64)).output)
alone, put = figures["gb_per_second"], figures["gb_per_second_md5_crc32_sha256_of_a_body"]
for name in ("crc32", "crc32c", "crc64nvme"):
    report.line(f"checksum_{name}", "GB/s", alone[name], alone[name + "_by_tables"], "by tables")
report.line("checksums_of_a_put", "GB/s", put["together"], put["one_after_the_other"], "one digest after the other")
