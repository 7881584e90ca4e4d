"""Files that what is measured reads."""

import os
import random

FILES_OF_CSV = 16


def write_files(folder, files, size):
    """No two are alike."""
    folder.mkdir()
    block = random.Random(1).randbytes(size)
    for i in range(files):
        (folder / f"{i:06}.csv").write_bytes(i.to_bytes(8, "big") + block[8:])
    os.sync()


def write_csv(folder, megabytes):
    """So many in all, in FILES_OF_CSV files; returns the number of rows."""
    folder.mkdir()
    source, rows = random.Random(1), 0
    for i in range(FILES_OF_CSV):
        with open(folder / f"{i:02}.csv", "w") as out:
            out.write("id,name,amount,active,day\n")
            while out.tell() < megabytes * 1_000_000 // FILES_OF_CSV:
                number_of = source.randrange(1_000_000)
                out.write(f"{number_of},customer {number_of},{number_of / 100:.2f},{'true' if number_of % 2 else 'false'},2024-01-{number_of % 28 + 1:02}\n")
                rows += 1
    os.sync()
    return rows
