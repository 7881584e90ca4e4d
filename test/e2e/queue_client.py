"""The queue client's test against a server of others. Usage: queue_client.py STORE_TEST"""
import os
import subprocess
import sys

from moto_server import MotoServer

with MotoServer() as moto:
    environment = {**os.environ, "FRESHET_TEST_QUEUE": moto.queue("orders")}
    done = subprocess.run([sys.argv[1], "--gtest_filter=QueueClientTest.AgainstARealServer"], env=environment,
                          capture_output=True, text=True, timeout=120)
    print(done.stdout)
    assert done.returncode == 0 and "[  PASSED  ] 1 test." in done.stdout, done.stdout + done.stderr
