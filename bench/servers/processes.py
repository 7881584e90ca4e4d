"""A server as the measurements see it: a process and its descendants, their CPU time, memory and synced writes."""

import collections
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_ports(count):
    """Below the ports that the kernel hands out for a moment, and far enough down that a server may add 10,000 for its own use."""
    found = []
    for port in range(20_000, 30_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


class Process:
    def __init__(self, command, environment, log, directory=None):
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL, env={**os.environ, **environment}, cwd=directory
            )

    def pids(self):
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += map(int, task.read_text().split())
        return found

    def cpu(self):
        """Seconds, user and system, so far."""
        total = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory(self, name):
        """Bytes: VmRSS for now, VmHWM for the most since the start or the last forget_peak()."""
        lines = (line for pid in self.pids() for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))

    def forget_peak(self):
        for pid in self.pids():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def synced_writes(process, work):
    """What `work()` made the server ask of the disk: counts by call, with files opened to be synced at each write as `open(O_SYNC)`.
    None without strace."""
    if not shutil.which("strace"):
        return None
    with tempfile.NamedTemporaryFile("r") as trace:
        command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,sync,syncfs,sync_file_range,msync,openat", "-o", trace.name]
        for pid in process.pids():
            command += ["-p", str(pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while "TracerPid:\t0\n" in pathlib.Path(f"/proc/{process.process.pid}/status").read_text() and tracer.poll() is None:
            time.sleep(0.01)
        try:
            work()
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
        counts = collections.Counter()
        for line in trace:
            call = re.match(r"\d+ +(\w+)\(", line)
            if call and call[1] == "openat":
                counts["open(O_SYNC)"] += "O_SYNC" in line or "O_DSYNC" in line
            elif call:
                counts[call[1]] += 1
        return {name: count for name, count in counts.items() if count}
