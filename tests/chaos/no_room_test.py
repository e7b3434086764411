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
from pier_program import FAILED, finish, main, pier  # noqa: E402
from shared_program import SharedTest  # noqa: E402

HINDERED = "SELECT id FROM workers WHERE note <> ''"


class OneOfThem(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.folder / "masters"
        cls.place.mkdir()
        cls.master = cls.make_longer().rename(cls.place / "longer.mov")

    def end(self, installation, command):
        """No task was tried again, either."""
        made = super().end(installation, command)
        self.assertEqual(installation.records.rows("SELECT id, kind, tries FROM tasks WHERE tries > 0"), [])
        return made

    def test_disk_full_on_one_worker(self):
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "full")
            records = there.records
            disk = stack.enter_context(tmpfs(self.folder / "small-disk", "size=256k"))
            small = there.worker("small", folder=disk / "data")
            command = there.begin(self.master)
            records.wait_for(HINDERED, process=command)
            attempts = records.rows("SELECT sum(attempt) AS n FROM tasks")
            time.sleep(3)
            self.assertEqual(records.rows("SELECT sum(attempt) AS n FROM tasks"), attempts, "it takes nothing meanwhile")
            self.assertEqual(records.rows("SELECT id FROM tasks WHERE state IN ('running', 'failed')"), [])
            listed = pier("workers", "list", "--data", there.data(), "--json").answer["workers"]
            self.assertEqual([one["state"] for one in listed], ["active"])
            self.assertRegex(listed[0]["note"], rf"^no room in {disk}/data: needs 64 MiB free, has 0 MiB$")
            self.assertIn(listed[0]["note"], pier("workers", "list", "--data", there.data()).out.decode())
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            view = pier("jobs", "show", job, "--data", there.data(), "--json").answer
            self.assertEqual(view["waits_for"][0]["hindrances"], ["small: " + listed[0]["note"]])
            self.assertIn("small: no room in", pier("jobs", "show", job, "--data", there.data()).out.decode())

            with contextlib.ExitStack() as other:
                roomy = there.worker("roomy", stack=other)
                made = self.end(there, command)
                self.assertEqual({row["worker"] for row in records.rows("SELECT DISTINCT worker FROM tasks WHERE kind = 'encode'")},
                                 {roomy.id})
            resize(disk, "128m")
            records.wait_for("SELECT id FROM workers WHERE id = ? AND note = ''", small.id, timeout=30)
            # Once more, with other chunks: by the worker that has room again.
            again = self.end(there, there.begin(self.master, "--out", "6"))
            self.assertEqual(again.keys(), made.keys())
            done = "SELECT worker FROM tasks WHERE kind = 'encode' AND reused = 0 ORDER BY id DESC LIMIT 1"
            self.assertEqual(records.rows(done)[0]["worker"], small.id)

    def test_a_master_that_one_worker_cannot_read(self):
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "unreadable")
            records = there.records
            blind, seeing = there.worker("blind", before=without(self.place)), there.worker("seeing")
            self.end(there, there.begin(self.master))
            readers = "SELECT DISTINCT worker FROM tasks WHERE kind IN ('probe', 'analyse', 'encode', 'verify')"
            self.assertEqual({row["worker"] for row in records.rows(readers)}, {seeing.id})
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            kept = records.rows("SELECT refusals, note, state FROM workers WHERE id = ?", blind.id)[0]
            self.assertIn(job, kept["refusals"], "it has met the master once, and left the job to others")
            self.assertEqual((kept["note"], kept["state"]), ("", "active"), "it would take other work")

    def test_a_master_that_no_worker_can_read(self):
        """The job fails, and says of each worker why."""
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "nobody")
            for name in ("one", "two"):
                there.worker(name, before=without(self.place))
            outcome = finish(there.begin(self.master))
            self.assertEqual((outcome.code, outcome.error_code), (FAILED, "not_found"), str(outcome))
            for part in ("no worker can read the master", "one: ", "two: ", os.fspath(self.master), "--keep copy"):
                self.assertIn(part, outcome.message)


if __name__ == "__main__":
    main()
