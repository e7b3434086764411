"""Bad days of a machine: full and read-only disks, rights, ports, second servers, rotten bytes; and a clean end."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time
import unittest

import clips
from disks import fill, tmpfs
from pier_program import (DONE, FAILED, NO, PIER, DataDirectory, PierTest, Server, children_of, finish, is_alive, main,
                          pier, share_with, start)


def as_nobody():
    """What runs a command as an unprivileged user; nothing when we are one."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        raise unittest.SkipTest("neither unprivileged nor setpriv here")
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


class BadDays(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder.chmod(0o755)
        cls.master = cls.folder / "master.mp4"
        clips.ffmpeg(*clips.picture("160x90", 25, 4.6), *clips.sound(4.6), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", cls.master)
        cls.master.chmod(0o644)
        cls.share = share_with(cls.folder)
        subprocess.run(["chmod", "-R", "a+rX", cls.share], check=True)

    def pier_of_nobody(self, *arguments):
        return pier(*arguments, before=as_nobody(), env={"PIER_SHARE": str(self.share)})

    # Disks

    def test_disk_full(self):
        """Refused with no_space, nothing published; the same directory goes on once there is room."""
        with tmpfs(self.folder / "full", "size=3m") as disk:
            filler = disk / "filler"
            data = disk / "data"
            self.assert_done(pier("assets", "list", "--data", data, "--json"))
            fill(filler, 1 << 14)
            os.truncate(filler, filler.stat().st_size - (160 << 10))  # room for a few rows, not for tracks
            outcome = pier("publish", self.master, "--data", data, "--ladder", "tiny", "--json")
            self.assert_refused(outcome, "no_space")
            filler.unlink()
            listed = pier("assets", "list", "--data", data, "--json")
            self.assert_done(listed)
            self.assertNotIn("published", [asset["state"] for asset in listed.answer["assets"]])
            self.publish(data, self.master)
            self.assertEqual(DataDirectory(data).orphans(), [])
            self.assert_done(pier("verify", "--data", data, "--json"))

    def test_disk_full_to_the_last_byte(self):
        """Not even records can be made: a clear refusal of every command."""
        with tmpfs(self.folder / "brim", "size=64k") as disk:
            fill(disk / "filler", 512)
            outcome = pier("publish", self.master, "--data", disk / "data", "--ladder", "tiny", "--json")
            self.assert_refused(outcome, "no_space")
            served = pier("serve", "--data", disk / "data", "--listen", "127.0.0.1:0", "--json")
            self.assert_refused(served, "no_space")

    def test_read_only_disk(self):
        with tmpfs(self.folder / "readonly", "size=8m") as disk:
            data = disk / "data"
            self.assert_done(pier("assets", "list", "--data", data, "--json"))
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            for command in (["publish", self.master, "--ladder", "tiny"], ["assets", "list"], ["verify"],
                            ["serve", "--listen", "127.0.0.1:0"]):
                self.assert_refused(pier(*command, "--data", data, "--json"), "permission")
            self.assert_refused(pier("assets", "list", "--data", disk / "new", "--json"), "permission")

    def test_no_right_to_write(self):
        """An unprivileged user on somebody else's data directory."""
        if os.geteuid() != 0:
            self.skipTest("wants root to make a directory that is not ours")
        data = self.folder / "others"
        self.assert_done(pier("assets", "list", "--data", data, "--json"))
        for directory in (data, self.folder / "others-new"):
            outcome = self.pier_of_nobody("assets", "list", "--data", directory, "--json")
            self.assert_refused(outcome, "permission")

    def test_no_right_to_read_the_master(self):
        path = self.folder / "secret.mp4"
        shutil.copy(self.master, path)
        path.chmod(0o600)
        data = self.folder / "nobodys"
        data.mkdir()
        data.chmod(0o777)
        self.assert_refused(self.pier_of_nobody("probe", path, "--json"), "permission")
        outcome = self.pier_of_nobody("publish", path, "--data", data, "--ladder", "tiny", "--json")
        self.assert_refused(outcome, "permission")
        self.assertEqual(DataDirectory(data).rows("SELECT id FROM assets"), [])

    def test_whole_way_unprivileged(self):
        data = self.folder / "nobodys-own"
        data.mkdir()
        if os.geteuid() == 0:
            os.chown(data, 65534, 65534)
        outcome = self.pier_of_nobody("publish", self.master, "--data", data, "--ladder", "tiny", "--json")
        self.assert_done(outcome)

    # Ports and servers

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            outcome = pier("serve", "--data", self.folder / "port", "--listen", listen, "--json")
            self.assert_refused(outcome, "in_use")
            self.assertIn(listen.split(":")[1], outcome.message)

    def test_address_that_is_none(self):
        for listen in ("nonsense", "127.0.0.1:99999", ":"):
            outcome = pier("serve", "--data", self.folder / "address", "--listen", listen, "--json")
            self.assert_refused(outcome, "invalid_argument")

    def test_second_server(self):
        data = self.folder / "second"
        with Server(data) as server:
            outcome = pier("serve", "--data", data, "--listen", "127.0.0.1:0", "--json")
            self.assert_refused(outcome, "in_use")
            self.assertIn(str(server.process.pid), outcome.message)
            self.assertIsNone(server.process.poll())
            self.assert_done(pier("assets", "list", "--data", data, "--json"))

    def test_publish_while_a_server_runs(self):
        """Handed over: the server's workers do it, and a second publication of the master redoes nothing."""
        data = self.folder / "handed"
        with Server(data) as server:
            answer = self.publish(data, self.master)
            workers = DataDirectory(data).rows("SELECT DISTINCT worker FROM tasks WHERE state = 'done'")
            self.assertTrue(workers)
            self.assertEqual(self.get(server, answer["hls"])[0], 200)
            again = pier("publish", self.master, "--server", server.address, "--ladder", "tiny", "--json")
            self.assert_refused(again, "permission")  # a path is taken over the directory's socket only
            self.publish(data, self.master)
            redone = DataDirectory(data).rows("SELECT kind FROM tasks WHERE kind IN ('encode', 'sound', 'assemble', 'analyse')"
                                              " AND reused = 0 GROUP BY name HAVING count(*) > 1")
            self.assertEqual(redone, [])

    def test_server_killed_under_a_command(self):
        """A command whose server dies says so; the next server ends the job."""
        data = self.folder / "orphaned"
        server = Server(data)
        process = start("publish", self.master, "--data", data, "--ladder", "tiny", "--json")
        records = DataDirectory(data)
        records.wait_for("SELECT id FROM tasks WHERE kind = 'probe' AND state = 'done'", process=process)
        server.process.kill()
        finish(server.process)
        self.assertEqual(finish(process).code, FAILED)
        with Server(data):
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")

    def test_store_elsewhere(self):
        """Objects kept in another place are found there without being told again, and missed by name when it is gone."""
        data, store = self.folder / "records", self.folder / "share" / "objects"
        with Server(data, "--store", store):
            self.publish(data, self.master)
        self.assertTrue(any(path.is_file() for path in store.rglob("track/*")))
        self.assertFalse((data / "objects").exists())
        self.assert_done(pier("verify", "--data", data, "--json"))
        store.rename(self.folder / "unmounted")
        self.assert_refused(pier("verify", "--data", data, "--json"), "io")
        (self.folder / "unmounted").rename(store)
        self.assert_refused(pier("serve", "--data", self.folder / "other", "--store", store, "--json"), "invalid_argument")
        self.assert_done(pier("verify", "--data", data, "--json"))

    def test_stale_socket(self):
        """What a killed server leaves in the directory is in nobody's way."""
        data = self.folder / "stale"
        server = Server(data)
        server.process.kill()
        finish(server.process)
        self.assertTrue((data / "pier.sock").exists())
        self.assert_done(pier("assets", "list", "--data", data, "--json"))
        with Server(data):
            self.assert_done(pier("assets", "list", "--data", data, "--json"))

    def test_interrupt_ends_the_server(self):
        """Ctrl-C while a task runs and a client hangs on: exit 0 within five seconds, no child left, work goes on later."""
        data = self.folder / "interrupted"
        slow = self.folder / "slow.mp4"
        clips.ffmpeg(*clips.picture("640x360", 50, 3), "-c:v", "libx264", "-preset", "ultrafast", slow)
        for number in (signal.SIGINT, signal.SIGTERM):
            server = Server(data)
            if number == signal.SIGINT:
                # The presets of "hd" take so long that both signals find the job at work.
                body = {"kind": "publish", "request": {"path": str(slow), "ladder": "hd"}}
                self.assertEqual(self.post_over_socket(data, body), 201)
            records = DataDirectory(data)
            records.wait_for("SELECT id FROM tasks WHERE kind IN ('analyse', 'encode') AND state = 'running'")
            host, port = server.address.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port))) as idle:
                idle.sendall(b"GET /healthz HTTP/1.1\r\n")
                children = self.wait_for_children(server)
                outcome, seconds = server.stop(number)
            self.assert_done(outcome)
            self.assertLess(seconds, 5)
            self.assertEqual([pid for pid, since in children if is_alive(pid, since)], [])
            self.assertEqual(records.rows("SELECT id FROM tasks WHERE state = 'running'"), [])
        with Server(data):
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")

    def test_interrupted_publish_is_resumed(self):
        data = self.folder / "resumed"
        process = start("publish", self.master, "--data", data, "--ladder", "tiny", "--json")
        records = DataDirectory(data)
        records.wait_for("SELECT id FROM tasks WHERE kind = 'analyse' AND state <> 'blocked'", process=process)
        process.send_signal(signal.SIGINT)
        outcome = finish(process, timeout=20)
        self.assertEqual(outcome.code, FAILED)
        self.assertIn("--resume", outcome.message)
        resumed = pier("publish", "--resume", "--data", data, "--json")
        self.assert_done(resumed)
        self.assertEqual(resumed.answer["asset"]["state"], "published")
        nothing = pier("publish", "--resume", "--data", data, "--json")
        self.assertEqual((nothing.code, nothing.answer), (DONE, {"resumed": 0}))

    # Words that are off

    def test_words_that_are_off(self):
        data = self.folder / "words"
        missing = self.folder / "no such file.mp4"
        table = [
            (["publish", self.master, "--ladder", "nonesuch"], "nonesuch"),
            (["publish", self.master, "--ladder", "../ladders/tiny"], "ladder"),
            (["publish", self.master, "--ladder", "tiny", "--rung", "hevc-9000"], "hevc-9000"),
            (["publish", self.master, "--ladder", "uhd", "--rung", "hevc-2160"], "hevc-2160"),
            (["publish", self.master, "--ladder", "tiny", "--profile", "nonesuch"], "nonesuch"),
            (["publish", self.master, "--ladder", "tiny", "--in", "soon"], "soon"),
            (["publish", self.master, "--ladder", "tiny", "--in", "3", "--out", "2"], "out point"),
            (["publish", self.master, "--ladder", "tiny", "--in", "100"], "--in"),
            (["publish", self.master, "--ladder", "tiny", "--in", "00:00:01:30"], "00:00:01:30"),
            (["publish", self.master, "--ladder", "tiny", "--audio-map", "1-6 5.1"], "--audio-map"),
            (["publish", self.master, "--ladder", "tiny", "--audio-map", "gibberish"], "gibberish"),
            (["publish", self.master, "--ladder", "tiny", "--master-display", "bright"], "--master-display"),
            (["publish", missing, "--ladder", "tiny"], "no such file"),
            (["publish", self.folder, "--ladder", "tiny"], "IMF"),
            (["publish", "/dev/zero", "--ladder", "tiny"], "regular"),
            (["publish"], "FILE"),
            (["probe", missing], "no such file"),
            (["check", missing], "no such file"),
            (["check", self.master, "--profile", "nonesuch"], "nonesuch"),
            (["assets", "show", "ast_" + "0" * 32], "ast_"),
            (["assets", "delete", "ast_" + "0" * 32], "ast_"),
            (["assets", "show", "../../etc"], ""),
            (["jobs", "show", "job_" + "0" * 32], "job_"),
            (["verify", "ast_" + "0" * 32], "ast_"),
        ]
        for arguments, word in table:
            with self.subTest(" ".join(map(str, arguments[:1] + arguments[2:]))):
                where = [] if arguments[0] in ("probe", "check") else ["--data", data]
                outcome = pier(*arguments, *where, "--json")
                self.assert_refused(outcome)
                self.assertIn(word, outcome.message)
        for arguments in (["publish", self.master, "--keep", "forever"], ["nonesuch"], [], ["probe"]):
            self.assertEqual(pier(*arguments).code, FAILED)
        self.assertEqual(DataDirectory(data).rows("SELECT id FROM assets WHERE state = 'published'"), [])

    def test_plain_errors_go_to_standard_error(self):
        outcome = pier("probe", self.folder / "none.mp4")
        self.assertEqual((outcome.code, outcome.out), (FAILED, b""))
        self.assertEqual(outcome.err.count(b"\n"), 1)

    # In, out, keep, delete

    def test_in_and_out(self):
        """Only the programme is published, by time code of the source or seconds; out is exclusive."""
        coded = self.folder / "coded.mov"
        clips.ffmpeg("-i", self.master, "-c:v", "copy", "-c:a", "pcm_s16le", "-timecode", "10:00:00:00", coded)
        data = self.folder / "in-out"
        whole = clips.frame_times(coded)
        for begin, end, first, count in (("10:00:01:00", "10:00:03:05", 25, 55), ("1.2", "2", 30, 20), ("4", "", 100, 15)):
            with self.subTest(begin):
                arguments = ["--in", begin] + (["--out", end] if end else [])
                answer = self.publish(data, coded, *arguments, "--title", begin)
                records = DataDirectory(data)
                for track in answer["tracks"]:
                    stored = records.track_file(answer["asset"]["id"], track["rung"])
                    if track["kind"] == "video":
                        self.assertEqual(track["frames"], count)
                        want = [time - whole[first] for time in whole[first:first + count]]
                        self.assertEqual(clips.frame_times(stored), want)
                    if track["kind"] == "audio":
                        got, source = clips.samples(stored), clips.samples(coded)
                        start_sample = first * 1920
                        length = count * 1920 if end else len(source) - start_sample
                        content = stored.read_bytes()
                        _, priming = clips.edits(content)[-1]
                        self.assertEqual(sum(clips.sample_durations(content)) - priming, length)
                        self.assertEqual(clips.best_lag(source[start_sample:], got, 6000), 0)

    def test_the_material_package_says_what_is_shown(self):
        """An MXF file whose material package shows part of what is stored: that part is judged and published."""
        path, data = self.folder / "part.mxf", self.folder / "mxf-part"
        clips.ffmpeg(*clips.picture("160x90", 25, 1), *clips.sound(1), "-c:v", "mpeg2video", "-q:v", "2", "-g", "5",
                     "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "pcm_s24le", path)
        content = bytearray(path.read_bytes())
        clip = content.index(bytes.fromhex("060e2b34025301010d01010101011100"))  # the first one is the material's picture
        for tag, value in (("1201", 5), ("0202", 10)):  # start position, duration
            at = content.index(bytes.fromhex(tag + "0008"), clip) + 4
            content[at:at + 8] = value.to_bytes(8, "big")
        path.write_bytes(content)
        report = self.folder / "part.json"
        checked = pier("check", path, "--profile", "screen-any", "--report", report, "--json")
        self.assertEqual(checked.answer["analysis"]["programme_frames"], 10, str(checked))
        programme = json.loads(report.read_bytes())["programme"]
        self.assertEqual((programme["origin"], programme["in"], programme["out"]), ("mxf", "1/5", "3/5"))
        answer = self.publish(data, path)
        for track in answer["tracks"]:
            if track["kind"] == "video":
                stored = DataDirectory(data).track_file(answer["asset"]["id"], track["rung"])
                self.assertEqual(clips.frame_times(stored), clips.frame_times(path)[:10])

    def test_one_rung_only(self):
        answer = self.publish(self.folder / "one-rung", self.master, "--rung", "avc-360-sdr", "--title", "桥 & <b>")
        self.assertEqual([track["rung"] for track in answer["tracks"]], ["avc-360-sdr"])
        self.assertEqual(answer["asset"]["title"], "桥 & <b>")

    def test_keep_copy(self):
        """With --keep copy the master may go; the asset still verifies."""
        path, data = self.folder / "leaves.mp4", self.folder / "kept"
        shutil.copy(self.master, path)
        answer = self.publish(data, path, "--keep", "copy")
        kept = DataDirectory(data).rows("SELECT kept FROM masters WHERE id = ?", answer["asset"]["master"])[0]["kept"]
        self.assertEqual(DataDirectory(data).object_path(kept).read_bytes(), path.read_bytes())
        path.unlink()
        self.assert_done(pier("verify", "--data", data, "--json"))

    def test_delete(self):
        data = self.folder / "deleted"
        with Server(data) as server:
            answer = self.publish(data, self.master)
            asset = answer["asset"]["id"]
            self.assertEqual(self.get(server, answer["hls"])[0], 200)
            self.assert_done(pier("assets", "delete", asset, "--data", data, "--json"))
            for path in (answer["hls"], answer["dash"]):
                self.assertEqual(self.get(server, path)[0], 404)
            states = [a["state"] for a in pier("assets", "list", "--data", data, "--json").answer["assets"]]
            self.assertNotIn("published", states)
            self.assert_done(pier("assets", "delete", asset, "--data", data, "--json"))  # said twice is no error
            self.assert_done(pier("verify", "--data", data, "--json"))
            self.assertEqual(self.publish(data, self.master)["asset"]["state"], "published")

    # Verification

    def test_verify(self):
        """Good: exit 0. One byte turned in any stored object: exit 1 and the track is named; put back: good again."""
        data = self.folder / "verified"
        answer = self.publish(data, self.master)
        records = DataDirectory(data)
        asset = answer["asset"]["id"]
        good = pier("verify", "--data", data, "--json")
        self.assert_done(good)
        self.assertTrue(good.answer["ok"])
        self.assertTrue({track["rung"] for track in answer["tracks"]} <= {one["what"] for one in good.answer["checked"]})
        generator = random.Random(7)
        for rung, track in records.tracks(asset).items():
            for part in ("media", "index_object"):
                with self.subTest(rung, part=part):
                    path = records.object_path(track[part])
                    content = path.read_bytes()
                    broken = bytearray(content)
                    broken[generator.randrange(len(broken))] ^= 1 << generator.randrange(8)
                    path.chmod(0o640)
                    path.write_bytes(broken)
                    outcome = pier("verify", "--data", data, "--json")
                    path.write_bytes(content)
                    self.assertEqual(outcome.code, NO, str(outcome))
                    self.assertFalse(outcome.answer["ok"])
                    named = [one["what"] for one in outcome.answer["checked"] if not one["ok"]]
                    self.assertIn(rung, named)
                    self.assertFalse({other for other in records.tracks(asset) if other != rung} & set(named))
        self.assert_done(pier("verify", asset, "--data", data, "--json"))

    def test_verify_names_a_lost_object(self):
        data = self.folder / "lost"
        answer = self.publish(data, self.master, "--rung", "avc-360-sdr")
        DataDirectory(data).track_file(answer["asset"]["id"], "avc-360-sdr").unlink()
        outcome = pier("verify", "--data", data, "--json")
        self.assertEqual(outcome.code, NO, str(outcome))
        self.assertIn("avc-360-sdr", [one["what"] for one in outcome.answer["checked"] if not one["ok"]])

    # Networks

    def get(self, server, path):
        connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    def wait_for_children(self, server):
        end = time.monotonic() + 30
        while not (found := children_of(server.process.pid)):
            self.assertLess(time.monotonic(), end, "no task process was started")
        return found

    def post_over_socket(self, data, body):
        text = json.dumps(body).encode()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(str(pathlib.Path(data) / "pier.sock"))
            link.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: pier\r\nContent-Type: application/json\r\nConnection: close\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(text) + text)
            return int(link.recv(4096).split()[1])


if __name__ == "__main__":
    main()
