"""A first rendition is published, verified, while the rest is still encoded; what it gave out stays true afterwards."""

import contextlib
import email.message
import re
import signal
import sqlite3
import time
import urllib.error
import urllib.request

import clips
from pier_program import FAILED, DataDirectory, PierTest, Server, Worker, finish, main, pier, start

FIRST, TOP = "avc-360-sdr", "hevc-360"
OUT = "SELECT id, job_id FROM tasks WHERE kind = 'publish_first' AND state = 'done'"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def get(address, etag=None):
    request = urllib.request.Request(address, headers={"If-None-Match": etag} if etag else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers or email.message.Message(), error.read())


def lines_of(text):
    return [line for line in text.decode().splitlines() if line and not line.startswith("#")]


def media_addresses(playlist_address, text):
    """Addresses of the init and of all segments a media playlist names."""
    folder = playlist_address.rsplit("/", 1)[0]
    names = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', text.decode()) + lines_of(text)
    return [f"{folder}/{name}" for name in names]


class FirstRendition(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.folder / "master.mov"
        clips.ffmpeg(*clips.picture("640x360", 50, 9), *clips.sound(9), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "50", "-c:a", "pcm_s16le", cls.master)
        cls.at_once = DataDirectory(cls.folder / "at-once")
        outcome = pier("publish", cls.master, "--data", cls.at_once.path, "--ladder", "tiny", "--first", "no", "--json")
        assert outcome.code == 0, outcome

    def begin(self, name, stack, *arguments):
        """A publication with a first rendition by one worker, frozen once that is out: records, server, worker, command."""
        records = DataDirectory(self.folder / name)
        server = stack.enter_context(Server(records.path, "--no-worker"))
        command = start("publish", self.master, "--data", records.path, "--ladder", "tiny", "--first", FIRST, "--json",
                        *arguments)
        stack.callback(lambda: command.poll() is None and command.kill())
        worker = stack.enter_context(Worker(records.path, "only"))
        records.wait_for(OUT, process=command)
        self.freeze(worker, records)
        return records, server, worker, command

    def freeze(self, worker, records):
        """Stops the worker where it is not writing to the records, so that others can."""
        for _ in range(200):
            worker.process.send_signal(signal.SIGSTOP)
            with contextlib.closing(sqlite3.connect(records.path / "pier.db", timeout=0.2)) as connection:
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("BEGIN IMMEDIATE")
                    connection.rollback()
                    return
            worker.process.send_signal(signal.SIGCONT)
            time.sleep(0.02)
        self.fail("the worker is always writing")

    def view(self, server, records):
        asset = records.rows("SELECT id FROM assets")[0]["id"]
        return asset, pier("assets", "show", asset, "--data", records.path, "--json").answer

    def check_partly(self, server, records, ended=False):
        """The first rendition and the sound can be played and are verified; the rest is told to come."""
        asset, view = self.view(server, records)
        self.assertEqual(view["asset"]["publication"], 1)
        self.assertEqual(view["asset"]["state"], "published" if ended else "publishing")
        self.assertEqual([track["rung"] for track in view["tracks"]], [FIRST, "aac-stereo"])
        self.assertGreaterEqual(view["tracks"][0]["quality"]["frames"], 450 / 4, "every fourth picture was compared")
        partly = view["partly"]
        self.assertEqual((partly["out"], partly["expected"]), ([FIRST, "aac-stereo"], [TOP, "thumbnails"]))
        self.assertEqual("fraction" in partly, not ended)
        plain = pier("assets", "show", asset, "--data", records.path).out.decode()
        self.assertIn(f"partly published: {FIRST}, aac-stereo; {TOP}, thumbnails", plain)
        job = pier("jobs", "show", partly["job"], "--data", records.path, "--json").answer
        self.assertEqual(job["partly"]["expected"], [TOP, "thumbnails"])
        self.assertIn("partly published: ", pier("jobs", "show", partly["job"], "--data", records.path).out.decode())
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE kind = 'verify' AND priority > 0 AND state <> 'done'"), [])
        return asset, view

    def check_whole(self, records, asset):
        """All rungs, with the bytes of a publication without a first rendition, every track verified once."""
        row = records.rows("SELECT state, publication, grid, error FROM assets WHERE id = ?", asset)[0]
        self.assertEqual((row["state"], row["publication"], row["error"]), ("published", 2, None))
        self.assertNotIn("expected", row["grid"])
        self.assertEqual(records.published_digests(), self.at_once.published_digests())
        ordered = [list(one.tracks(one.rows("SELECT id FROM assets")[0]["id"])) for one in (records, self.at_once)]
        self.assertEqual(*ordered)
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE state <> 'done'"), [])
        for rung in (FIRST, TOP):
            verified = records.rows("SELECT id FROM tasks WHERE kind = 'verify' AND params LIKE ?", f'%"{rung}"%')
            self.assertEqual(len(verified), self.verifications())
        self.assert_done(pier("verify", "--data", records.path, "--json"))
        self.assertEqual(records.orphans(), [])

    def verifications(self):
        return len(self.at_once.rows("SELECT id FROM tasks WHERE kind = 'verify'"))

    def test_what_was_given_out_stays_true(self):
        with contextlib.ExitStack() as stack:
            records, server, worker, command = self.begin("early", stack)
            running = records.rows("SELECT priority FROM tasks WHERE kind = 'encode' AND state NOT IN ('done', 'running')")
            self.assertTrue(running, "the rest is still to be encoded")
            asset, early = self.check_partly(server, records)
            hls = server.address + early["hls"]
            first = get(hls)
            self.assertEqual(len(lines_of(first.body)), 1, first.body)
            self.assertTrue(first.headers["ETag"].startswith('"1-'), first.headers["ETag"])
            self.assertEqual(first.headers["Cache-Control"], "public, max-age=2")
            self.assertEqual((get(hls, first.headers["ETag"]).status, get(hls, first.headers["ETag"]).body), (304, b""))
            dash = get(server.address + early["dash"])
            self.assertIn(early["tracks"][0]["id"].encode(), dash.body)
            playlist = hls.rsplit("/", 1)[0] + "/" + lines_of(first.body)[0]
            given = {address: get(address) for address in media_addresses(playlist, get(playlist).body)}
            self.assertGreaterEqual(len(given), 3)
            for address, answer in given.items():
                self.assertEqual((answer.status, answer.headers["Cache-Control"]),
                                 (200, "public, max-age=31536000, immutable"), address)

            worker.process.send_signal(signal.SIGCONT)
            outcome = finish(command)
            self.assert_done(outcome)
            self.assertNotIn("partly", outcome.answer)
            time.sleep(2.1)  # how long records are trusted
            second = get(hls, first.headers["ETag"])
            self.assertEqual(second.status, 200)
            self.assertTrue(second.headers["ETag"].startswith('"2-'), second.headers["ETag"])
            self.assertEqual(len(lines_of(second.body)), 2, second.body)
            self.assertNotEqual(get(server.address + early["dash"]).headers["ETag"], dash.headers["ETag"])
            self.assertEqual(get(hls, second.headers["ETag"]).status, 304)
            for address, answer in given.items():
                again = get(address)
                self.assertEqual(again.body, answer.body, address)
                self.assertEqual(again.headers["ETag"], answer.headers["ETag"])
                self.assertEqual(get(address, answer.headers["ETag"]).status, 304)
            kept = {track["rung"]: track["id"] for track in outcome.answer["tracks"]}
            for track in early["tracks"]:
                self.assertEqual(kept[track["rung"]], track["id"])
            self.check_whole(records, asset)

    def test_killed_between_the_revisions(self):
        records = DataDirectory(self.folder / "killed")
        server = Server(records.path, "--slots", "1")
        command = start("publish", self.master, "--data", records.path, "--ladder", "tiny", "--first", FIRST, "--json")
        done = records.wait_for(OUT, process=command)
        server.process.kill()
        server.process.communicate()
        self.assertEqual(finish(command).code, FAILED)
        with Server(records.path, "--no-worker") as again:
            asset, early = self.check_partly(again, records)
            self.assertEqual(get(again.address + early["hls"]).headers["ETag"][:3], '"1-')
        with Server(records.path, "--slots", "1"):
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")
        self.assertEqual(records.rows(OUT), done)
        self.check_whole(records, asset)

    def test_cancelled_after_the_first(self):
        """What was published stays; the asset says that it is not all, and why; the job taken up again completes it."""
        with contextlib.ExitStack() as stack:
            records, server, worker, command = self.begin("cancelled", stack)
            job = records.rows("SELECT id FROM jobs")[0]["id"]
            self.assert_done(pier("jobs", "cancel", job, "--data", records.path, "--json"))
            worker.process.send_signal(signal.SIGCONT)
            self.assertEqual(finish(command).error_code, "cancelled")
            asset, view = self.check_partly(server, records, ended=True)
            self.assertEqual(view["asset"]["error"]["code"], "cancelled")
            self.assertIn(f"pier jobs retry {job}", pier("assets", "show", asset, "--data", records.path).out.decode())
            self.assertEqual(get(server.address + view["hls"]).status, 200)
            self.assert_done(pier("verify", asset, "--data", records.path, "--json"))

            # Even a first publication that is made once more does not touch what is out.
            with contextlib.closing(sqlite3.connect(records.path / "pier.db", timeout=30)) as connection, connection:
                connection.execute("UPDATE tasks SET state = 'cancelled' WHERE kind = 'publish_first'")
                connection.execute("UPDATE tasks SET remaining_deps = remaining_deps + 1 WHERE kind = 'publish'")
            self.assert_done(pier("jobs", "retry", job, "--data", records.path, "--json"))
            records.wait_for("SELECT id FROM assets WHERE state = 'published' AND publication = 2")
            again = records.rows("SELECT result FROM tasks WHERE kind = 'publish_first'")
            self.assertIn('"published":false', again[0]["result"])
            records.wait_for("SELECT id FROM jobs WHERE kind = 'publish' AND state = 'done'")
            self.assertEqual(self.view(server, records)[1].get("partly"), None)

    def test_not_conform(self):
        """Policy "block" and a verdict "fail": nothing at all is published."""
        records = DataDirectory(self.folder / "blocked")
        outcome = pier("publish", self.master, "--data", records.path, "--ladder", "tiny", "--first", FIRST, "--profile",
                       "cn-uhd-4k", "--policy", "block", "--json")
        self.assertEqual(outcome.error_code, "not_conform", str(outcome))
        self.assertEqual(records.rows("SELECT id FROM tracks"), [])
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE kind = 'publish_first'"), [])

    def test_only_where_it_is_worth_it(self):
        """A short publication is published at once, and so is one of a single picture track, whatever was asked."""
        short = DataDirectory(self.folder / "short")
        self.publish(short.path, self.master, "--out", "2")
        self.assertEqual(short.rows("SELECT id FROM tasks WHERE kind = 'publish_first'"), [])
        single = DataDirectory(self.folder / "single")
        self.publish(single.path, self.master, "--out", "2", "--rung", FIRST, "--first", FIRST)
        self.assertEqual(single.rows("SELECT id FROM tasks WHERE kind = 'publish_first'"), [])
        self.assertEqual(single.rows("SELECT publication FROM assets")[0]["publication"], 1)

    def test_no_such_rung(self):
        for first in ("vp9-4320", "aac-stereo"):
            self.assert_refused(pier("publish", self.master, "--data", self.folder / "none", "--ladder", "tiny", "--first",
                                     first, "--json"), "invalid_argument")


if __name__ == "__main__":
    main()
