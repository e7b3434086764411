"""The encoder crashes on one chunk three times, with records in PostgreSQL and objects in S3. Needs PIER_S3_PEER, as
ctest sets it."""

import contextlib
import pathlib
import signal
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "peers")]

from crashes import crash_encoders  # noqa: E402
from pier_program import FAILED, finish, main, pier  # noqa: E402
from shared_program import RUNNING, SharedTest  # noqa: E402

ENDED = "SELECT id, attempt FROM tasks WHERE state = 'done' ORDER BY id"


class Crash(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.make_longer()

    def test_three_crashes_of_one_chunk(self):
        """The job fails with its cause, every attempt told; taken up again it ends as if nothing had been."""
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "undisturbed", workers=("only",))
            undisturbed = self.end(there, there.begin(self.master))
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "crashing")
            records, worker, command = there.records, there.worker("only"), there.begin(self.master)
            chunk = records.wait_for(RUNNING, process=command)[0]["id"]
            crashed = crash_encoders(worker.process.pid, records, command, signal.SIGSEGV, 3, only=chunk)
            self.assertEqual(crashed, 3)
            outcome = finish(command)
            self.assertEqual((outcome.code, outcome.error_code), (FAILED, "crashed"), str(outcome))
            for part in ("encode", "crashed (signal 11)"):
                self.assertIn(part, outcome.message)
            failed = records.rows("SELECT id, tries FROM tasks WHERE state = 'failed'")
            self.assertEqual(failed, [{"id": chunk, "tries": 3}])
            self.assertEqual(records.rows("SELECT id FROM tracks"), [])
            self.assertIsNone(worker.process.poll(), "the worker works on")
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            tried = pier("jobs", "show", job, "--data", there.data(), "--json").answer["tried"]
            self.assertEqual([[end["error"]["code"] for end in one["bad_ends"]] for one in tried if one["id"] == chunk],
                             [["crashed"] * 3])

            before = {row["id"]: row["attempt"] for row in records.rows(ENDED)}
            self.assert_done(pier("jobs", "retry", job, "--data", there.data(), "--json"))
            records.wait_for("SELECT id FROM jobs WHERE id = ? AND state = 'done'", job)
            after = {row["id"]: row["attempt"] for row in records.rows(ENDED)}
            self.assertEqual({task: after[task] for task in before}, before, "what was done is not done again")
            self.assert_whole(there)
            asset = records.rows("SELECT id FROM assets WHERE state = 'published'")[0]["id"]
            self.assertEqual(there.made(asset), undisturbed)


if __name__ == "__main__":
    main()
