"""Compares the program's component tables with what NiFi says of its own: nifi_manifest.py FRESHET MANIFEST...

A manifest is nifi-runtime-manifest.json of an Apache NiFi release, or a jar with it inside (org.apache.nifi:nifi-runtime-manifest).
For every component that both know it compares keys, labels, defaults, allowable values, what is required, sensitive or may hold
expressions, relationships, bundles, the interfaces of services, and how it is triggered. One table stands for all releases: what of
ours a release lacks is no difference when another one given here has it: give it all the releases at once. Prints each difference; exit status 1 when there is one that
nifi_manifest_differences.toml does not give a reason for."""
import fnmatch
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

# Manifests leave these out when they are false.
SAID_WHEN_TRUE = ("supportsDynamicRelationships", "triggerSerially")

# Our tables have no such column: every new processor starts with these.
SAME_FOR_ALL = {"defaultPenaltyDuration": "30 sec", "defaultYieldDuration": "1 sec", "defaultBulletinLevel": "WARN",
                "defaultSchedulingStrategy": "TIMER_DRIVEN"}

# Ours may be what another release has: a name, a value, a property, a relationship that came, went or was spelled anew.
OF_SOME_RELEASE = ("label", "value of ours", "value label", "ours alone", "relationship of ours", "bundle",
                   "service", "api of ours")


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
        own = {"group": bundle.get("group"), "artifact": bundle.get("artifact")}
        for kind in ("processors", "controllerServices"):
            for component in parts.get(kind) or []:
                version = bundle.get("version") or manifest.get("version") or ""
                found[component["type"]] = (version, {"kind": kind, **own, **component})
    return found


def component_of(components, ours):
    """(version, component) of the type itself, or of one that means the same in another release; None when there is none."""
    return next((components[name] for name in (ours["type"], *ours.get("aliases", [])) if name in components), None)


def keys_of(ours):
    return ours.get("keys") or [ours["name"], ours["old_name"]]


def our_property(ours, key, label):
    """Ours by one of the keys it is read under; by the label where NiFi 2.7 and later have made it the key."""
    named = next((candidate for candidate in ours["properties"] if candidate["name"] == key), None)
    other = next((candidate for candidate in ours["properties"] if key in keys_of(candidate)), None)
    return named or other or next((candidate for candidate in ours["properties"] if candidate["name"] == label), None)


def compare_property(theirs, ours):
    """Yields (what, theirs, ours) for each way in which a property differs."""
    label = theirs.get("displayName") or theirs["name"]
    if ours["name"] != label:
        yield "label", label, ours["name"]
    if theirs["name"] not in keys_of(ours):
        yield "key", theirs["name"], ours["old_name"]
    if bool(theirs.get("sensitive")) != ours["sensitive"]:
        yield "sensitive", bool(theirs.get("sensitive")), ours["sensitive"]
    default = theirs.get("defaultValue")
    allowed = {value["value"]: value for value in ours["allowed"]}
    if not ours.get("supported", True):
        # It must stay unset: a default is what saved flows say all the same.
        if default is not None:
            yield "default refused", default, None
        return
    if default is not None and not allowed.get(default, {}).get("supported", True):
        yield "default refused", default, default
    if default != ours["default"]:
        yield "default", default, ours["default"]
    required = bool(theirs.get("required"))
    # NiFi wants a property that depends on another only where that has such a value: the component checks it.
    if required != ours["required"] and (ours["required"] or not theirs.get("dependencies")):
        yield "required", required, ours["required"]
    scope = theirs.get("expressionLanguageScope") or "NONE"
    if SCOPES.get(scope, scope) != ours["scope"]:
        yield "scope", scope, ours["scope"]
    service = (theirs.get("typeProvidedByValue") or {}).get("type")
    if service != ours.get("service") and "service" in ours:
        yield "service", service, ours["service"]
    # The values of a property that names a service are the services of an instance, none of the type's.
    if theirs.get("typeProvidedByValue") is None:
        values = {value["value"]: value.get("displayName") or value["value"] for value in theirs.get("allowableValues") or []}
        own = {value: one["label"] or value for value, one in allowed.items()}
        for value in sorted(values.keys() - own.keys()):
            yield "value missing", value, None
        for value in sorted(own.keys() - values.keys()):
            yield "value of ours", None, value
        for value in sorted(values.keys() & own.keys()):
            if values[value] != own[value]:
                yield "value label", f"{value}: {values[value]}", own[value]


