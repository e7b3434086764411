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

from pier_program import main  # noqa: E402
from shared_program import PEER, RUNNING, SharedRecords, SharedTest  # noqa: E402

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

    def publication(self, name, endpoint, disturb=lambda: None):
        """By a server and two workers, disturbed while an encode runs. What became of every track, and no task is lost."""
        records = SharedRecords(self.peer)
        records.store = records.store.replace(PEER["endpoint"], endpoint)
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, name, workers=("one", "two"), records=records)
            command = there.begin(self.master)
            records.wait_for(RUNNING, process=command)
            disturb()
            return self.end(there, command)

    def cluster(self, name, how, daemons):
        cluster = Cluster(self.folder / name, how, daemons)
        self.addCleanup(cluster.stop)
        return cluster

    def test_a_daemon_is_killed(self):
        """The end is that of an undisturbed publication, byte for byte."""
        undisturbed = self.publication("undisturbed", PEER["endpoint"])
        with self.subTest("one of two, for good"):  # every object is kept twice: the other one serves on
            cluster = self.cluster("two-daemons", "start", 2)
            self.assertEqual(self.publication("one-of-two", cluster.endpoint, lambda: cluster.kill(1)), undisturbed)
        with self.subTest("the only one, and it comes back"):
            cluster = self.cluster("one-daemon", "keep", 1)

            def disturb():
                cluster.kill(0)
                time.sleep(AWAY)
                cluster.start(0)
            self.assertEqual(self.publication("only-one", cluster.endpoint, disturb), undisturbed)


if __name__ == "__main__":
    main()
