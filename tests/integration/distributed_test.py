"""Records in PostgreSQL, objects in S3: several servers and workers are one Pier. Needs PIER_S3_PEER, as ctest sets it."""

import contextlib
import os
import pathlib
import signal
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from pier_program import DataDirectory, Server, finish, main, pier  # noqa: E402
from shared_program import CONTENT, KEYS, RUNNING, SharedRecords, SharedTest, fetch  # noqa: E402


class Distributed(SharedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.make_master(15.2)
        cls.longer = cls.make_longer()

    def test_the_same_publication_as_on_one_machine(self):
        """Two servers and two workers make what one program on SQLite and a directory makes, byte for byte."""
        alone = DataDirectory(self.folder / "alone")
        with Server(alone.path):
            asset = self.publish(alone.path, self.master, "--keep", "copy")["asset"]["id"]
            expected = {rung: alone.rows(CONTENT.format(hex="hex(sha256)"), track["media"])
                        for rung, track in alone.tracks(asset).items()}
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "same", servers=2, workers=("one", "two"))
            records, servers = there.records, there.servers
            answer = self.publish(there.data(), self.master, "--keep", "copy")
            made = {rung: records.rows(CONTENT.format(hex="upper(encode(sha256, 'hex'))"), track["media"])
                    for rung, track in records.tracks(answer["asset"]["id"]).items()}
            self.assertTrue(made)
            self.assertEqual(made, expected)
            used = records.rows("SELECT DISTINCT worker FROM tasks WHERE kind = 'encode'")
            self.assertEqual(len(used), 2, "both worked")
            self.assertEqual(fetch(servers[0].address + answer["hls"]), fetch(servers[1].address + answer["hls"]))
            listed = pier("assets", "list", "--data", there.data(1), "--json").answer["assets"]
            self.assertEqual([asset["id"] for asset in listed], [answer["asset"]["id"]])
            self.assert_whole(there)
        # Without a server the command starts one for itself, where the directory remembers the records.
        alone = pier("assets", "list", "--data", there.data(), "--json", env=KEYS)
        self.assertEqual([asset["id"] for asset in alone.answer["assets"]], [answer["asset"]["id"]])

    def test_a_server_is_killed(self):
        """The other one goes on with its jobs, and who follows there sees the end."""
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "killed", servers=2, workers=("one",))
            records, servers, command = there.records, there.servers, there.begin(self.longer)
            task = records.wait_for(RUNNING, process=command)[0]
            servers[0].process.kill()
            servers[0].process.communicate()
            finish(command)
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            with urllib.request.urlopen(f"{servers[1].address}/v1/jobs/{job}/events", timeout=120) as events:
                told = events.read()
            self.assertIn(b'"state":"done"', told.replace(b" ", b""))
            row = records.rows("SELECT attempt, tries FROM tasks WHERE id = ?", task["id"])[0]
            self.assertEqual((row["attempt"], row["tries"]), (task["attempt"], 0), "its worker was not disturbed")
            self.assert_whole(there)

    def test_the_database_is_killed_and_comes_back(self):
        """Work goes on meanwhile and is recorded afterwards."""
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "restart", workers=("one",))
            records, command = there.records, there.begin(self.longer)
            task = records.wait_for(RUNNING, process=command)[0]
            self.peer.kill()
            time.sleep(3)
            self.peer.resume()
            finish(command)
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")
            row = records.rows("SELECT attempt, tries FROM tasks WHERE id = ?", task["id"])[0]
            self.assertEqual((row["attempt"], row["tries"]), (task["attempt"], 0), "nothing was done twice")
            self.assert_whole(there)

    def test_a_worker_of_another_machine_is_killed(self):
        """Nobody there can tell that it is dead: its lease passes."""
        with contextlib.ExitStack() as stack:
            there = self.installation(stack, "lease")
            first = there.worker("first", "--lease", "3")
            records, command = there.records, there.begin(self.longer)
            task = records.wait_for(RUNNING, process=command)[0]
            first.process.send_signal(signal.SIGKILL)
            first.process.communicate()
            second = there.worker("second", "--lease", "3")
            self.assert_done(finish(command))
            row = records.rows("SELECT worker, attempt, tries FROM tasks WHERE id = ?", task["id"])[0]
            self.assertEqual((row["worker"], row["attempt"], row["tries"]), (second.id, task["attempt"] + 1, 1))
            self.assert_whole(there)

    def test_refusals(self):
        records = SharedRecords(self.peer)
        serve = ("serve", "--listen", "127.0.0.1:0", "--json", "--data")
        refused = pier(*serve, self.folder / "r1", "--database", records.url, env=KEYS)
        self.assert_refused(refused, "invalid_argument")
        self.assertIn("--store", refused.message)
        refused = pier("worker", "--data", self.folder / "r2", "--database", records.url, "--json", env=KEYS)
        self.assert_refused(refused, "invalid_argument")
        nowhere = "postgresql://pier:secret@127.0.0.1:1/x"
        refused = pier(*serve, self.folder / "r3", "--database", nowhere, env=KEYS)
        self.assert_refused(refused, "io")
        self.assertNotIn(b"secret", refused.out + refused.err)
        self.assert_refused(pier(*serve, self.folder / "r4", "--database", "mysql://x/y"), "invalid_argument")
        with Server(self.folder / "embedded"):
            pass
        refused = pier(*serve, self.folder / "embedded", "--database", records.url, "--store", records.store, env=KEYS)
        self.assert_refused(refused, "invalid_argument")

    def test_a_configuration_file(self):
        records = SharedRecords(self.peer)
        data = self.folder / "configured"
        data.mkdir()
        file = data / "pier.toml"
        file.write_text(f'database = "{records.url}"\nstore = "{records.store}"\n')
        with Server(data, "--no-worker", env=KEYS):
            self.assertEqual(len(records.rows("SELECT id FROM installation")), 1)
        file.write_text('database = "x"\n\nstorage = "y"\n')
        refused = pier("serve", "--data", data, "--json")
        self.assert_refused(refused, "invalid_argument")
        self.assertIn("line 3", refused.message)
        self.assert_refused(pier("serve", "--data", data, "--config", self.folder / "none.toml", "--json"), "not_found")


if __name__ == "__main__":
    main()
