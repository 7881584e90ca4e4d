"""Commands on flow files: check, show, diff, convert, on files of every kind.

    flow_files.py FRESHET FLOWS_DIRECTORY
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, FLOWS = sys.argv[1], pathlib.Path(sys.argv[2])
KEY = ["--nifi-sensitive-key", "a key of 20 letters!"]
FILES = ["orders_definition.json", "orders_instance.json", "orders_flow.xml", "orders_template.xml", "orders_minifi.yml"]


def run(*arguments, status=0):
    done = subprocess.run([PROGRAM, "flow", *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


with tempfile.TemporaryDirectory(prefix="freshet_flow_files_") as directory:
    for name in FILES:
        file = FLOWS / name
        found = lines(run("check", file, *KEY, "--output", "json", status=1).stdout)
        kinds = {line["kind"] for line in found}
        assert {"problem", "ghost"} <= kinds, (name, kinds)
        assert any("TurnIntoGold" in line["text"] and name in line["where"] for line in found if line["kind"] == "problem"), found
        assert "GenerateFlowFile 'make'" in run("show", file).stdout
        assert any(entry["path"] == "orders/archive/keep" for entry in lines(run("show", file, "--output", "json").stdout))
        converted, text = pathlib.Path(directory, name + ".json"), pathlib.Path(directory, name + ".text")
        run("convert", file, "-o", converted)
        assert "flowContents" in json.loads(converted.read_text())
        run("convert", file, "--to", "text", "-o", text)
        assert run("diff", converted, text).stdout == "", name
        again = run("convert", text, "--to", "text").stdout
        assert again == text.read_text(), name
        assert run("diff", FLOWS / "orders_definition.json", file, status=1 if name != FILES[0] else 0).stderr == ""
        print(name, flush=True)
    original = json.loads((FLOWS / FILES[0]).read_text())
    assert json.loads(run("convert", FLOWS / FILES[0]).stdout) == original
    assert run("convert", FLOWS / "none.json", status=1).stderr.count("none.json")
    run("convert", FLOWS / FILES[0], "--to", "something", status=2)
    fine = pathlib.Path(directory, "fine.json")
    fine.write_text(json.dumps({"flowContents": {"identifier": "r", "name": "fine"}}))
    assert "nothing to say" in run("check", fine).stdout
print("ok")
