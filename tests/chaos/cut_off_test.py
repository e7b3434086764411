"""The network to S3 or to PostgreSQL is cut for half a minute and comes back. Needs PIER_S3_PEER, as ctest sets it."""

import contextlib
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "peers")]

import relay  # noqa: E402
from pier_program import main  # noqa: E402
from shared_program import PEER, RUNNING, SharedRecords, SharedTest  # noqa: E402

AWAY = 30  # seconds


class CutOff(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.make_longer()

    def publication(self, name, s3=None, database=None, cut=None):
        """One by a server and two workers; `cut` is cut in the middle of an encode. Its tracks by digest, and what
        became of the task that ran then."""
        records = SharedRecords(self.peer)
        if s3:
            records.store = records.store.replace(PEER["endpoint"], "http://{}:{}".format(*s3.address))
        url = "postgresql://pier@{}:{}/{}".format(*database.address, records.name) if database else records.url
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, name, records=records)
            for worker in ("one", "two"):
                there.worker(worker, url=url)
            command = there.begin(self.master)
            task = None
            if cut:
                task = records.wait_for(RUNNING, process=command)[0]
                cut.cut()
                time.sleep(AWAY)
                cut.heal()
            made = self.end(there, command)
            after = task and records.rows("SELECT attempt, tries FROM tasks WHERE id = ?", task["id"])[0]
        return made, task, after

    def test_cut_off_from_s3_and_from_postgresql(self):
        """The end is that of an undisturbed publication, byte for byte; no task is tried again for it."""
        undisturbed, _, _ = self.publication("undisturbed")
        self.assertTrue(undisturbed)
        with self.subTest("S3"):
            host, port = PEER["endpoint"].removeprefix("http://").split(":")
            wire = relay.Relay((host, int(port)))
            self.addCleanup(wire.close)
            made, task, after = self.publication("s3", s3=wire, cut=wire)
            self.assertEqual(made, undisturbed)
            self.assertEqual((after["attempt"], after["tries"]), (task["attempt"], 0))
        with self.subTest("PostgreSQL"):
            wire = relay.Relay((self.peer.folder / "sockets").resolve() / ".s.PGSQL.5432")
            self.addCleanup(wire.close)
            made, task, after = self.publication("postgresql", database=wire, cut=wire)
            self.assertEqual(made, undisturbed)
            self.assertEqual((after["attempt"], after["tries"]), (task["attempt"], 0))


if __name__ == "__main__":
    main()
