"""What tests of an installation on servers share: records in a PostgreSQL of their own, objects in the S3 of ctest."""

import json
import os
import pathlib
import sys
import urllib.request
import uuid

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "peers")]

import clips  # noqa: E402
import postgresql  # noqa: E402
from pier_program import PierTest, Records  # noqa: E402

PEER = json.loads(pathlib.Path(os.environ["PIER_S3_PEER"]).read_text())
KEYS = {"AWS_ACCESS_KEY_ID": PEER["access_key"], "AWS_SECRET_ACCESS_KEY": PEER["secret_key"]}
RUNNING = "SELECT id, worker, attempt FROM tasks WHERE kind = 'encode' AND state = 'running'"
CONTENT = "SELECT size, {hex} AS sha256 FROM objects WHERE key = ?"


class SharedRecords(Records):
    """A database of its own on the server of these tests."""

    def __init__(self, server):
        self.server, self.name = server, "pier_" + uuid.uuid4().hex[:12]
        server.query(f"CREATE DATABASE {self.name}")
        self.url = server.url(self.name)
        self.store = f's3://{PEER["bucket"]}/{self.name}?endpoint={PEER["endpoint"]}'

    def rows(self, query, *values):
        for value in values:
            query = query.replace("?", "'" + str(value).replace("'", "''") + "'", 1)
        if self.server.query("SELECT count(to_regclass('tasks'))", self.name) == [["0"]]:
            return []
        found = self.server.query(f"WITH found AS ({query}) SELECT coalesce(json_agg(found), '[]') FROM found", self.name)
        return json.loads(found[0][0])


def fetch(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


class SharedTest(PierTest):
    """A test with a PostgreSQL of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.peer = postgresql.Server(pathlib.Path("/tmp") / f"pier-records-{os.getpid()}")
        cls.addClassCleanup(cls.peer.stop)
        cls.peer.start()

    @classmethod
    def make_master(cls, seconds):
        path = cls.folder / "master.mov"
        clips.ffmpeg(*clips.picture("256x144", 25, seconds), *clips.sound(seconds), "-c:v", "libx264", "-preset",
                     "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "pcm_s16le", path)
        return path

    @classmethod
    def make_longer(cls):
        """Encoding this takes some seconds, so that there is a middle of it."""
        path = cls.folder / "longer.mov"
        clips.ffmpeg(*clips.picture("640x360", 50, 7.68), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p", "-g", "50", path)
        return path
