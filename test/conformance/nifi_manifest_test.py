"""The comparison itself, on made-up tables: every kind of difference is found, and one with a reason does not fail. And the tables that
the program prints: nifi_manifest_test.py FRESHET."""
import fnmatch
import json
import pathlib
import subprocess
import sys
import tomllib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import nifi_manifest  # noqa: E402

TYPE = "org.example.Copy"


def ours(**changes):
    table = {"type": TYPE, "bundle": "org.example:copy-nar", "input": "INPUT_REQUIRED", "serial": False, "batches": False,
             "when_empty": False, "dynamic": False, "dynamic_relationships": False, "default_period": "0 sec", "aliases": [],
             "apis": [], "relationships": [{"name": "success"}],
             "properties": [{"name": "Log Level", "old_name": "log-level", "default": "info", "required": True, "sensitive": False,
                             "scope": "ENVIRONMENT", "allowed": [{"value": "info", "label": ""}, {"value": "warn", "label": "Warning"}]}]}
    table["properties"][0].update(changes.pop("property", {}))
    return {**table, **changes}


def manifest(version="1.0", kind="processors", **changes):
    descriptor = {"name": "log-level", "displayName": "Log Level", "defaultValue": "info", "required": True,
                  "expressionLanguageScope": "VARIABLE_REGISTRY",
                  "allowableValues": [{"value": "info", "displayName": "info"}, {"value": "warn", "displayName": "Warning"}]}
    descriptor.update(changes.pop("property", {}))
    component = {"type": TYPE, "propertyDescriptors": {descriptor["name"]: descriptor}, "inputRequirement": "INPUT_REQUIRED",
                 "supportedRelationships": [{"name": "success"}], **changes}
    return {"bundles": [{"group": "org.example", "artifact": "copy-nar", "version": version,
                         "componentManifest": {kind: [component]}}]}


