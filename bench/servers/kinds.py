"""The servers that can be measured, each with the ways it can be set to acknowledge a PUT. What a way promises was read in the server's own documentation
and source; s3_servers.py counts the synced writes beside it."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import typing

ACCESS_KEY, SECRET_KEY = "benchaccesskey", "benchsecretkey0123456789"


@dataclasses.dataclass
class Kind:
    name: str  # of the server, and after a slash of the way it is set
    program: str
    promise: str  # what an acknowledged PUT has survived
    command: typing.Callable  # (program, data, ports) -> arguments; the first port is S3's
    environment: dict = dataclasses.field(default_factory=dict)
    credentials: typing.Callable = lambda program, data: (ACCESS_KEY, SECRET_KEY)
    after_first_start: typing.Callable = lambda program, data, ports: None
    only_reads: bool = False  # objects are files below the data directory

    def find(self, given):
        return given.get(self.name.split("/")[0]) or shutil.which(self.program)


def _freshet(program, data, ports):
    return [program, "serve", "--data", data, "--s3-listen", f"127.0.0.1:{ports[0]}", "--listen", f"127.0.0.1:{ports[1]}"]


def _freshet_credentials(program, data):
    printed = json.loads(subprocess.run([program, "credentials", "--data", data], check=True, capture_output=True, text=True).stdout)
    return printed["AWS_ACCESS_KEY_ID"], printed["AWS_SECRET_ACCESS_KEY"]


def _minio(program, data, ports):
    return [program, "server", "--quiet", "--address", f"127.0.0.1:{ports[0]}", "--console-address", f"127.0.0.1:{ports[1]}", data]


def _versitygw(program, data, ports):
    return [program, "--port", f"127.0.0.1:{ports[0]}", "--access", ACCESS_KEY, "--secret", SECRET_KEY, "--quiet", "--keep-alive", "posix", data]


def _seaweedfs(program, data, ports):
    identities = {
        "identities": [
            {"name": "bench", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}], "actions": ["Admin", "Read", "Write", "List"]}
        ]
    }
    pathlib.Path(data, "s3.json").write_text(json.dumps(identities))
    return [
        program,
        "-logtostderr=true",
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3",
        f"-s3.port={ports[0]}",
        f"-s3.config={data}/s3.json",
        f"-master.port={ports[1]}",
        f"-volume.port={ports[2]}",
        f"-filer.port={ports[3]}",
        "-master.volumeSizeLimitMB=4096",
        "-volume.max=0",
    ]


def _seaweedfs_fsync(program, data, ports):
    """What `fs.configure` of its shell keeps: writes below this folder are synced."""
    script = "lock\nfs.configure -locationPrefix=/buckets/ -fsync -apply\nunlock\n"
    done = subprocess.run(
        [program, "shell", f"-master=127.0.0.1:{ports[1]}", f"-filer=127.0.0.1:{ports[3]}"], input=script, capture_output=True, text=True, timeout=60
    )
    if '"fsync": true' not in done.stdout.replace('"fsync":  true', '"fsync": true'):
        raise RuntimeError(f"the rule was not taken: {done.stdout}{done.stderr}")


def _nginx(program, data, ports):
    folder = pathlib.Path(data).resolve()
    (folder / "nginx.conf").write_text(f"""worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
user root;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10000; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{ports[0]}; root {folder}; }}
}}
""")
    return [program, "-e", folder / "error.log", "-p", folder, "-c", folder / "nginx.conf"]


_KEYS = {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "MINIO_UPDATE": "off", "MINIO_BROWSER": "off"}

KINDS = [
    Kind("freshet", "freshet", "power loss: bytes and index are in a log that is synced, for many PUTs at once", _freshet, credentials=_freshet_credentials),
    Kind("minio/default", "minio", "power loss for the bytes (each file is synced); the names of new files are not synced", _minio, _KEYS),
    Kind(
        "minio/osync",
        "minio",
        "power loss: it calls sync() for the whole machine after each object (MINIO_FS_OSYNC=on)",
        _minio,
        {**_KEYS, "MINIO_FS_OSYNC": "on"},
    ),
    Kind("versitygw/default", "versitygw", "the end of the process: its posix backend has no sync and no option for one", _versitygw),
    Kind("seaweedfs/default", "weed", "the end of the process: data in the kernel's cache", _seaweedfs),
    Kind(
        "seaweedfs/fsync",
        "weed",
        "power loss for the data (fs.configure -fsync); its directory (LevelDB) is not synced",
        _seaweedfs,
        after_first_start=_seaweedfs_fsync,
    ),
    Kind("nginx", "nginx", "none: static files, the reference for reading", _nginx, credentials=lambda program, data: None, only_reads=True),
]
