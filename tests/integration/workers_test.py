"""`pier worker` beside `pier serve`: shared work, and workers that are killed, frozen, cancelled, drained."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from pier_program import (DONE, DataDirectory, PierTest, Server, Worker, children_of, finish, is_alive, main,  # noqa: E402
                          pier, start)

RUNNING = "SELECT id, worker, attempt FROM tasks WHERE kind = 'encode' AND state = 'running'"


class Workers(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.folder / "master.mov"
        clips.ffmpeg(*clips.picture("256x144", 25, 15.2), *clips.sound(15.2), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "pcm_s16le", cls.master)
        # Encoding this takes some seconds, so that there is a middle of it.
        cls.longer = cls.folder / "longer.mov"
        clips.ffmpeg(*clips.picture("640x360", 50, 7.68), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p", "-g", "50", cls.longer)
        outcome = pier("publish", cls.master, "--data", cls.folder / "undisturbed", "--ladder", "tiny", "--json")
        assert outcome.code == DONE, outcome
        cls.undisturbed = DataDirectory(cls.folder / "undisturbed").published_digests()

    def begin(self, name, stack, master, *arguments):
        """A server without slots of its own and a publication that waits for workers; gives records and command."""
        records = DataDirectory(self.folder / name)
        stack.enter_context(Server(records.path, "--no-worker"))
        command = start("publish", os.fspath(master), "--data", str(records.path), "--ladder", "tiny", "--json", *arguments)
        stack.callback(lambda: command.poll() is None and command.kill())
        return records, command

    def check_end(self, records, digests=None):
        if digests:
            self.assertEqual(records.published_digests(), digests)
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE state NOT IN ('done', 'superseded')"), [])
        self.assert_done(pier("verify", "--data", records.path, "--json"))

    def test_two_share_a_publication(self):
        with contextlib.ExitStack() as stack:
            records, command = self.begin("shared", stack, self.master)
            workers = [stack.enter_context(Worker(records.path, name)) for name in ("one", "two")]
            self.assert_done(finish(command))
            used = {row["worker"] for row in records.rows("SELECT DISTINCT worker FROM tasks WHERE kind = 'encode'")}
            self.assertEqual(used, {worker.id for worker in workers})
            listed = pier("workers", "list", "--data", records.path, "--json").answer["workers"]
            self.assertEqual([(one["name"], one["state"], one["running"]) for one in listed],
                             [("one", "active", 0), ("two", "active", 0)])
            stack.enter_context(Worker(records.path, "three"))  # for the verification
            self.check_end(records, self.undisturbed)
        self.assertEqual(records.rows("SELECT id FROM workers WHERE state <> 'gone'"), [])
        self.assertEqual(records.orphans(), [])

    def test_nobody_has_made_the_directory(self):
        self.assert_refused(pier("worker", "--data", self.folder / "nothing", "--json"), "not_found")
        self.assert_refused(pier("worker", "--data", self.folder / "undisturbed", "--tags", "Not A Tag", "--json"),
                            "invalid_argument")

    def test_killed(self):
        """What a killed worker ran goes on at once elsewhere: the kernel tells that it is dead, no lease must pass."""
        with contextlib.ExitStack() as stack:
            records, command = self.begin("killed", stack, self.longer)
            first = stack.enter_context(Worker(records.path, "first"))
            second = stack.enter_context(Worker(records.path, "second"))
            records.wait_for(RUNNING + " AND worker = ?", first.id, process=command)
            time.sleep(0.3)
            task = records.rows(RUNNING + " AND worker = ?", first.id)
            children = children_of(first.process.pid)
            first.kill()
            self.assert_done(finish(command))
            for pid, since in children:
                self.assertFalse(is_alive(pid, since))
            if task:  # it was killed in the middle
                row = records.rows("SELECT worker, attempt, tries FROM tasks WHERE id = ?", task[0]["id"])[0]
                self.assertEqual((row["worker"], row["attempt"], row["tries"]), (second.id, task[0]["attempt"] + 1, 1))
            self.check_end(records)
        with Server(records.path):  # sweeps what the dead one left
            self.assertEqual(records.orphans(), [])

    def test_frozen_past_its_lease(self):
        """The task is given to another, and what the frozen one brings when it wakes is refused."""
        with contextlib.ExitStack() as stack:
            records, command = self.begin("frozen", stack, self.longer)
            frozen = stack.enter_context(Worker(records.path, "frozen", "--lease", "2"))
            task = records.wait_for(RUNNING, process=command)[0]
            frozen.process.send_signal(signal.SIGSTOP)
            other = stack.enter_context(Worker(records.path, "other", "--lease", "2"))
            again = records.wait_for("SELECT attempt FROM tasks WHERE id = ? AND worker = ?", task["id"], other.id)[0]
            self.assertEqual(again["attempt"], task["attempt"] + 1)
            records.wait_for("SELECT id FROM tasks WHERE id = ? AND state = 'done'", task["id"])
            done = records.rows("SELECT worker, attempt, result FROM tasks WHERE id = ?", task["id"])
            frozen.process.send_signal(signal.SIGCONT)
            self.assert_done(finish(command))
            self.assertEqual(records.rows("SELECT worker, attempt, result FROM tasks WHERE id = ?", task["id"]), done)
            self.check_end(records)
            frozen.process.send_signal(signal.SIGTERM)
            self.assertEqual(finish(frozen.process, 30).code, DONE)
            self.assertEqual(records.orphans(), [])

    def test_cancel_stops_an_encode(self):
        with contextlib.ExitStack() as stack:
            records, command = self.begin("cancelled", stack, self.longer)
            worker = stack.enter_context(Worker(records.path, "one"))
            records.wait_for(RUNNING, process=command)
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            began = time.monotonic()
            self.assert_done(pier("jobs", "cancel", job, "--data", records.path, "--json"))
            while children_of(worker.process.pid):
                self.assertLess(time.monotonic() - began, 5, "the encode goes on")
                time.sleep(0.02)
            self.assertEqual(finish(command).code, 2)
            self.assertEqual(records.rows("SELECT state FROM assets")[0]["state"], "failed")
            self.assert_done(pier("jobs", "retry", job, "--data", records.path, "--json"))
            records.wait_for("SELECT id FROM jobs WHERE id = ? AND state = 'done'", job)
            self.assertEqual(records.rows("SELECT state FROM assets")[0]["state"], "published")
            self.check_end(records)
            self.assert_refused(pier("jobs", "retry", job, "--data", records.path, "--json"), "conflict")

    def test_drained_and_paused(self):
        with contextlib.ExitStack() as stack:
            records, command = self.begin("drained", stack, self.longer)
            leaving = stack.enter_context(Worker(records.path, "leaving"))
            paused = stack.enter_context(Worker(records.path, "paused"))
            self.assert_done(pier("workers", "pause", paused.id, "--data", records.path, "--json"))
            task = records.wait_for(RUNNING + " AND worker = ?", leaving.id, process=command)[0]
            self.assert_done(pier("workers", "drain", leaving.id, "--data", records.path, "--json"))
            self.assertEqual(finish(leaving.process).code, DONE)
            row = records.rows("SELECT state, worker FROM tasks WHERE id = ?", task["id"])[0]
            self.assertEqual((row["state"], row["worker"]), ("done", leaving.id))
            self.assertEqual(records.rows("SELECT id FROM tasks WHERE state = 'running' AND worker <> ?", paused.id), [])
            self.assert_refused(pier("workers", "drain", leaving.id, "--data", records.path, "--json"), "conflict")
            self.assert_done(pier("workers", "resume", paused.id, "--data", records.path, "--json"))
            self.assert_done(finish(command))
            self.check_end(records)

    def test_tags(self):
        """Who has the wrong tags does not encode; the job says what it waits for, and goes on when such a one comes."""
        with contextlib.ExitStack() as stack:
            records, command = self.begin("tagged", stack, self.master, "--tags", "large,8k")
            plain = stack.enter_context(Worker(records.path, "plain", "--tags", "8k"))
            records.wait_for("SELECT id FROM tasks WHERE kind = 'sound' AND state = 'done'", process=command)
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            time.sleep(1)
            tagged = "SELECT tags FROM tasks WHERE kind IN ('calibrate', 'encode') AND state "
            self.assertEqual(records.rows(tagged + "NOT IN ('ready', 'blocked')"), [])
            view = pier("jobs", "show", job, "--data", records.path, "--json").answer
            self.assertEqual({row["tags"] for row in records.rows(tagged + "IN ('ready', 'blocked')")}, {"8k,large"})
            self.assertEqual([(wait["tags"], wait["tasks"]) for wait in view["waits_for"]],
                             [(["8k", "large"], len(records.rows(tagged + "= 'ready'")))])
            told = pier("jobs", "show", job, "--data", records.path).out.decode()
            self.assertIn("waits for a worker that offers 8k,large", told)
            self.assertIn(view["waits_for"][0]["since"], told)
            large = stack.enter_context(Worker(records.path, "large", "--tags", "8k,gpu,large"))
            self.assert_done(finish(command))
            self.assertEqual({row["worker"] for row in records.rows("SELECT worker FROM tasks WHERE kind = 'encode'")},
                             {large.id})
            self.assertTrue(records.rows("SELECT id FROM tasks WHERE worker = ?", plain.id))
            self.assertNotIn("waits_for", pier("jobs", "show", job, "--data", records.path, "--json").answer)
            self.check_end(records, self.undisturbed)
        self.assert_refused(pier("publish", self.master, "--data", records.path, "--tags", "8K", "--json"),
                            "invalid_argument")

    def test_memory_runs_out(self):
        """An encode that meets its bound is tried again with more memory and one thread, and the result is the same."""
        with contextlib.ExitStack() as stack:
            records, command = self.begin("memory", stack, self.master, "--tags", "large")
            os.environ["PIER_TASK_MEMORY_LEAST"] = str(16 << 20)
            stack.callback(os.environ.pop, "PIER_TASK_MEMORY_LEAST")
            plain = stack.enter_context(Worker(records.path, "plain"))
            task = records.wait_for("SELECT id FROM tasks WHERE kind = 'encode' AND state IN ('ready', 'blocked')"
                                    " ORDER BY cost DESC", process=command)[0]
            usual = DataDirectory(self.folder / "undisturbed").rows("SELECT result FROM tasks WHERE kind = 'encode'")
            peak = max(json.loads(row["result"])["peak_rss"] for row in usual)
            told_to_need = int(peak / 2 / 3)  # it is stopped at half of what it takes, though the machine has more
            with contextlib.closing(sqlite3.connect(records.path / "pier.db", timeout=30)) as connection, connection:
                connection.execute("UPDATE tasks SET memory_bytes = ? WHERE id = ?", (told_to_need, task["id"]))
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            stack.enter_context(Worker(records.path, "large", "--tags", "large"))
            self.assert_done(finish(command))
            row = records.rows("SELECT * FROM tasks WHERE id = ?", task["id"])[0]
            ends = json.loads(row["bad_ends"])
            self.assertGreaterEqual(len(ends), 1)
            self.assertEqual({end["error"]["code"] for end in ends}, {"too_large"})
            self.assertEqual((ends[0]["memory_bytes"], ends[0]["settings"]), (told_to_need, None))
            self.assertGreaterEqual(row["memory_bytes"], 1.5 * told_to_need)
            self.assertEqual(json.loads(row["settings"]), {"threads": 1, "rungs_at_once": 1})
            others = records.rows("SELECT id FROM tasks WHERE id <> ? AND settings IS NOT NULL", task["id"])
            self.assertEqual(others, [])
            told = pier("jobs", "show", job, "--data", records.path).out.decode()
            self.assertIn("too_large", told)
            self.assertRegex(told, r"tried again with [0-9.]+ MB and 1 thread, one rung at a time")
            self.assertIsNone(plain.process.poll())
            self.check_end(records, self.undisturbed)

    def test_the_server_is_killed_and_comes_back(self):
        """Workers go on meanwhile, and what they are writing is not swept by the next server."""
        with contextlib.ExitStack() as stack:
            records = DataDirectory(self.folder / "served")
            server = Server(records.path, "--no-worker")
            command = start("publish", os.fspath(self.longer), "--data", str(records.path), "--ladder", "tiny", "--json")
            stack.enter_context(Worker(records.path, "one"))
            task = records.wait_for(RUNNING, process=command)[0]
            server.process.kill()
            server.process.communicate()
            self.assertEqual(finish(command).code, 2)
            stack.enter_context(Server(records.path, "--no-worker"))
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")
            row = records.rows("SELECT attempt, tries FROM tasks WHERE id = ?", task["id"])[0]
            self.assertEqual((row["attempt"], row["tries"]), (task["attempt"], 0))
            self.check_end(records)


if __name__ == "__main__":
    main()
