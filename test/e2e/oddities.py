"""Oddities of pipeline.md section (f) that need a script file or files in the store: each is a function with its number in the name, run on an
empty data directory through the public command line, on the virtual clock.

    oddities.py FRESHET [NUMBER...]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
COLUMNS = ["customer_id", "first_name", "last_name", "email", "street", "city", "state", "country"]
SETUP = ["CREATE DATABASE scd_demo", "CREATE SCHEMA scd2", "CREATE FILE FORMAT csv TYPE = CSV, FIELD_DELIMITER = \",\" SKIP_HEADER = 1",
         "CREATE TABLE customer_raw (customer_id NUMBER, " + ", ".join(f"{name} VARCHAR" for name in COLUMNS[1:]) + ")"]
PIPE = "CREATE OR REPLACE PIPE customer_s3_pipe AUTO_INGEST = TRUE AS COPY INTO customer_raw FROM {} FILE_FORMAT = CSV"
IDS = "SELECT customer_id FROM customer_raw ORDER BY customer_id"
# Objects are put on the system clock, the statements run on the virtual one, which may be a little behind.
WAIT = "SELECT SYSTEM$WAIT(1, 'minute')"
HISTORY = "TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'customer_raw', START_TIME => DATEADD(hours, -1, CURRENT_TIMESTAMP())))"


def customers(*ids, columns=COLUMNS, line_end="\r\n"):
    rows = [",".join(columns)] + [",".join([str(n)] + [f"{name} {n}" for name in columns[1:]]) for n in ids]
    return "".join(row + line_end for row in rows)


class Answer:
    def __init__(self, printed):
        self.rows, error = printed["rows"], printed["error"]
        self.error = error.get("message", str(error)) if isinstance(error, dict) else error


class World:
    """A data directory; each call of `sql` or `script` is a process of its own that finds the schema SCD_DEMO.SCD2."""

    def __init__(self, directory):
        self.directory, self.data = pathlib.Path(directory), str(pathlib.Path(directory, "data"))
        self.run("s3", "mb", "s3://bucket", "--data", self.data)
        self.values(*SETUP)

    def run(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=120)

    def put(self, url, text):
        path = self.directory / "object"
        path.write_bytes(text.encode())
        done = self.run("s3", "cp", str(path), url, "--data", self.data)
        assert done.returncode == 0, done.stderr

    def answers(self, *arguments):
        done = self.run("sql", "--data", self.data, "--clock", "virtual", "--on-error", "continue", "--output", "json", *arguments)
        return [Answer(json.loads(line)) for line in done.stdout.splitlines()]

    def script(self, text, *arguments):
        path = self.directory / "script.sql"
        path.write_bytes(text.encode())
        return self.answers("-c", "USE SCHEMA scd_demo.scd2", "-f", str(path), *arguments)[1:]

    def sql(self, *statements):
        return self.answers(*(part for sql in ("USE SCHEMA scd_demo.scd2", *statements) for part in ("-c", sql)))[1:]

    def values(self, *statements):
        """The last statement's rows; none may fail."""
        first = statements[0].startswith("CREATE DATABASE")
        answers = self.answers(*(part for sql in statements for part in ("-c", sql))) if first else self.sql(*statements)
        for statement, answer in zip(statements, answers, strict=True):
            assert answer.error is None, (statement, answer.error)
        return answers[-1].rows


def fails(answer, text):
    assert answer.error and text in answer.error, (text, answer.error, answer.rows)


def same(got, wanted):
    assert got == wanted, f"got {got}, wanted {wanted}"


def oddity_7_a_stage_url_without_slash_is_a_literal_prefix(world):
    world.put("s3://bucket/stream_data/a.csv", customers(1))
    world.put("s3://bucket/stream_data2/b.csv", customers(2))
    world.put("s3://bucket/other/c.csv", customers(3))
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", "CREATE STAGE closed URL = 's3://bucket/stream_data/'")
    same([row[0] for row in world.values("LIST @customer_ext_stage")], ["s3://bucket/stream_data/a.csv", "s3://bucket/stream_data2/b.csv"])
    same([row[0] for row in world.values("LIST @closed")], ["s3://bucket/stream_data/a.csv"])
    same(world.values("COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV", IDS), [[1], [2]])


def oddity_8_credentials_of_a_stage_are_opaque_and_never_shown(world):
    secret, key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzz", "AKIAZZZZZZZZZZZZZZZZ"
    for credentials in ("AWS_KEY_ID = '', AWS_SECRET_KEY = ''", "AWS_KEY_ID='<your key>',AWS_SECRET_KEY='<your secret>'",
                        f"AWS_KEY_ID = '{key}' AWS_SECRET_KEY = '{secret}'"):
        world.values(f"CREATE OR REPLACE STAGE customer_ext_stage URL = 's3://bucket/stream_data' CREDENTIALS = ({credentials})")
    world.put("s3://bucket/stream_data/a.csv", customers(1))
    looks = ["SHOW STAGES", "DESCRIBE STAGE customer_ext_stage", "LIST @customer_ext_stage",
             "COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV"]
    for answer in world.sql(*looks):
        assert secret not in json.dumps([answer.rows, answer.error]), answer.rows
        assert key not in json.dumps([answer.rows, answer.error]), answer.rows
    same(world.values(IDS), [[1]])
    for path in pathlib.Path(world.data).rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), f"{path} holds the secret"