class CompareTest(unittest.TestCase):
    def differences(self, table, there, reasons=()):
        there = there if isinstance(there, list) else [there]
        lines, unexplained, _ = nifi_manifest.compare([table], there, list(reasons))
        return lines, unexplained

    def test_finds_nothing_where_nothing_differs(self):
        self.assertEqual(self.differences(ours(), manifest()), ([], 0))
        self.assertEqual(self.differences(ours(type="org.example.Other"), manifest()), ([], 0))
        self.assertEqual(self.differences(ours(type="org.example.Other", aliases=[TYPE]), manifest()), ([], 0))

    def test_finds_each_kind(self):
        named = {"service": "org.example.Pool"}
        for table, there, what in [
                (ours(property={"default": "warn"}), manifest(), "default"),
                (ours(property={"supported": False}), manifest(), "default refused"),
                (ours(property={"allowed": [{"value": "info", "label": "", "supported": False}, {"value": "warn", "label": "Warning"}]}),
                 manifest(), "default refused"),
                (ours(property={"required": False}), manifest(), "required"),
                (ours(), manifest(property={"required": False, "dependencies": [{"propertyName": "other"}]}), "required"),
                (ours(property={"sensitive": True}), manifest(), "sensitive"),
                (ours(property={"scope": "NONE"}), manifest(), "scope"),
                (ours(property={"name": "Level"}), manifest(), "label"),
                (ours(property={"old_name": "level"}), manifest(), "key"),
                (ours(property={"allowed": [{"value": "info", "label": ""}]}), manifest(), "value missing"),
                (ours(), manifest(property={"allowableValues": [{"value": "info"}]}), "value of ours"),
                (ours(property={"allowed": [{"value": "info", "label": ""}, {"value": "warn", "label": ""}]}), manifest(), "value label"),
                (ours(property=named), manifest(property={"typeProvidedByValue": {"type": "org.example.Lake"}}), "service"),
                (ours(properties=[]), manifest(), "missing"),
                (ours(), manifest(propertyDescriptors={}), "ours alone"),
                (ours(relationships=[]), manifest(), "relationship missing"),
                (ours(), manifest(supportedRelationships=[]), "relationship of ours"),
                (ours(bundle="org.example:other-nar"), manifest(), "bundle"),
                (ours(serial=True), manifest(), "serial"),
                (ours(), manifest(supportsBatching=True), "batches"),
                (ours(when_empty=True), manifest(triggerWhenEmpty=False), "when_empty"),
                (ours(dynamic=True), manifest(), "dynamic"),
                (ours(dynamic=True, dynamic_scope="FLOWFILE_ATTRIBUTES"),
                 manifest(supportsDynamicProperties=True, dynamicProperties=[{"name": "any", "expressionLanguageScope": "NONE"}]),
                 "dynamic scope"),
                (ours(input="INPUT_FORBIDDEN"), manifest(), "input"),
                (ours(), manifest(defaultPenaltyDuration="5 sec"), "defaultPenaltyDuration"),
                (ours(), manifest(defaultSchedulingPeriodBySchedulingStrategy={"TIMER_DRIVEN": "1 min"}), "period"),
                (ours(apis=["org.example.Pool"]),
                 manifest(kind="controllerServices", providedApiImplementations=[{"type": "org.example.Lake"}]), "api of ours")]:
            lines, unexplained = self.differences(table, there)
            self.assertEqual(unexplained, 1, f"{what}: {lines}")
            self.assertIn(f": {what}: ", lines[0])

    def test_what_is_wanted_with_another_property_only_may_be_optional_here(self):
        depends = manifest(property={"dependencies": [{"propertyName": "other"}]})
        self.assertEqual(self.differences(ours(property={"required": False}), depends), ([], 0))

    def test_a_property_may_be_read_under_more_keys(self):
        between = manifest(property={"name": "level of log"})
        self.assertGreater(self.differences(ours(property={"name": "Level"}), between)[1], 0)
        table = ours(property={"keys": ["Log Level", "log-level", "level of log"]})
        self.assertEqual(self.differences(table, between), ([], 0))

    def test_what_another_release_has_is_no_difference(self):
        older, newer = manifest(), manifest(version="2.0", property={"name": "Level", "displayName": "Level"})
        table = ours(property={"name": "Level", "old_name": "log-level"})
        lines, unexplained = self.differences(table, [older, newer])
        self.assertEqual(unexplained, 0)
        self.assertEqual(lines, ["other    Copy 1.0, 'Level': label: NiFi 'Log Level', ours 'Level': as in NiFi 2.0"])
        self.assertEqual(self.differences(table, older)[1], 1)
        gone = manifest(version="2.0", propertyDescriptors={})
        self.assertEqual(self.differences(ours(), [older, gone])[1], 0)
        # A release without the property says nothing for a value of it, and no release excuses another default.
        fewer = manifest(property={"allowableValues": [{"value": "info"}]})
        self.assertEqual(self.differences(ours(), [fewer, gone])[1], 1)
        self.assertEqual(self.differences(ours(), [older, manifest(version="2.0", property={"defaultValue": "warn"})])[1], 1)

    def test_a_reason_explains_what_it_names_and_nothing_else(self):
        table = ours(property={"default": "warn"})
        reason = {"component": "Copy", "property": "Log Level", "what": "default", "why": "quieter"}
        lines, unexplained = self.differences(table, manifest(), [reason])
        self.assertEqual(unexplained, 0)
        self.assertIn("quieter", lines[0])
        self.assertEqual(self.differences(table, manifest(), [{**reason, "component": "C*y"}])[1], 0)
        self.assertEqual(self.differences(table, manifest(), [{**reason, "component": "C*x"}])[1], 1)
        self.assertEqual(self.differences(table, manifest(), [{**reason, "what": "label"}])[1], 1)
        self.assertEqual(self.differences(table, manifest(), [{**reason, "property": "Other"}])[1], 1)

    def test_says_what_a_release_does_not_have(self):
        lines = list(nifi_manifest.summary([ours(), ours(type="org.example.Other")], [manifest()]))
        self.assertEqual(lines, ["NiFi 1.0: 1 of 2 components compared; not there: Other"])


class ProgramTest(unittest.TestCase):
    def run_types(self, *options):
        return subprocess.run([PROGRAM, "flow", "types", *options], check=True, capture_output=True, text=True, timeout=30).stdout

    def test_prints_its_tables(self):
        tables = [json.loads(line) for line in self.run_types("--output", "json").splitlines()]
        by_name = {table["type"].rsplit(".", 1)[-1]: table for table in tables}
        self.assertEqual(by_name["GetFile"]["input"], "INPUT_FORBIDDEN")
        self.assertIn("not.found", [relationship["name"] for relationship in by_name["FetchFile"]["relationships"]])
        table = self.run_types()
        for name in by_name:
            self.assertIn(name, table)
        reasons = tomllib.loads(pathlib.Path(nifi_manifest.DIFFERENCES).read_text())["difference"]
        for reason in reasons:
            self.assertTrue(reason["why"])
            named = fnmatch.filter(by_name, reason["component"])
            self.assertTrue(named, reason)
            names = {candidate["name"] for name in named for candidate in by_name[name]["properties"]}
            self.assertLessEqual({reason["property"]} if "property" in reason else set(), names)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
