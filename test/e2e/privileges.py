"""`serve --enforce-privileges`: who may log in with which role, and what tasks and pipes may do for their owners.

    privileges.py FRESHET
"""
import json
import sys

from freshet import Connection, Freshet, SqlError


def refused(act, code, text):
    try:
        act()
    except SqlError as error:
        assert error.code == code and text in str(error), (error.code, str(error))
        return
    raise AssertionError(f"{text!r} was expected")


def logins(server, admin):
    admin.sql("CREATE ROLE analyst")
    admin.sql("CREATE USER bob DEFAULT_ROLE = analyst")
    admin.sql("CREATE USER eve")
    admin.sql("GRANT ROLE analyst TO USER bob")
    role = "SELECT CURRENT_ROLE()"
    assert admin.sql(role) == [["ACCOUNTADMIN"]]
    bob = Connection(server.url, "bob")
    assert bob.sql(role) == [["ANALYST"]]
    refused(lambda: bob.sql("USE ROLE SYSADMIN"), "003013", "Requested role 'SYSADMIN' is not assigned to the executing user.")
    assert bob.sql(role) == [["ANALYST"]]
    bob.sql("USE ROLE PUBLIC")
    refused(lambda: Connection(server.url, "bob", "ACCOUNTADMIN"), "390189", "Role 'ACCOUNTADMIN' specified in the connect string is not granted")
    assert Connection(server.url, "eve").sql(role) == [["PUBLIC"]]
    admin.sql("ALTER USER eve SET DEFAULT_ROLE = sysadmin")
    refused(lambda: Connection(server.url, "eve"), "390189", "User's configured default role 'SYSADMIN' is not granted to this user.")
    assert Connection(server.url, "eve", "PUBLIC").sql(role) == [["PUBLIC"]]
    assert Connection(server.url, "tester", "SYSADMIN").sql(role) == [["SYSADMIN"]]


def last_run(admin):
    return admin.sql("SELECT state, error_message FROM TABLE(INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => 'COPY_ROWS')) "
                     "WHERE state <> 'SCHEDULED' ORDER BY completed_time DESC LIMIT 1")[0]


def tasks_run_with_their_owners_rights(admin):
    for statement in ("CREATE DATABASE shop", "CREATE TABLE target (n NUMBER)", "CREATE ROLE etl", "GRANT ROLE etl TO ROLE SYSADMIN",
                      "GRANT USAGE ON DATABASE shop TO ROLE etl", "GRANT USAGE, CREATE TASK, CREATE PIPE ON SCHEMA shop.public TO ROLE etl",
                      "GRANT EXECUTE TASK ON ACCOUNT TO ROLE etl", "USE ROLE etl",
                      "CREATE TASK copy_rows WAREHOUSE = COMPUTE_WH SCHEDULE = '60 minutes' AS INSERT INTO target VALUES (1)", "EXECUTE TASK copy_rows",
                      "USE ROLE ACCOUNTADMIN"):
        admin.sql(statement)
    state, message = last_run(admin)
    assert state == "FAILED" and "Object 'TARGET' does not exist or not authorized." in message, (state, message)
    admin.sql("GRANT INSERT ON TABLE target TO ROLE etl")
    admin.sql("EXECUTE TASK copy_rows")
    assert last_run(admin)[0] == "SUCCEEDED"
    assert admin.sql("SELECT COUNT(*) FROM target") == [["1"]]
    # Who started a task need not be its owner, and the owner may lose the right to run it.
    admin.sql("ALTER TASK copy_rows RESUME")
    admin.sql("REVOKE EXECUTE TASK ON ACCOUNT FROM ROLE etl")
    admin.sql("SELECT SYSTEM$WAIT(61, 'minutes')")
    state, message = last_run(admin)
    assert state == "FAILED" and "EXECUTE TASK privilege must be granted to owner role" in message, (state, message)
    refused(lambda: admin.sql("EXECUTE TASK copy_rows"), "091089", "EXECUTE TASK privilege")
    admin.sql("ALTER TASK copy_rows SUSPEND")
    assert admin.sql("SELECT COUNT(*) FROM target") == [["1"]]


def conditions_look_into_what_no_administrator_sees(server, admin):
    for statement in ("CREATE ROLE apart", "CREATE USER ops DEFAULT_ROLE = apart", "GRANT ROLE apart TO USER ops",
                      "GRANT CREATE DATABASE, EXECUTE TASK ON ACCOUNT TO ROLE apart"):
        admin.sql(statement)
    ops = Connection(server.url, "ops")
    for statement in ("CREATE DATABASE aside", "CREATE TABLE seen (n NUMBER)", "CREATE TABLE taken (n NUMBER)", "CREATE STREAM changes ON TABLE seen",
                      "CREATE TASK takes WAREHOUSE = COMPUTE_WH SCHEDULE = '1 minute' WHEN SYSTEM$STREAM_HAS_DATA('changes') AS INSERT INTO taken SELECT n FROM changes",
                      "ALTER TASK takes RESUME", "INSERT INTO seen VALUES (5)", "SELECT SYSTEM$WAIT(2, 'minutes')"):
        ops.sql(statement)
    assert ops.sql("SELECT n FROM taken") == [["5"]]
    ops.sql("ALTER TASK takes SUSPEND")
    refused(lambda: admin.sql("SELECT n FROM aside.public.taken"), "002003", "Database 'ASIDE' does not exist or not authorized.")


def pipes_load_with_their_owners_rights(server, admin):
    server.run("s3", "mb", "s3://landing")
    for statement in ("CREATE STAGE landing URL = 's3://landing/' FILE_FORMAT = (TYPE = CSV)", "GRANT USAGE ON STAGE landing TO ROLE etl", "USE ROLE etl",
                      "CREATE PIPE arrivals AUTO_INGEST = TRUE AS COPY INTO target FROM @landing", "USE ROLE ACCOUNTADMIN",
                      "REVOKE INSERT ON TABLE target FROM ROLE etl", "COPY INTO @landing/seven FROM (SELECT 7) FILE_FORMAT = (TYPE = CSV COMPRESSION = NONE)"):
        admin.sql(statement)
    status = json.loads(admin.sql("SELECT SYSTEM$PIPE_STATUS('arrivals')")[0][0])
    assert status["pendingFileCount"] == 1, status
    assert admin.sql("SELECT COUNT(*) FROM target") == [["1"]]
    # Nothing is lost: with the right, the file is loaded.
    admin.sql("GRANT INSERT ON TABLE target TO ROLE etl")
    assert admin.sql("SELECT n FROM target ORDER BY n") == [["1"], ["7"]]
    status = json.loads(admin.sql("SELECT SYSTEM$PIPE_STATUS('arrivals')")[0][0])
    assert status["pendingFileCount"] == 0, status


def main():
    with Freshet(sys.argv[1], "virtual", ["--enforce-privileges"]) as server:
        admin = Connection(server.url)
        logins(server, admin)
        tasks_run_with_their_owners_rights(admin)
        conditions_look_into_what_no_administrator_sees(server, admin)
        pipes_load_with_their_owners_rights(server, admin)
    print("ok")


if __name__ == "__main__":
    main()