def oddity_10_a_format_that_nobody_made_fails_unless_lenient(world):
    world.values("DROP FILE FORMAT csv", "CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'")
    fails(world.sql(PIPE.format("@customer_ext_stage"))[0], "File format 'SCD_DEMO.SCD2.CSV' does not exist or not authorized.")


def oddity_13_missing_semicolons_fail_unless_lenient(world):
    script = "CREATE TABLE one (a NUMBER)\n\nCREATE TABLE two (b NUMBER)\nSHOW TABLES;\nSELECT COUNT(*) FROM one\nSELECT COUNT(*) FROM two;\n"
    strict = world.script(script)
    fails(strict[0], "syntax error line 3 at position 0 unexpected 'CREATE'.")
    fails(strict[1], "unexpected 'SELECT'")
    same(world.values("SHOW TABLES LIKE 'one'"), [])
    lenient = world.script(script, "--lenient")
    same([answer.error for answer in lenient], [None] * 5)
    same([answer.rows for answer in lenient[3:]], [[[0]], [[0]]])


def oddity_14_no_semicolon_at_the_end_of_the_file(world):
    same([answer.rows for answer in world.script("SELECT 1;\nSELECT 2")], [[[1]], [[2]]])
    same([answer.rows for answer in world.script("SELECT 1;\nSELECT 2 -- the last")], [[[1]], [[2]]])


def oddity_15_empty_statements_are_ignored(world):
    same([answer.rows for answer in world.script("SELECT 1;;\n;\n  ; -- nothing\nSELECT 2;;")], [[[1]], [[2]]])


def oddity_16_and_17_a_failed_statement_in_a_script_leaves_the_rest_to_run(world):
    answers = world.script("USE SYSADMIN;\nSELECT CURRENT_ROLE(), CURRENT_SCHEMA();\n")
    fails(answers[0], "Object does not exist, or operation cannot be performed.")
    same(answers[1].rows, [["ACCOUNTADMIN", "SCD2"]])


def oddity_42_a_pipe_on_one_named_file_takes_what_begins_with_that_name(world):
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", PIPE.format("@customer_ext_stage/customer_20240101000000.csv"))
    world.put("s3://bucket/stream_data/customer_20240101000000.csv", customers(1))
    world.put("s3://bucket/stream_data/customer_20240102000000.csv", customers(2))
    world.put("s3://bucket/stream_data/customer_20240101000000.csv.1", customers(3))
    same(world.values(IDS), [[1], [3]])


def oddity_44_a_pattern_has_to_match_the_whole_name(world):
    world.put("s3://bucket/stream_data/customer_1.csv", customers(1))
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data/'")
    copied = world.values("COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV PATTERN = '.customer_.\\.csv'")
    same(copied, [["Copy executed with 0 files processed."]])
    same(world.values(IDS), [])
    same(len(world.values("COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV PATTERN = '.*customer_.*.csv'")), 1)


def oddity_45_a_backslash_in_a_plain_text_is_gone_before_the_pattern_sees_it(world):
    world.put("s3://bucket/stream_data/customer_1xcsv", customers(1))
    world.put("s3://bucket/stream_data/customer_2.csv", customers(2))
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data/'")
    same(len(world.values("LIST @customer_ext_stage PATTERN = '.*\\.csv'")), 2)
    same(len(world.values("LIST @customer_ext_stage PATTERN = '.*\\\\.csv'")), 1)
    same(len(world.values("LIST @customer_ext_stage PATTERN = $$.*\\.csv$$")), 1)
    same(world.values("COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV PATTERN = '.*\\.csv'", IDS), [[1], [2]])


def oddity_46_a_replaced_pipe_forgets_what_it_has_loaded(world):
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", PIPE.format("@customer_ext_stage"))
    world.put("s3://bucket/stream_data/customer_1.csv", customers(1))
    world.values("ALTER PIPE customer_s3_pipe REFRESH")
    same(world.values(IDS), [[1]])
    world.values("COPY INTO customer_raw FROM @customer_ext_stage/customer_2 FILE_FORMAT = CSV")
    world.values(PIPE.format("@customer_ext_stage"))
    same(world.values(IDS), [[1]])
    world.values("ALTER PIPE customer_s3_pipe REFRESH")
    same(world.values(IDS), [[1], [1]])