def compare_behaviour(theirs, ours):
    """Yields ("", what, theirs, ours) for what a component is beside its properties. What a manifest does not say is not compared."""
    bundle = f"{theirs['group']}:{theirs['artifact']}"
    if theirs.get("artifact") and bundle != ours.get("bundle", bundle):
        yield "", "bundle", bundle, ours["bundle"]
    if bool(theirs.get("supportsDynamicProperties")) != ours["dynamic"]:
        yield "", "dynamic", bool(theirs.get("supportsDynamicProperties")), ours["dynamic"]
    scopes = {SCOPES.get(scope, scope) for scope in (each.get("expressionLanguageScope") or "NONE" for each in theirs.get("dynamicProperties") or [])}
    if ours["dynamic"] and scopes and ours.get("dynamic_scope") not in {None, *scopes}:
        yield "", "dynamic scope", ", ".join(sorted(scopes)), ours["dynamic_scope"]
    if theirs["kind"] == "controllerServices":
        apis = {api["type"] for api in theirs.get("providedApiImplementations") or []}
        for api in sorted(set(ours.get("apis", [])) - apis if apis else []):
            yield "", "api of ours", None, api
        return
    for name, mine in (("supportsDynamicRelationships", "dynamic_relationships"), ("triggerSerially", "serial"),
                       ("triggerWhenEmpty", "when_empty"), ("supportsBatching", "batches")):
        if mine in ours and (name in theirs or name in SAID_WHEN_TRUE) and bool(theirs.get(name)) != ours[mine]:
            yield "", mine, bool(theirs.get(name)), ours[mine]
    if theirs.get("inputRequirement") and theirs["inputRequirement"] != ours["input"]:
        yield "", "input", theirs["inputRequirement"], ours["input"]
    period = (theirs.get("defaultSchedulingPeriodBySchedulingStrategy") or {}).get("TIMER_DRIVEN")
    if period and period != ours["default_period"]:
        yield "", "period", period, ours["default_period"]
    for name, mine in SAME_FOR_ALL.items():
        if theirs.get(name, mine) != mine:
            yield "", name, theirs[name], mine


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
    yield from compare_behaviour(theirs, ours)


def explains(reason, component, name, what):
    """An entry without a property or a "what" speaks of all of them; its component is a pattern as of file names."""
    return (fnmatch.fnmatchcase(component, reason["component"]) and reason.get("property", name) == name
            and reason.get("what", what) == what)


def elsewhere(difference, others):
    """The version of another release that knows the property and has it as we do; None when there is none."""
    name, what, _, here = difference
    if what not in OF_SOME_RELEASE:
        return None
    for version, differences in others:
        if not any(other[0] == name and (other[1] == "ours alone" or (other[1], other[3]) == (what, here)) for other in differences):
            return version
    return None


def compare(tables, manifests, reasons):
    """(lines to print, number of differences without a reason, reasons used)."""
    lines, unexplained, used = [], 0, []
    known = [components_of(manifest) for manifest in manifests]
    for ours in tables:
        found = [each for each in (component_of(components, ours) for components in known) if each is not None]
        releases = [(version, list(compare_component(component, ours))) for version, component in found]
        short = ours["type"].rsplit(".", 1)[-1]
        for index, (version, differences) in enumerate(releases):
            for name, what, there, here in differences:
                place = f"{short} {version}" + (f", '{name}'" if name else "")
                line = f"{place}: {what}: NiFi {there!r}, ours {here!r}"
                other = elsewhere((name, what, there, here), releases[:index] + releases[index + 1:])
                reason = next((entry for entry in reasons if explains(entry, short, name, what)), None)
                if other is not None:
                    lines.append(f"other    {line}: as in NiFi {other}")
                elif reason is not None:
                    used.append(reason)
                    lines.append(f"known    {line}: {reason['why']}")
                else:
                    unexplained += 1
                    lines.append(f"DIFFERS  {line}")
    return lines, unexplained, used


def summary(tables, manifests):
    """Lines that say how many components of each release were compared, and which of ours it does not have."""
    for manifest in manifests:
        components = components_of(manifest)
        versions = sorted({version for version, _ in components.values()})
        absent = [ours["type"].rsplit(".", 1)[-1] for ours in tables if component_of(components, ours) is None]
        yield (f"NiFi {', '.join(versions)}: {len(tables) - len(absent)} of {len(tables)} components compared"
               + (f"; not there: {', '.join(absent)}" if absent else ""))


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    output = subprocess.run([sys.argv[1], "flow", "types", "--output", "json"], check=True, capture_output=True, text=True).stdout
    tables = [json.loads(line) for line in output.splitlines()]
    with open(DIFFERENCES, "rb") as file:
        reasons = tomllib.load(file)["difference"]
    manifests = [read_manifest(path) for path in sys.argv[2:]]
    lines, unexplained, used = compare(tables, manifests, reasons)
    for line in lines:
        print(line)
    for reason in reasons:
        if reason not in used:
            print(f"unused   {reason['component']} {reason.get('property', '')} {reason.get('what', '')}: no manifest given here differs so")
    for line in summary(tables, manifests):
        print(line)
    compared = sum(component_of(components_of(manifest), ours) is not None for manifest in manifests for ours in tables)
    print(f"{compared} components compared, {unexplained} differences without a reason")
    return 1 if unexplained or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
