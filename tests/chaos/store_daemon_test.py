"""A daemon that keeps the objects is killed while a publication runs: one of two, or the only one, which comes back.
Needs PIER_S3_PEER, as ctest sets it, for the undisturbed run; the clusters that lose a daemon are the tests' own."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "peers")]

from pier_program import Server, Worker, finish, main, pier, start  # noqa: E402
from shared_program import CONTENT, KEYS, PEER, RUNNING, SharedRecords, SharedTest  # noqa: E402

GATEWAY = TESTS / "peers" / "rados_gateway.py"
AWAY = 15  # seconds


class Cluster:
    """A gateway with daemons of its own; `how` is "start" (objects in memory) or "keep" (on the disk)."""

    def __init__(self, folder, how, daemons):
        self.folder = folder
        subprocess.run([sys.executable, GATEWAY, how, folder, "--osds", str(daemons), "--watch", str(os.getpid())],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300)
        self.endpoint = json.loads((folder / "peer.json").read_text())["endpoint"]

    def stop(self):
        subprocess.run([sys.executable, GATEWAY, "stop", self.folder], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=60)

    def kill(self, number):
        pid = int((self.folder / "run" / f"osd.{number}.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while pathlib.Path(f"/proc/{pid}/exe").exists() and time.monotonic() < end:
            time.sleep(0.05)

    def start(self, number):
        subprocess.run(["ceph-osd", "-i", str(number)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60, env={**os.environ, "CEPH_CONF": f"{self.folder}/ceph.conf"})


class StoreDaemon(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.make_longer()
        cls.undisturbed = cls.publication("undisturbed", PEER["endpoint"])

    @classmethod
    def publication(cls, name, endpoint, disturb=lambda: None):
        """By a server and two workers, disturbed while an encode runs. What became of every track, and no task is lost."""
        records, folder = SharedRecords(cls.peer), cls.folder / name
        records.store = records.store.replace(PEER["endpoint"], endpoint)
        with contextlib.ExitStack() as stack:
            stack.enter_context(Server(folder / "server", "--no-worker", "--database", records.url, "--store",
                                       records.store, env=KEYS))
            for worker in ("one", "two"):
                stack.enter_context(Worker(folder / worker, worker, "--database", records.url, records=records, env=KEYS))
            command = start("publish", os.fspath(cls.master), "--data", str(folder / "server"), "--ladder", "tiny", "--json")
            stack.callback(lambda: command.poll() is None and command.kill())
            records.wait_for(RUNNING, process=command)
            disturb()
            outcome = finish(command)
            assert outcome.code == 0, outcome
            assert not records.rows("SELECT id FROM tasks WHERE state NOT IN ('done', 'superseded')")
            verified = pier("verify", "--data", folder / "server", "--json", env=KEYS)
            assert verified.code == 0, verified
            return {rung: records.rows(CONTENT.format(hex="encode(sha256, 'hex')"), track["media"])
                    for rung, track in records.tracks(outcome.answer["asset"]["id"]).items()}

    def cluster(self, name, how, daemons):
        cluster = Cluster(self.folder / name, how, daemons)
        self.addCleanup(cluster.stop)
        return cluster

    def test_one_of_two_is_killed(self):
        """Every object is kept twice: the other one serves on, the killed one never comes back."""
        cluster = self.cluster("two-daemons", "start", 2)
        made = self.publication("one-of-two", cluster.endpoint, lambda: cluster.kill(1))
        self.assertEqual(made, self.undisturbed)

    def test_the_only_one_is_killed_and_comes_back(self):
        cluster = self.cluster("one-daemon", "keep", 1)

        def disturb():
            cluster.kill(0)
            time.sleep(AWAY)
            cluster.start(0)
        self.assertEqual(self.publication("only-one", cluster.endpoint, disturb), self.undisturbed)


if __name__ == "__main__":
    main()