def oddity_46_a_refresh_leaves_what_a_copy_has_loaded(world):
    world.put("s3://bucket/stream_data/customer_1.csv", customers(1))
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", "COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV",
                 PIPE.format("@customer_ext_stage"), "ALTER PIPE customer_s3_pipe REFRESH")
    same(world.values(IDS), [[1]])


def oddity_47_a_truncated_table_does_not_get_a_file_of_the_same_name_from_its_pipe(world):
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", PIPE.format("@customer_ext_stage"))
    world.put("s3://bucket/stream_data/customer.csv", customers(1))
    same(world.values(IDS), [[1]])
    same(world.values(f"SELECT status, row_count FROM {HISTORY}"), [["Loaded", 1]])
    world.values("TRUNCATE TABLE customer_raw")
    world.put("s3://bucket/stream_data/customer.csv", customers(1))
    world.put("s3://bucket/stream_data/customer.csv", customers(1, 2))
    same(world.values(IDS), [])
    same(world.values("ALTER PIPE customer_s3_pipe REFRESH", IDS), [])
    same(world.values(WAIT, f"SELECT status, row_count FROM {HISTORY}"), [])
    # COPY has the table's history, which TRUNCATE clears
    copy = "COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV"
    same(world.values(copy, IDS), [[1], [2]])
    same(world.values(copy, IDS), [[1], [2]])
    same(world.values("TRUNCATE TABLE customer_raw", copy, IDS), [[1], [2]])


def oddity_53_line_ends_of_windows_are_fine_and_kept_in_bodies_and_results(world):
    script = ("CREATE OR REPLACE PROCEDURE pdr_scd_demo()\r\nRETURNS STRING NOT NULL\r\nLANGUAGE JAVASCRIPT\r\nAS\r\n$$\r\n"
              "    // a comment\r\n    var text = `SELECT 1\r\nFROM customer_raw`\r\n    var statement = snowflake.createStatement({sqlText: text})\r\n"
              "    statement.execute()\r\n    return 'a\\r\\n' + text;\r\n$$;\r\n-- a comment\r\nCALL pdr_scd_demo();\r\nSELECT 'a\r\nb';\r\n"
              "DESCRIBE PROCEDURE pdr_scd_demo();\r\n")
    answers = world.script(script)
    same([answer.error for answer in answers], [None] * 4)
    # In a template literal ECMAScript reads CRLF as a line feed; all other texts keep what they hold.
    same(answers[1].rows, [["a\r\nSELECT 1\nFROM customer_raw"]])
    same(answers[2].rows, [["a\r\nb"]])
    body = dict(answers[3].rows)["body"]
    assert body.startswith("\r\n    // a comment\r\n") and "FROM customer_raw`\r\n" in body, body


def oddity_53_files_with_either_line_end_load(world):
    world.put("s3://bucket/stream_data/crlf.csv", customers(1, line_end="\r\n"))
    world.put("s3://bucket/stream_data/lf.csv", customers(2, line_end="\n"))
    loaded = world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", "COPY INTO customer_raw FROM @customer_ext_stage FILE_FORMAT = CSV",
                          "SELECT customer_id, country FROM customer_raw ORDER BY customer_id")
    same(loaded, [[1, "country 1"], [2, "country 2"]])


def oddity_58_seven_columns_for_a_table_of_eight(world):
    seven = [name for name in COLUMNS if name != "email"]
    world.values("CREATE STAGE customer_ext_stage URL = 's3://bucket/stream_data'", PIPE.format("@customer_ext_stage"))
    world.put("s3://bucket/stream_data/customer.csv", customers(1, columns=seven))
    same(world.values(IDS), [])
    failed = world.values(WAIT, f"SELECT status, first_error_message FROM {HISTORY}")
    same([row[0] for row in failed], ["Load failed"])
    mismatch = "Number of columns in file (7) does not match that of the corresponding table (8)"
    assert failed[0][1].startswith(mismatch), failed
    world.put("s3://bucket/stream_data/customer.csv", customers(1))
    same(world.values(IDS), [])
    world.put("s3://bucket/by_hand/customer.csv", customers(1, columns=seven))
    fails(world.sql("COPY INTO customer_raw FROM 's3://bucket/by_hand/' FILE_FORMAT = CSV")[0], mismatch)


def main():
    wanted = set(sys.argv[2:])
    tests = [(name, test) for name, test in globals().items() if name.startswith("oddity_")]
    failed = 0
    for name, test in tests:
        if wanted and not wanted & set(re.findall(r"_(\d+)_", name)):
            continue
        with tempfile.TemporaryDirectory(prefix="freshet_oddity_") as directory:
            try:
                test(World(directory))
            except AssertionError as problem:
                failed += 1
                print(f"{name}: {problem}")
    print(f"{failed} of {len(tests)} failed")
    sys.exit(1 if failed else 0)


main()
