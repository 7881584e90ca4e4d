#!/usr/bin/env python3
"""The digests of the object store on one core: the CRCs against the same by tables alone.

    checksums.py PROGRAM [--json]
"""
import json
import pathlib
import sys

from measure import Report, run

program, report = pathlib.Path(sys.argv[1]), Report(sys.argv)
alone = json.loads(run(program.parent / "bench" / "checksums").output)["gb_per_second"]
for name in ("crc32", "crc32c", "crc64nvme"):
    report.line(f"checksum_{name}", "GB/s", alone[name], alone[name + "_by_tables"], "by tables")
