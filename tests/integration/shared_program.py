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
from pier_program import PierTest, Records, Server, Worker, finish, pier, start  # noqa: E402

PEER = json.loads(pathlib.Path(os.environ["PIER_S3_PEER"]).read_text())
KEYS = {"AWS_ACCESS_KEY_ID": PEER["access_key"], "AWS_SECRET_ACCESS_KEY": PEER["secret_key"]}
RUNNING = "SELECT id, worker, attempt FROM tasks WHERE kind = 'encode' AND state = 'running'"
CONTENT = "SELECT size, {hex} AS sha256 FROM objects WHERE key = ?"
NOT_ENDED = "SELECT id, kind, state FROM tasks WHERE state NOT IN ('done', 'superseded')"


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


class Installation:
    """Servers without slots and workers on shared records, each on a directory of its own, for as long as `stack`."""

    def __init__(self, stack, records, folder):
        self.stack, self.records, self.folder = stack, records, folder
        self.servers = []

    def server(self):
        """The first one says where the objects are; the others hear of it from the records."""
        place = () if self.servers else ("--store", self.records.store)
        self.servers.append(self.stack.enter_context(Server(self.data(len(self.servers)), "--no-worker", "--database",
                                                            self.records.url, *place, env=KEYS)))

    def data(self, number=0):
        return self.folder / f"server-{number}"

    def worker(self, name, *arguments, url=None, folder=None, stack=None, before=()):
        return (stack or self.stack).enter_context(
            Worker(folder or self.folder / name, name, "--database", url or self.records.url, *arguments,
                   records=self.records, env=KEYS, before=before))

    def begin(self, master, *arguments):
        """A publication, followed by a command."""
        command = start("publish", os.fspath(master), "--data", str(self.data()), "--ladder", "tiny", "--json", *arguments)
        self.stack.callback(lambda: command.poll() is None and command.kill())
        return command

    def made(self, asset):
        """{rung: size and digest} of the tracks."""
        return {rung: self.records.rows(CONTENT.format(hex="encode(sha256, 'hex')"), track["media"])
                for rung, track in self.records.tracks(asset).items()}


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

    def installation(self, stack, name, servers=1, workers=(), records=None):
        one = Installation(stack, records or SharedRecords(self.peer), self.folder / name)
        for _ in range(servers):
            one.server()
        for worker in workers:
            one.worker(worker)
        return one

    def assert_whole(self, installation):
        """All done, and all that is stored holds."""
        self.assertEqual(installation.records.rows(NOT_ENDED), [])
        self.assert_done(pier("verify", "--data", installation.data(), "--json", env=KEYS))

    def end(self, installation, command):
        """Waits for a publication that must succeed with everything whole; its tracks."""
        outcome = finish(command)
        self.assert_done(outcome)
        self.assert_whole(installation)
        return installation.made(outcome.answer["asset"]["id"])
