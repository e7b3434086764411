"""A full disk of one worker, and a master that one cannot read: others do the work, and no try is counted. Needs
PIER_S3_PEER, as ctest sets it."""

import contextlib
import os
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "peers")]

from disks import resize, tmpfs, without  # noqa: E402
from pier_program import FAILED, Server, Worker, finish, main, pier, start  # noqa: E402
from shared_program import CONTENT, KEYS, SharedRecords, SharedTest  # noqa: E402

HINDERED = "SELECT id FROM workers WHERE note <> ''"

class OneOfThem(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.folder / "masters"
        cls.place.mkdir()
        cls.master = cls.make_longer().rename(cls.place / "longer.mov")

    def begin(self, name, stack):
        records = SharedRecords(self.peer)
        folder = self.folder / name
        stack.enter_context(Server(folder / "server", "--no-worker", "--database", records.url, "--store", records.store,
                                   env=KEYS))
        return records, folder

    def worker(self, stack, records, folder, name, before=()):
        return stack.enter_context(Worker(folder, name, "--database", records.url, records=records, env=KEYS,
                                          before=before))

    def publish(self, folder, stack, *arguments):
        command = start("publish", os.fspath(self.master), "--data", str(folder / "server"), "--ladder", "tiny", "--json",
                        *arguments)
        stack.callback(lambda: command.poll() is None and command.kill())
        return command

    def check_end(self, records, folder, command):
        """Done, no task tried again, every track whole. Digests of the tracks."""
        outcome = finish(command)
        self.assert_done(outcome)
        self.assertEqual(records.rows("SELECT id, kind, tries FROM tasks WHERE tries > 0"), [])
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE state NOT IN ('done', 'superseded')"), [])
        return {rung: records.rows(CONTENT.format(hex="encode(sha256, 'hex')"), track["media"])
                for rung, track in records.tracks(outcome.answer["asset"]["id"]).items()}

    def test_disk_full_on_one_worker(self):
        with contextlib.ExitStack() as stack:
            records, folder = self.begin("full", stack)
            disk = stack.enter_context(tmpfs(self.folder / "small-disk", "size=256k"))
            small = self.worker(stack, records, disk / "data", "small")
            command = self.publish(folder, stack)
            records.wait_for(HINDERED, process=command)
            attempts = records.rows("SELECT sum(attempt) AS n FROM tasks")
            time.sleep(3)
            self.assertEqual(records.rows("SELECT sum(attempt) AS n FROM tasks"), attempts, "it takes nothing meanwhile")
            self.assertEqual(records.rows("SELECT id FROM tasks WHERE state IN ('running', 'failed')"), [])
            listed = pier("workers", "list", "--data", folder / "server", "--json").answer["workers"]
            self.assertEqual([one["state"] for one in listed], ["active"])
            self.assertRegex(listed[0]["note"], rf"^no room in {disk}/data: needs 64 MiB free, has 0 MiB$")
            self.assertIn(listed[0]["note"], pier("workers", "list", "--data", folder / "server").out.decode())
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            view = pier("jobs", "show", job, "--data", folder / "server", "--json").answer
            self.assertEqual(view["waits_for"][0]["hindrances"], ["small: " + listed[0]["note"]])
            self.assertIn("small: no room in", pier("jobs", "show", job, "--data", folder / "server").out.decode())

            with contextlib.ExitStack() as other:
                roomy = self.worker(other, records, folder / "roomy", "roomy")
                made = self.check_end(records, folder, command)
                self.assertEqual({row["worker"] for row in records.rows("SELECT DISTINCT worker FROM tasks WHERE kind = 'encode'")},
                                 {roomy.id})
            resize(disk, "128m")
            records.wait_for("SELECT id FROM workers WHERE id = ? AND note = ''", small.id, timeout=30)
            # Once more, with other chunks: by the worker that has room again.
            again = self.check_end(records, folder, self.publish(folder, stack, "--out", "6"))
            self.assertEqual(again.keys(), made.keys())
            done = "SELECT worker FROM tasks WHERE kind = 'encode' AND reused = 0 ORDER BY id DESC LIMIT 1"
            self.assertEqual(records.rows(done)[0]["worker"], small.id)

    def test_a_master_that_one_worker_cannot_read(self):
        with contextlib.ExitStack() as stack:
            records, folder = self.begin("unreadable", stack)
            blind = self.worker(stack, records, folder / "blind", "blind", without(self.place))
            seeing = self.worker(stack, records, folder / "seeing", "seeing")
            command = self.publish(folder, stack)
            self.check_end(records, folder, command)
            readers = "SELECT DISTINCT worker FROM tasks WHERE kind IN ('probe', 'analyse', 'encode', 'verify')"
            self.assertEqual({row["worker"] for row in records.rows(readers)}, {seeing.id})
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            kept = records.rows("SELECT refusals, note, state FROM workers WHERE id = ?", blind.id)[0]
            self.assertIn(job, kept["refusals"], "it has met the master once, and left the job to others")
            self.assertEqual((kept["note"], kept["state"]), ("", "active"), "it would take other work")

    def test_a_master_that_no_worker_can_read(self):
        """The job fails, and says of each worker why."""
        with contextlib.ExitStack() as stack:
            records, folder = self.begin("nobody", stack)
            for name in ("one", "two"):
                self.worker(stack, records, folder / name, name, without(self.place))
            outcome = finish(self.publish(folder, stack))
            self.assertEqual((outcome.code, outcome.error_code), (FAILED, "not_found"), str(outcome))
            for part in ("no worker can read the master", "one: ", "two: ", os.fspath(self.master), "--keep copy"):
                self.assertIn(part, outcome.message)


if __name__ == "__main__":
    main()
