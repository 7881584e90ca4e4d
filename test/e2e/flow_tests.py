"""`freshet flow test`: the examples pass, and what is otherwise is told.

    flow_tests.py FRESHET SOURCE_DIRECTORY
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


def run(*arguments, status=0):
    done = subprocess.run([PROGRAM, "flow", "test", *map(str, arguments)], capture_output=True, text=True, timeout=200)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done


examples = sorted((SOURCE / "examples" / "flow_tests").glob("*.yaml")) + sorted((SOURCE / "test" / "flows").glob("*.test.yaml"))
results = [json.loads(line) for line in run(*examples, "--output", "json").stdout.splitlines()]
assert len(results) >= len(examples) and all(result["passed"] for result in results), results
print(len(results), "tests of", len(examples), "files passed", flush=True)

with tempfile.TemporaryDirectory(prefix="freshet_flow_tests_") as directory:
    text = (SOURCE / "examples/flow_tests/customer_pipeline.yaml").read_text()
    wrong = pathlib.Path(directory, "wrong.yaml")
    wrong.write_text(text.replace("flow: ..", f"flow: {SOURCE}/examples").replace("s3.bucket: landing", "s3.bucket: elsewhere"))
    told = run(wrong, status=1).stdout
    line = next(i for i, line in enumerate(wrong.read_text().splitlines(), 1) if "elsewhere" in line)
    assert f"wrong.yaml:{line}: out of 'PutS3Object' by 'success': flowfile 1" in told, told
    assert told.endswith("3 tests, 1 failed\n"), told
    assert "1 tests, 0 failed" in run(wrong, "--only", "is gone").stdout
    run(wrong, "--only", "no such test", status=1)
    assert "none.yaml" in run(pathlib.Path(directory, "none.yaml"), status=1).stderr
    run(status=2)
print("ok")
