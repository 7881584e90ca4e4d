#!/usr/bin/env python3
"""Compares every #include "room/..." below src/ with the USES list of the room that it stands in."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "src"
rooms = {path.parent.name: path for path in root.glob("*/CMakeLists.txt")}
uses = {}
for name, path in rooms.items():
    call = re.search(r"room\(\s*%s\b(.*?)\n\)" % name, path.read_text(), re.S)
    if not call:
        sys.exit(f"{path}: no room({name} ...) that ends in a line of its own")
    words = call.group(1).split()
    keyword, listed = None, []
    for word in words:
        if word in ("SOURCES", "TESTS", "USES", "LINKS"):
            keyword = word
        elif keyword == "USES":
            listed.append(word)
    uses[name] = set(listed)

problems = []
for name in sorted(rooms):
    for path in sorted(root.joinpath(name).rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([a-z_]+)/', line)
            if found and found.group(1) in rooms and found.group(1) not in uses[name] | {name}:
                problems.append(f"{path}:{number}: {name}/ does not declare USES {found.group(1)}")
            if "duckdb.h" in line and "#include" in line and name != "engine":
                problems.append(f"{path}:{number}: only engine/ includes duckdb.h")

order, placed = [], set()
while len(placed) < len(uses):
    ready = sorted(name for name in uses if name not in placed and uses[name] <= placed)
    if not ready:
        problems.append("the rooms form a cycle: " + ", ".join(sorted(set(uses) - placed)))
        break
    order += ready
    placed |= set(ready)

print("\n".join(problems) if problems else f"{len(rooms)} rooms, lowest first: {' '.join(order)}")
sys.exit(1 if problems else 0)
