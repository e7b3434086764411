"""`pier migrate`: from SQLite and a directory to PostgreSQL and S3. Needs PIER_S3_PEER, as ctest sets it."""

import contextlib
import os
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from pier_program import DataDirectory, Server, Worker, finish, main, pier, start  # noqa: E402
from shared_program import KEYS, SharedRecords, SharedTest, fetch  # noqa: E402

TABLES = "SELECT tbl_name AS name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migrations'"


def delivered(server, playlist):
    """{path: bytes} of a playlist and all that it names, and so on."""
    found, waiting = {}, [playlist]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = fetch(server.address + path)
        if path.endswith(".m3u8"):
            for line in found[path].decode().splitlines():
                names = re.findall(r'URI="([^"]+)"', line) if line.startswith("#") else [line] if line.strip() else []
                waiting += [urllib.parse.urljoin(path, name) for name in names]
    return found


class Migrate(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.make_master(8)
        cls.longer = cls.make_longer()

    def embedded(self, name):
        """A published asset, a job that was cancelled and one whose server was killed in the middle of an encode."""
        records = DataDirectory(self.folder / name)
        with Server(records.path, "--no-worker") as server, contextlib.ExitStack() as stack:
            worker = stack.enter_context(Worker(records.path, "one"))
            answer = self.publish(records.path, self.master, "--keep", "copy")
            bodies = delivered(server, answer["hls"])
            command = start("publish", str(self.longer), "--data", str(records.path), "--ladder", "tiny", "--json")
            stack.callback(lambda: command.poll() is None and command.kill())
            records.wait_for("SELECT id FROM tasks WHERE kind = 'encode' AND state = 'running'", process=command)
            worker.kill()
            server.process.kill()
            server.process.communicate()
            finish(command)
        with Server(records.path, "--no-worker"):
            waiting = start("publish", str(self.longer), "--data", str(records.path), "--ladder", "tiny", "--json")
            job = records.wait_for("SELECT id FROM jobs WHERE state = 'queued' ORDER BY id DESC")[0]["id"]
            self.assert_done(pier("jobs", "cancel", job, "--data", records.path, "--json"))
            finish(waiting)
        return records, answer, bodies

    def migrate(self, records, goal, *arguments):
        return ("migrate", "--data", records.path, "--database", goal.url, "--store", goal.store, "--json", *arguments)

    def counts(self, records, names):
        return {name: records.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in names}

    def check_moved(self, records, goal, answer, bodies, jobs):
        """Served from the new places: the same bytes; what was begun ends; all that is stored holds."""
        with Server(records.path, env=KEYS) as server:
            self.assertEqual(delivered(server, answer["hls"]), bodies)
            states = {row["id"]: row["state"] for row in goal.rows("SELECT id, state FROM jobs")}
            self.assertEqual({job: state for job, state in states.items() if state in ("done", "cancelled")}.keys() | jobs,
                             states.keys())
            goal.wait_for("SELECT id FROM jobs WHERE id = ? AND state = 'done'", *jobs)
            self.assert_done(pier("verify", "--data", records.path, "--json", env=KEYS))
            self.assert_done(pier("assets", "list", "--data", records.path, "--json"))

    def test_moved_served_and_finished_there(self):
        records, answer, bodies = self.embedded("whole")
        goal = SharedRecords(self.peer)
        names = {row["name"] for row in records.rows(TABLES)} - {"installation"}
        before = self.counts(records, names)
        jobs = {row["id"] for row in records.rows("SELECT id FROM jobs WHERE state IN ('queued', 'running')")}
        self.assertEqual(len(jobs), 1)
        objects = records.rows("SELECT count(*) AS n, sum(size) AS bytes FROM objects WHERE deleted = 0")[0]
        with Server(records.path, "--no-worker"):
            self.assert_refused(pier(*self.migrate(records, goal), env=KEYS), "in_use")
        moved = pier(*self.migrate(records, goal), env=KEYS)
        self.assert_done(moved)
        self.assertEqual((moved.answer["objects"], moved.answer["copied"], moved.answer["bytes"]),
                         (objects["n"], objects["n"], objects["bytes"]))
        self.assertEqual(moved.answer["rows"], sum(before.values()))
        self.assertEqual(self.counts(goal, names), before)
        self.assertEqual(moved.answer["kept"], [f"{records.path}/pier.db.migrated", f"{records.path}/objects.migrated"])
        self.check_moved(records, goal, answer, bodies, jobs)
        self.assertFalse((records.path / "pier.db").exists() or (records.path / "objects").exists())
        self.assert_refused(pier(*self.migrate(records, goal), env=KEYS), "not_found")

    def test_killed_again_and_again(self):
        """kill -9 at moments of the whole way: until the switch the old installation serves, then the new one does."""
        records, answer, bodies = self.embedded("killed")
        goal = SharedRecords(self.peer)
        jobs = {row["id"] for row in records.rows("SELECT id FROM jobs WHERE state IN ('queued', 'running')")}
        kills = 0
        for pause in (0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
            process = start(*map(str, self.migrate(records, goal)), env=KEYS)
            plan = records.path / "migration.json"
            while process.poll() is None and not plan.exists():
                time.sleep(0.002)
            time.sleep(pause)
            ended = process.poll() is not None
            process.kill()
            outcome = finish(process)
            if ended:
                self.assert_done(outcome)
                break
            kills += 1
            if not (records.path / "database.json").exists():
                with Server(records.path, "--no-worker", env=KEYS) as server:
                    self.assertEqual(delivered(server, answer["hls"]), bodies)
        self.assertGreater(kills, 1)
        if (records.path / "migration.json").exists():
            self.assert_done(pier(*self.migrate(records, goal), env=KEYS))
        self.check_moved(records, goal, answer, bodies, jobs)

    def test_refusals(self):
        records = DataDirectory(self.folder / "refused")
        with Server(records.path, "--no-worker"):
            pass
        goal, other = SharedRecords(self.peer), SharedRecords(self.peer)
        with Server(self.folder / "theirs", "--no-worker", "--database", goal.url, "--store", goal.store, env=KEYS):
            pass
        self.assert_refused(pier(*self.migrate(records, goal), env=KEYS), "invalid_argument")
        other.store = goal.store  # an empty database, but a store of theirs
        self.assert_refused(pier(*self.migrate(records, other), env=KEYS), "invalid_argument")
        self.assert_refused(pier("migrate", "--data", records.path, "--database", other.url, "--json", env=KEYS),
                            "invalid_argument")
        self.assert_refused(pier("migrate", "--data", self.folder / "nowhere", "--store", goal.store, "--json", env=KEYS),
                            "not_found")
        with Server(records.path, "--no-worker"):
            self.assert_done(pier("assets", "list", "--data", records.path, "--json"))


if __name__ == "__main__":
    main()
