"""A server that speaks SQS as Amazon's does (moto), for tests that need a queue outside the program."""
import os
import re
import subprocess
import sys
import tempfile
import time

import boto3


class MotoServer:
    """`url` is its endpoint; queue(name) makes a queue there and gives its URL. port=0: any."""

    def __init__(self, port=0):
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen([os.path.join(os.path.dirname(sys.executable), "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not (ready := re.search(r"http://127\.0\.0\.1:(\d+)", self.logged())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("moto did not start: " + self.logged())
            time.sleep(0.05)
        self.url, self.port = ready.group(0), int(ready.group(1))
        self.sqs = boto3.client("sqs", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="moto", aws_secret_access_key="moto")

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def queue(self, name):
        return self.sqs.create_queue(QueueName=name)["QueueUrl"]

    def receive(self, url, wait=1):
        """All messages that come until none does for `wait` seconds; they are deleted."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait).get("Messages"):
            bodies += [message["Body"] for message in messages]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=[
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)])
        return bodies

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()
