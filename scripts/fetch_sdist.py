#!/usr/bin/env python3
"""Downloads a source distribution from the package index that pip is set up to use, and checks its SHA-256.

pip itself would also build the package's metadata, which takes minutes for DuckDB and needs its build back end.
"""
import hashlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

from pip._internal.models.index import PyPI


def index_url():
    asked = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"],
                           capture_output=True, text=True, check=False)
    return (asked.stdout.strip() or PyPI.simple_url).rstrip("/") + "/"


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: fetch_sdist.py PACKAGE FILE SHA256 TARGET")
    package, file_name, expected, target = sys.argv[1:]
    page_url = urllib.parse.urljoin(index_url(), package + "/")
    page = urllib.request.urlopen(page_url, timeout=60).read().decode()
    links = [link for link in re.findall(r'href="([^"]+)"', page) if link.split("#")[0].endswith("/" + file_name)]
    if not links:
        sys.exit(f"{file_name} is not in the package index")
    data = urllib.request.urlopen(urllib.parse.urljoin(page_url, links[0].split("#")[0]), timeout=600).read()
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{file_name}: SHA-256 is {found}, pinned is {expected}")
    with open(target, "wb") as out:
        out.write(data)


main()
