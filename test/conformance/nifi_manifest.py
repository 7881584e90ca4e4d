"""Compares the program's component tables with what NiFi says of its own: nifi_manifest.py FRESHET MANIFEST...

A manifest is nifi-runtime-manifest.json of an Apache NiFi release, or a jar with it inside (org.apache.nifi:nifi-runtime-manifest).
For every component that both know it compares keys, labels, defaults, allowable values, what is required, sensitive or may hold
expressions, relationships, and how it is triggered. Prints each difference; exit status 1 when there is one that
nifi_manifest_differences.toml does not give a reason for."""
import json
import os
import subprocess
import sys
import tomllib
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
DIFFERENCES = os.path.join(HERE, "nifi_manifest_differences.toml")

# NiFi 1.x calls environment and variables together the variable registry.
SCOPES = {"VARIABLE_REGISTRY": "ENVIRONMENT"}


def read_manifest(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as jar:
            name = next(entry for entry in jar.namelist() if entry.endswith("nifi-runtime-manifest.json"))
            return json.loads(jar.read(name))
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def components_of(manifest):
    """The components of a manifest by type, with the version of their bundle."""
    found = {}
    for bundle in manifest["bundles"]:
        parts = bundle.get("componentManifest") or {}
        for kind in ("processors", "controllerServices"):
            for component in parts.get(kind) or []:
                found[component["type"]] = (bundle.get("version") or manifest.get("version") or "", component)
    return found


def our_property(ours, key, label):
    """Ours by the key, old or new; by the label where NiFi 2.7 and later have made it the key."""
    for wanted in ("name", "old_name"):
        for candidate in ours["properties"]:
            if candidate[wanted] == key:
                return candidate
    return next((candidate for candidate in ours["properties"] if candidate["name"] == label), None)


def compare_property(theirs, ours):
    """Yields (what, theirs, ours) for each way in which a property differs."""
    label = theirs.get("displayName") or theirs["name"]
    if ours["name"] != label:
        yield "label", label, ours["name"]
    if ours["name"] != theirs["name"] and ours["old_name"] != theirs["name"]:
        yield "key", theirs["name"], ours["old_name"]
    if theirs.get("defaultValue") != ours["default"]:
        yield "default", theirs.get("defaultValue"), ours["default"]
    for name in ("required", "sensitive"):
        if bool(theirs.get(name)) != ours[name]:
            yield name, bool(theirs.get(name)), ours[name]
    scope = theirs.get("expressionLanguageScope") or "NONE"
    if SCOPES.get(scope, scope) != ours["scope"]:
        yield "scope", scope, ours["scope"]
    # The values of a property that names a service are the services of an instance, none of the type's.
    if theirs.get("typeProvidedByValue") is None:
        values = {value["value"]: value.get("displayName") or value["value"] for value in theirs.get("allowableValues") or []}
        own = {value["value"]: value["label"] or value["value"] for value in ours["allowed"]}
        for value in sorted(values.keys() - own.keys()):
            yield "value missing", value, None
        for value in sorted(own.keys() - values.keys()):
            yield "value of ours", None, value
        for value in sorted(values.keys() & own.keys()):
            if values[value] != own[value]:
                yield "value label", f"{value}: {values[value]}", own[value]


def compare_component(theirs, ours):
    """Yields (property or "", what, theirs, ours)."""
    seen = set()
    for key, theirs_property in (theirs.get("propertyDescriptors") or {}).items():
        theirs_property = {"name": key, **theirs_property}
        own = our_property(ours, key, theirs_property.get("displayName"))
        if own is None:
            yield key, "missing", theirs_property.get("displayName"), None
            continue
        seen.add(own["name"])
        for what, there, here in compare_property(theirs_property, own):
            yield own["name"], what, there, here
    for own in ours["properties"]:
        if own["name"] not in seen:
            yield own["name"], "ours alone", None, own["name"]
    relationships = {relationship["name"] for relationship in theirs.get("supportedRelationships") or []}
    own = {relationship["name"] for relationship in ours["relationships"]}
    for name in sorted(relationships - own):
        yield "", "relationship missing", name, None
    for name in sorted(own - relationships):
        yield "", "relationship of ours", None, name
    for name, mine in (("supportsDynamicProperties", "dynamic"), ("supportsDynamicRelationships", "dynamic_relationships"),
                       ("triggerSerially", "serial")):
        if bool(theirs.get(name)) != ours[mine]:
            yield "", mine, bool(theirs.get(name)), ours[mine]
    if theirs.get("inputRequirement") and theirs["inputRequirement"] != ours["input"]:
        yield "", "input", theirs["inputRequirement"], ours["input"]
    period = (theirs.get("defaultSchedulingPeriodBySchedulingStrategy") or {}).get("TIMER_DRIVEN")
    if period and period != ours["default_period"]:
        yield "", "period", period, ours["default_period"]


def explains(reason, component, name, what):
    """An entry without a property or a "what" speaks of all of them."""
    return (reason["component"] == component and reason.get("property", name) == name and reason.get("what", what) == what)


def compare(tables, manifest, reasons):
    """(lines to print, number of differences without a reason, reasons used)."""
    lines, unexplained, used = [], 0, []
    theirs = components_of(manifest)
    for ours in tables:
        if ours["type"] not in theirs:
            continue
        version, component = theirs[ours["type"]]
        short = ours["type"].rsplit(".", 1)[-1]
        for name, what, there, here in compare_component(component, ours):
            reason = next((entry for entry in reasons if explains(entry, short, name, what)), None)
            place = f"{short} {version}" + (f", '{name}'" if name else "")
            if reason is None:
                unexplained += 1
                lines.append(f"DIFFERS  {place}: {what}: NiFi {there!r}, ours {here!r}")
            else:
                used.append(reason)
                lines.append(f"known    {place}: {what}: NiFi {there!r}, ours {here!r}: {reason['why']}")
    return lines, unexplained, used


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    output = subprocess.run([sys.argv[1], "flow", "types", "--output", "json"], check=True, capture_output=True, text=True).stdout
    tables = [json.loads(line) for line in output.splitlines()]
    with open(DIFFERENCES, "rb") as file:
        reasons = tomllib.load(file)["difference"]
    unexplained, used, compared = 0, [], 0
    for path in sys.argv[2:]:
        manifest = read_manifest(path)
        compared += len({ours["type"] for ours in tables} & components_of(manifest).keys())
        lines, count, explained = compare(tables, manifest, reasons)
        print("\n".join(lines))
        unexplained += count
        used += explained
    for reason in reasons:
        if reason not in used:
            print(f"unused   {reason['component']} {reason.get('property', '')} {reason.get('what', '')}: no manifest given here differs so")
    print(f"{compared} components compared, {unexplained} differences without a reason")
    return 1 if unexplained or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
