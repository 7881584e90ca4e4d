"""Apache NiFi as a flow file sees it: an installed NiFi, run on a configuration and repositories of its own, through its REST API. The installation is read,
not changed."""

import json
import pathlib
import shutil
import time
import urllib.error
import urllib.request
import uuid

from servers.processes import Process, free_ports

START_SECONDS_MAX = 600
WHERE_IT_KEEPS_WHAT = {
    "nifi.flow.configuration.file": "flow.xml.gz",
    "nifi.flow.configuration.json.file": "flow.json.gz",
    "nifi.flow.configuration.archive.dir": "archive",
    "nifi.templates.directory": "templates",
    "nifi.database.directory": "database_repository",
    "nifi.flowfile.repository.directory": "flowfile_repository",
    "nifi.content.repository.directory.default": "content_repository",
    "nifi.provenance.repository.directory.default": "provenance_repository",
    "nifi.nar.library.autoload.directory": "extensions",
    "nifi.nar.working.directory": "work/nar",
    "nifi.documentation.working.directory": "work/docs",
    "nifi.web.jetty.working.directory": "work/jetty",
    "nifi.status.repository.questdb.persist.location": "status_repository",
}
PLAIN_HTTP = {
    "nifi.web.https.host": "",
    "nifi.web.https.port": "",
    "nifi.security.keystore": "",
    "nifi.security.truststore": "",
    "nifi.security.user.login.identity.provider": "",
    "nifi.remote.input.secure": "false",
    "nifi.remote.input.http.enabled": "false",
    "nifi.flowcontroller.autoResumeState": "false",
    "nifi.sensitive.props.key": "ofthesemeasurements",
}


def _with_settings(text, settings):
    """A properties file with those values; keys that it lacks come after its own."""
    left, lines = dict(settings), []
    for line in text.splitlines():
        key = line.split("=", 1)[0].strip()
        lines.append(f"{key}={left.pop(key)}" if key in left else line)
    return "\n".join(lines + [f"{key}={value}" for key, value in left.items()]) + "\n"


class Nifi:
    def __init__(self, home, work, heap="1g"):
        self.home, self.work, self.heap = pathlib.Path(home).resolve(), pathlib.Path(work).resolve(), heap
        self.port = free_ports(1)[0]
        self.process = None

    def start(self):
        """Returns the seconds from its start to the first answer about its flow."""
        conf = self.work / "conf"
        shutil.copytree(self.home / "conf", conf)
        settings = {key: self.work / name for key, name in WHERE_IT_KEEPS_WHAT.items()}
        settings |= PLAIN_HTTP | {"nifi.web.http.host": "127.0.0.1", "nifi.web.http.port": self.port, "nifi.nar.library.directory": self.home / "lib",
                                  "nifi.authorizer.configuration.file": conf / "authorizers.xml",
                                  "nifi.login.identity.provider.configuration.file": conf / "login-identity-providers.xml",
                                  "nifi.state.management.configuration.file": conf / "state-management.xml"}
        properties = conf / "nifi.properties"
        properties.write_text(_with_settings(properties.read_text(), settings))
        state = conf / "state-management.xml"
        state.write_text(state.read_text().replace("./state/local", str(self.work / "state")))
        for name in ("extensions", "logs"):
            (self.work / name).mkdir()
        jars = ":".join(str(jar) for jar in sorted((self.home / "lib").glob("*.jar")))
        begin = time.monotonic()
        # As its own script starts it, without the process that watches over it.
        self.process = Process(["java", "-Xms512m", f"-Xmx{self.heap}", "-Djava.net.preferIPv4Stack=true", "-Djava.awt.headless=true",
                                f"-Dnifi.properties.file.path={properties}", f"-Dorg.apache.nifi.bootstrap.config.log.dir={self.work / 'logs'}",
                                "-cp", f"{conf}:{jars}", "org.apache.nifi.NiFi"], {}, self.work / "logs" / "output", self.work)
        while time.monotonic() - begin < START_SECONDS_MAX:
            if self.process.process.poll() is not None:
                raise RuntimeError("NiFi ended: " + "".join(log.read_text()[-2000:] for log in (self.work / "logs").iterdir()))
            try:
                self.ask("GET", "flow/process-groups/root")
                return time.monotonic() - begin
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise RuntimeError("NiFi does not answer")

    def stop(self):
        if self.process is not None:
            self.process.stop()

    def version(self):
        return self.ask("GET", "flow/about")["about"]["version"]

    def ask(self, method, path, body=None, kind="application/json"):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/nifi-api/{path}", data=data, method=method, headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}") from error

    def upload(self, definition):
        """A flow definition becomes a process group; returns its id."""
        mark = uuid.uuid4().hex
        fields = {"groupName": definition["flowContents"]["name"], "positionX": "0", "positionY": "0", "clientId": mark}
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="flow.json"\r\nContent-Type: application/json\r\n\r\n')
        body = "".join(parts).encode() + json.dumps(definition).encode() + f"\r\n--{mark}--\r\n".encode()
        return self.ask("POST", "process-groups/root/process-groups/upload", body, f"multipart/form-data; boundary={mark}")["id"]

    def processors(self, group):
        """By name."""
        return {each["component"]["name"]: each for each in self.ask("GET", f"process-groups/{group}/processors")["processors"]}

    def set_properties(self, processor, properties):
        self.ask("PUT", f"processors/{processor['id']}",
                 {"revision": processor["revision"], "component": {"id": processor["id"], "config": {"properties": properties}}})

    def enable_services(self, group):
        self.ask("PUT", f"flow/process-groups/{group}/controller-services", {"id": group, "state": "ENABLED"})
        self._until(lambda: all(each["component"]["state"] == "ENABLED" for each in self.ask("GET", f"flow/process-groups/{group}/controller-services")["controllerServices"]))

    def run(self, group):
        problems = {name: each["component"]["validationErrors"] for name, each in self.processors(group).items() if each["component"].get("validationErrors")}
        if problems:
            raise RuntimeError(f"NiFi calls it invalid: {problems}")
        self.ask("PUT", f"flow/process-groups/{group}", {"id": group, "state": "RUNNING"})

    def halt(self, group):
        self.ask("PUT", f"flow/process-groups/{group}", {"id": group, "state": "STOPPED"})

    def came_into(self, group, name):
        """FlowFiles that a processor took in the last five minutes."""
        status = self.ask("GET", f"flow/process-groups/{group}/status?recursive=true")["processGroupStatus"]["aggregateSnapshot"]
        return next(each["processorStatusSnapshot"]["flowFilesIn"] for each in status["processorStatusSnapshots"] if each["processorStatusSnapshot"]["name"] == name)

    def wait_for(self, group, name, files, seconds_max=280):
        """Until a processor took so many; within the five minutes that NiFi counts."""
        self._until(lambda: self.came_into(group, name) >= files, seconds_max)

    def remembered(self):
        """Bytes, at most so far."""
        return self.process.memory("VmHWM")

    @staticmethod
    def _until(holds, seconds_max=60):
        begin = time.monotonic()
        while not holds():
            if time.monotonic() - begin > seconds_max:
                raise RuntimeError("NiFi takes too long")
            time.sleep(0.05)
