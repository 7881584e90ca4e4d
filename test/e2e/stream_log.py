"""Eight connections change one table while a ninth consumes its stream into a log: the log's changes, applied in order, give the table.

    stream_log.py FRESHET [SEEDS] [FIRST_SEED]
"""
import collections
import random
import sys
import threading

from freshet import Connection, Freshet, SqlError

WRITERS, STEPS = 8, 10
LOCKED = "000625"  # a deadlock, of which one statement is the victim


def a_change(random_, writer, step):
    """One statement; what it writes names who wrote it, so that no two images are alike by chance."""
    note = f"w{writer}s{step}"
    ids = random_.sample(range(30), random_.randint(1, 6))
    listed = ", ".join(map(str, ids))
    kind = random_.choices(["insert", "update", "delete", "merge", "truncate", "overwrite", "move"], [6, 5, 3, 4, 0.4, 0.3, 1])[0]
    if kind == "insert":
        return f"INSERT INTO t VALUES {', '.join(f'({i}, {random_.randint(0, 9)}, {note!r})' for i in ids)}"
    if kind == "update":
        return f"UPDATE t SET v = v + 1, note = '{note}' WHERE id IN ({listed})"
    if kind == "delete":
        return f"DELETE FROM t WHERE id IN ({listed}) AND v < {random_.randint(0, 12)}"
    if kind == "truncate":
        return "TRUNCATE TABLE t"
    if kind == "overwrite":
        return f"INSERT OVERWRITE INTO t SELECT id, v, note || '{note}' FROM t WHERE id < 20"
    if kind == "move":  # the same values back and forth: updates that are none in the end
        return f"UPDATE t SET v = v WHERE id IN ({listed})"
    rows = " UNION ALL ".join(f"SELECT {i} AS id, {random_.randint(0, 9)} AS v" for i in ids)
    return (f"MERGE INTO t USING ({rows}) s ON t.id = s.id WHEN MATCHED AND t.v > 8 THEN DELETE "
            f"WHEN MATCHED THEN UPDATE SET v = s.v, note = '{note}' WHEN NOT MATCHED THEN INSERT (id, v, note) VALUES (s.id, s.v, '{note}')")


def run_or_lose(connection, statement):
    try:
        connection.sql(statement)
    except SqlError as error:
        if error.code != LOCKED:
            raise


def write(connection, seed, writer):
    random_ = random.Random(seed * 1000 + writer)
    for step in range(STEPS):
        if random_.random() < 0.4:
            connection.sql("BEGIN")
            for part in range(random_.randint(1, 3)):
                run_or_lose(connection, a_change(random_, writer, f"{step}.{part}"))
            connection.sql("COMMIT" if random_.random() < 0.7 else "ROLLBACK")
        else:
            run_or_lose(connection, a_change(random_, writer, step))


def consume(connection, seed, over):
    random_ = random.Random(seed * 1000 + 999)
    number = 0
    while True:
        last = over.is_set()  # what follows reads all there is
        number += 1
        read = f"INSERT INTO log SELECT {number}, id, v, note, METADATA$ACTION, METADATA$ISUPDATE, METADATA$ROW_ID FROM s"
        if random_.random() < 0.3 and not last:
            connection.sql("BEGIN")
            connection.sql(read)
            connection.sql(random_.choice(["COMMIT", "ROLLBACK"]))
        else:
            connection.sql(read)
        if last:
            return number


def in_thread(failures, over, run, *arguments):
    def body():
        try:
            run(*arguments)
        except Exception as failure:  # told by the main thread
            failures.append(failure)
            over.set()
    thread = threading.Thread(target=body)
    thread.start()
    return thread


def applied(log):
    """Row id -> values, after all consumptions in order."""
    state = {}
    for number, changes in log.items():
        deleted = {change[-1]: change for change in changes if change[4] == "DELETE"}
        inserted = {change[-1]: change for change in changes if change[4] == "INSERT"}
        assert len(deleted) + len(inserted) == len(changes), f"consumption {number}: a row id stands twice with one action"
        for row, change in deleted.items():
            assert state.pop(row, None) == tuple(change[1:4]), f"consumption {number}: deletes what was not there: {change}"
            assert (change[5] in ("true", "1")) == (row in inserted), f"consumption {number}: half of an update: {change}"
        for row, change in inserted.items():
            assert row not in state, f"consumption {number}: inserts what is there: {change}"
            assert (change[5] in ("true", "1")) == (row in deleted), f"consumption {number}: half of an update: {change}"
            state[row] = tuple(change[1:4])
    return state


def run(url, seed):
    connections = [Connection(url) for _ in range(WRITERS + 1)]
    *writers, consumer = connections
    consumer.sql(f"CREATE DATABASE seed_{seed}")
    consumer.sql("CREATE TABLE t (id NUMBER, v NUMBER, note VARCHAR)")
    consumer.sql("CREATE TABLE log (n NUMBER, id NUMBER, v NUMBER, note VARCHAR, action VARCHAR, isupdate BOOLEAN, row_id VARCHAR)")
    consumer.sql("CREATE STREAM s ON TABLE t")
    for writer in writers:
        writer.sql(f"USE DATABASE seed_{seed}")
    failures, over = [], threading.Event()
    consuming = in_thread(failures, over, consume, consumer, seed, over)
    for thread in [in_thread(failures, over, write, connection, seed, number) for number, connection in enumerate(writers)]:
        thread.join()
    over.set()
    consuming.join()
    if failures:
        raise failures[0]
    log = collections.defaultdict(list)
    for change in consumer.sql("SELECT * FROM log ORDER BY n"):
        log[int(change[0])].append(change)
    state = applied(log)
    table = [tuple(row) for row in consumer.sql("SELECT id, v, note FROM t")]
    assert sorted(state.values()) == sorted(table), f"the log gives {sorted(state.values())}, the table has {sorted(table)}"
    assert consumer.sql("SELECT COUNT(*) FROM s") == [["0"]], "the stream is not empty"
    for connection in connections:
        connection.close()
    return len(log), sum(map(len, log.values())), len(table)


seeds, first = int(sys.argv[2]) if len(sys.argv) > 2 else 5, int(sys.argv[3]) if len(sys.argv) > 3 else 1
with Freshet(sys.argv[1]) as server:
    for seed in range(first, first + seeds):
        try:
            consumptions, changes, rows = run(server.url, seed)
        except Exception:
            print(f"failed with seed {seed}: run again with {sys.argv[1]} 1 {seed}", flush=True)
            raise
        print(f"seed {seed}: {changes} changes in {consumptions} consumptions, {rows} rows left", flush=True)
print("ok")
