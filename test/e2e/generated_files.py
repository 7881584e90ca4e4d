"""Generated customers: the formats of `gen customers` hold the same rows, and what the example's own generator writes loads as well.

    generated_files.py FRESHET EXAMPLE_DIRECTORY
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
COLUMNS = ["customer_id", "first_name", "last_name", "email", "street", "city", "state", "country"]


def generate(out, *options):
    done = subprocess.run([PROGRAM, "gen", "customers", "--rows", "5000", "--files", "2", "--seed", "7", "--start", "2024-01-01T00:00:00Z", "--out", str(out), *options],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_formats(place):
    changes = ("--changes", "update=0.3,delete=0.1,duplicate=0.1,late=0.1")
    ledgers = {form: generate(place / form, "--format", form, *changes) for form in ("csv", "json", "parquet")}
    for form, ledger in ledgers.items():
        assert {**ledger, "bytes": 0} == {**ledgers["csv"], "bytes": 0}, (form, ledger)
        files = sorted(path.name for path in (place / form).iterdir())
        assert files == [f"customer_2024010100000{n}.{form}" for n in range(2)], files
        assert ledger["bytes"] == sum(path.stat().st_size for path in (place / form).iterdir())
    total = 0
    for n in range(2):
        name = f"customer_2024010100000{n}"
        with open(place / "csv" / f"{name}.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert rows[0] == COLUMNS
        total += len(rows) - 1
        with open(place / "json" / f"{name}.json", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        assert [[str(line[column]) for column in COLUMNS] for line in lines] == rows[1:]
        data = (place / "parquet" / f"{name}.parquet").read_bytes()
        assert data[:4] == data[-4:] == b"PAR1"
    assert total == ledgers["csv"]["lines"]
    # The same options, the same bytes; other ones are refused by name.
    generate(place / "again", "--format", "parquet", *changes)
    for path in (place / "parquet").iterdir():
        assert path.read_bytes() == (place / "again" / path.name).read_bytes(), path
    for wrong, told in ((("--format", "xml"), "xml"), (("--format", "parquet", "--changes", "broken=0.1"), "Parquet"), (("--changes", "moved=1"), "moved"),
                        (("--changes", "update=0.9,late=0.9"), "exceed")):
        done = subprocess.run([PROGRAM, "gen", "customers", "--out", str(place / "wrong"), *wrong], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and told in done.stderr, (wrong, done)


def check_parquet(place):
    """A table loaded from the Parquet files is the one loaded from the CSV files."""
    table = "(customer_id NUMBER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, street VARCHAR, city VARCHAR, state VARCHAR, country VARCHAR)"
    statements = ["CREATE DATABASE d", "CREATE STAGE st", f"CREATE TABLE c {table}", f"CREATE TABLE p {table}",
                  f"PUT file://{place}/csv/*.csv @st/csv", f"PUT file://{place}/parquet/*.parquet @st/parquet",
                  "COPY INTO c FROM @st/csv FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1)",
                  "COPY INTO p FROM @st/parquet FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE",
                  "SELECT (SELECT COUNT(*) FROM c), (SELECT HASH_AGG(*) FROM c) = (SELECT HASH_AGG(*) FROM p)"]
    done = subprocess.run([PROGRAM, "sql", "--data", str(place / "warehouse"), "--output", "json", *(part for statement in statements for part in ("-c", statement))],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in (place / "csv").iterdir())
    assert json.loads(done.stdout.splitlines()[-1])["rows"] == [[lines, True]], done.stdout.splitlines()[-1]


def check_broken(place):
    ledger = generate(place / "broken", "--changes", "broken=0.2")
    assert ledger["broken"] > 500 and ledger["lines"] == ledger["created"] + ledger["updated"] + ledger["unchanged"] + ledger["broken"], ledger


def check_example(place):
    """Without Faker, whether it is installed or not."""
    (place / "faker.py").write_text("raise ImportError")
    script = EXAMPLE / "generate_customers.py"
    done = subprocess.run([sys.executable, str(script), "500"], cwd=place, env={"PYTHONPATH": str(place), "PATH": ""}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    data, incoming = str(place / "data"), place / "FakeDataset"
    assert [str(path.relative_to(place)) for path in incoming.iterdir()] == [done.stdout.strip()]

    def run(*arguments):
        done = subprocess.run([PROGRAM, *arguments, "--data", data, "--clock", "virtual"], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    for sql in sorted(EXAMPLE.glob("[1-5]_*.sql")):
        run("sql", "-f", str(sql))
    run("flow", "run", str(EXAMPLE / "flow.json"), "--param", f"input_directory={incoming}", "--param", "bucket=freshet-demo", "--until-idle")
    answers = run("sql", "--output", "json", "-c", "USE SCHEMA scd_demo.scd2", "-c", "SELECT SYSTEM$WAIT(2, 'minutes')", "-c", "SELECT COUNT(*) FROM customer",
                  "-c", "SELECT COUNT(*) FROM customer_history WHERE is_current")
    assert [json.loads(line)["rows"] for line in answers.splitlines()][2:] == [[[500]], [[500]]], answers


with tempfile.TemporaryDirectory(prefix="freshet_generated_") as directory:
    check_formats(pathlib.Path(directory))
    check_parquet(pathlib.Path(directory))
    check_broken(pathlib.Path(directory))
    check_example(pathlib.Path(directory))
print("ok")
