"""A pipe on a bucket elsewhere that an SQS queue (moto) tells of new objects. Needs boto3.

    remote_queue.py FRESHET EXAMPLE_DIRECTORY
"""
import json
import os
import tempfile
import urllib.parse
import urllib.request

from freshet import Freshet
from moto_server import MotoServer
from remote_buckets import PROGRAM, Cloud, configuration, connect, until


def event(key, bucket="landing", name="ObjectCreated:Put", size=4):
    """The message that S3 sends for an object."""
    return json.dumps({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "2026-01-01T00:00:00.000Z", "eventName": name,
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
               "object": {"key": urllib.parse.quote_plus(key, safe="/"), "size": size, "eTag": "e", "sequencer": "0055AED6DCD90281E5"}}}]})


class Queue:
    def __init__(self, moto):
        self.sqs = moto.sqs
        # Deliveries that were not answered come again soon.
        self.url = moto.sqs.create_queue(QueueName="landing", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def messages(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(counts[name]) for name in names)


def metric(server, name):
    with urllib.request.urlopen(server.url + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def main():
    with tempfile.TemporaryDirectory(prefix="freshet_queue_") as folder, MotoServer() as moto, Cloud(PROGRAM) as cloud:
        queue = Queue(moto)
        cloud.run("s3", "mb", "s3://landing")
        config = configuration(folder, cloud, queue=queue.url)
        with Freshet(PROGRAM, options=("--config", config)) as here:
            sql = connect(here).sql
            sql("CREATE TABLE t (id INT, name VARCHAR)")
            sql("CREATE STAGE far URL = 's3://landing/in/'")
            sql("CREATE PIPE p AUTO_INGEST = TRUE AS COPY INTO t FROM @far")
            for key in ("in/1.csv", "in/a b+c/2.csv", "out/3.csv"):
                cloud.put(key, f"{len(key)},x\n".encode())
            queue.send(event("in/1.csv"), event("in/a b+c/2.csv"), event("in/1.csv"), event("out/3.csv"), event("in/1.csv", bucket="other"),
                       event("in/gone.csv", name="ObjectRemoved:Delete"), json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "landing"}),
                       json.dumps({"Type": "Notification", "Message": event("in/never.csv")}))
            until(lambda: queue.messages() == 0)
            until(lambda: sql("SELECT COUNT(*), SUM(id) FROM t") == [["2", str(len("in/1.csv") + len("in/a b+c/2.csv"))]])
            status = json.loads(sql("SELECT SYSTEM$PIPE_STATUS('p')")[0][0])
            assert status["executionState"] == "RUNNING" and "lastReceivedMessageTimestamp" in status, status
            # What cannot be read stays in the queue, and what comes after it does not.
            queue.send("no event at all")
            cloud.put("in/4.csv", b"4,x\n")
            queue.send(event("in/4.csv"))
            until(lambda: sql("SELECT COUNT(*) FROM t") == [["3"]])
            until(lambda: metric(here, "pipe_queue_messages_not_understood_total") >= 1)
            until(lambda: queue.messages() == 1)
            # Killed after the pipe kept the file, before the queue forgot it: the message comes again, the rows do not.
            here.stop()
            os.environ["FRESHET_KILL_AT"] = "pipe.messages_kept"
            here.start()
            del os.environ["FRESHET_KILL_AT"]
            cloud.put("in/5.csv", b"5,x\n")
            queue.send(event("in/5.csv"))
            assert here.process.wait(timeout=60) == -9
            here.log.close()
            here.start()
            sql = connect(here).sql
            until(lambda: queue.messages() == 1)
            until(lambda: sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM t") == [["4", "4"]])


main()
