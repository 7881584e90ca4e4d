#!/usr/bin/env python3
"""PostgreSQL and MariaDB as flows use them: starts a server of each in a folder of its own, and runs the tests of the
drivers against them. Usage: databases.py FLOW_TEST"""
import glob
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_user(command, user):
    """Both servers refuse to run as root."""
    return ["runuser", "-u", user, "--"] + command if os.geteuid() == 0 else command


def wait_for(port, server):
    for _ in range(600):
        if server.poll() is not None:
            sys.exit(f"the server has ended: {server.args}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nothing listens on port {port}")


def start_postgres(folder):
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not programs:
        sys.exit("PostgreSQL is not installed: run ./dev test")
    data, port = folder / "postgres", free_port()
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
    run = lambda *command: as_user(list(command), "postgres")
    subprocess.run(run(f"{programs[-1]}/initdb", "-D", str(data), "-U", "flow", "-A", "trust", "--no-sync"),
                   check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(run(f"{programs[-1]}/postgres", "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k",
                                  str(data), "-F"), stderr=subprocess.DEVNULL)
    wait_for(port, server)
    return server, f"jdbc:postgresql://127.0.0.1:{port}/postgres?user=flow"


def start_mariadb(folder):
    if not shutil.which("mariadbd"):
        sys.exit("MariaDB is not installed: run ./dev test")
    data, port = folder / "mariadb", free_port()
    data.mkdir()
    user = "mysql" if os.geteuid() == 0 else os.environ["USER"]
    if os.geteuid() == 0:
        shutil.chown(data, "mysql")
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={user}",
                    "--auth-root-authentication-method=normal", "--skip-test-db"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = subprocess.Popen(["mariadbd", "--no-defaults", f"--datadir={data}", f"--user={user}", f"--port={port}",
                               "--bind-address=127.0.0.1", f"--socket={data}/socket"], stderr=subprocess.DEVNULL)
    wait_for(port, server)
    subprocess.run(["mariadb", "--no-defaults", f"--socket={data}/socket", "-uroot", "-e",
                    "CREATE DATABASE flow; CREATE USER flow@'%' IDENTIFIED BY 'p&q'; GRANT ALL ON flow.* TO flow@'%'"],
                   check=True)
    return server, f"jdbc:mariadb://127.0.0.1:{port}/flow?user=flow&password=p%26q"


def main(flow_test):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-databases-"))
    folder.chmod(0o755)
    servers = []
    try:
        urls = []
        for start in (start_postgres, start_mariadb):
            server, url = start(folder)
            servers.append(server)
            urls.append(url)
        done = subprocess.run([flow_test, "--gtest_filter=DatabaseServersTest.*", "--gtest_brief=1"],
                              env={**os.environ, "FRESHET_TEST_DATABASES": "|".join(urls)}, timeout=200)
        return done.returncode
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
