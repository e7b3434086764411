"""Masters that are wrong or unusual: each is refused with one clear message, or published right. Nothing by halves."""

import os
import pathlib
import random
import shlex
import shutil
import signal
import tomllib
import unicodedata

import clips
from pier_program import DataDirectory, PierTest, Server, exact_path, finish, main, pier, start

CASES = pathlib.Path(__file__).resolve().parents[1] / "cases" / "bad_input.toml"


def change_u32(content, at, value):
    content[at:at + 4] = value.to_bytes(4, "big")


def find(content, word, after=b"moov"):
    """Where the first `word` behind `after` begins."""
    at = content.index(word, content.index(after))
    return at


def patch_raster(content):
    """Sample entry and track header say 320x180 where the parameter sets say 160x90 (ISO/IEC 14496-12, 12.1.3)."""
    entry = content.index(b"avc1", content.index(b"stsd"))
    change_u32(content, entry + 28, 320 << 16 | 180)
    header = find(content, b"tkhd")
    change_u32(content, header + 4 + 76, 320 << 16)
    change_u32(content, header + 4 + 80, 180 << 16)


def patch_timescale(content):
    change_u32(content, find(content, b"mdhd") + 4 + 12, 0)


def patch_durations(content):
    """Every sample lasts no time at all, so all are shown at once."""
    at = find(content, b"stts")
    for i in range(int.from_bytes(content[at + 8:at + 12], "big")):
        change_u32(content, at + 12 + 8 * i + 4, 0)


def patch_chunk_offsets(content):
    at = find(content, b"stco")
    for i in range(int.from_bytes(content[at + 8:at + 12], "big")):
        change_u32(content, at + 12 + 4 * i, 0x7FFFFF00)


def patch_moov_size(content):
    change_u32(content, content.index(b"moov") - 4, 0x7FFFFFFF)


def patch_y4m_rate(content):
    head, rest = bytes(content).split(b"\n", 1)
    content[:] = head.replace(b"F25:1", b"F0:0") + b"\n" + rest
    assert b"F0:0" in head.replace(b"F25:1", b"F0:0")


def patch_avi_rate(content):
    """dwRate of the stream header is 0."""
    at = content.index(b"strh")
    content[at + 8 + 24:at + 8 + 28] = bytes(4)


def patch_check_edit_list(content):
    """Changes nothing: the clip must have an edit list that begins after its first sample."""
    cuts = [media_time for _, media_time in clips.edits(bytes(content)) if media_time > 0]
    assert cuts, "the clip has no edit list that cuts"


def patch_damage(content):
    """A stretch of noise in the middle of the coded pictures."""
    at = content.index(b"mdat") + 4
    size = int.from_bytes(content[at - 8:at - 4], "big")
    middle = at + size // 2
    content[middle:middle + 900] = random.Random(1).randbytes(900)


PATCHES = {name.removeprefix("patch_"): function for name, function in globals().items() if name.startswith("patch_")}


def make(case, folder):
    path = folder / case["name"]
    if "bytes" in case:
        path.write_bytes(bytes(case["bytes"]))
    elif "noise" in case:
        path.write_bytes(random.Random(2).randbytes(case["noise"]))
    elif "text" in case:
        path.write_text(case["text"] * 100)
    else:
        clips.ffmpeg(*shlex.split(case["ffmpeg"].format(folder=folder)), path)
    if "cut" in case:
        os.truncate(path, int(path.stat().st_size * case["cut"]))
    if "patch" in case:
        content = bytearray(path.read_bytes())
        PATCHES[case["patch"]](content)
        path.write_bytes(content)
    return path


class BadInput(PierTest):
    """One test a case of tests/cases/bad_input.toml, all through one server, which must outlive them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = cls.folder / "data"
        cls.server = Server(cls.data, "--slots", "2")
        cls.addClassCleanup(cls.server.__exit__)
        cls.records = DataDirectory(cls.data)
        clips.ffmpeg(*clips.picture("160x90", 25, 1), *clips.sound(1), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p", "-c:a", "aac", cls.folder / "base.mp4")
        clips.ffmpeg(*clips.picture("160x90", 25, 3), *clips.sound(3), "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt",
                     "yuv420p", "-g", "25", "-c:a", "aac", cls.folder / "long.mp4")

    def check_refused(self, case, path, outcome):
        self.assert_refused(outcome, case["refused"])
        self.assertIn(path.name, outcome.message, "the message names the file")
        probed = pier("probe", path, "--json")
        if case.get("probe"):
            self.assert_done(probed)
        else:
            self.assert_refused(probed, case["refused"])
        found = self.records.rows("SELECT state FROM assets WHERE title = ?", path.stem)
        self.assertNotIn("published", [row["state"] for row in found])

    def check_published(self, case, path, outcome):
        self.assert_done(outcome)
        answer = outcome.answer
        videos = [track for track in answer["tracks"] if track["kind"] == "video"]
        self.assertEqual(len(videos), 2, "both picture rungs")
        for track in videos:
            if "frames" in case:
                self.assertEqual(track["frames"], case["frames"])
            if "raster" in case:
                self.assertEqual([track["width"], track["height"]], case["raster"])
            if case.get("even_raster"):
                self.assertEqual((track["width"] % 2, track["height"] % 2), (0, 0))
            stored = self.records.track_file(answer["asset"]["id"], track["rung"])
            self.check_times(case, path, stored, track["frames"])
        if "says" in case:
            self.assertIn(case["says"], " ".join(answer["asset"]["grid"]["warnings"]))

    def check_times(self, case, path, stored, frames):
        got = clips.frame_times(stored)
        self.assertEqual(len(got), frames)
        self.assertEqual(got, sorted(set(got)), "times go forward")
        if case.get("own_times"):
            return
        want = clips.frame_times(path)
        self.assertEqual(len(got), len(want))
        worst = max(abs(a - b) for a, b in zip(got, want))
        self.assertLessEqual(worst, 0.0005, f"a picture is {float(worst)} s off its time")

    def check_facts(self, case, path):
        probed = pier("probe", path, "--json")
        self.assert_done(probed)
        video = probed.answer["video"][0]
        if "disagrees" in case:
            self.assertIn(case["disagrees"], [entry["field"] for entry in video["disagreements"]])
        if "warns" in case:
            self.assertIn(case["warns"], " ".join(probed.answer["warnings"]))

    def run_case(self, case):
        path = make(case, self.folder)
        outcome = pier("publish", path, "--data", self.data, "--ladder", "tiny", "--json")
        refused = "refused" in case and not (case.get("or_published") and outcome.code == 0)
        if refused:
            self.check_refused(case, path, outcome)
        else:
            self.check_published(case, path, outcome)
            self.check_facts(case, path)
        self.assertIsNone(self.server.process.poll(), "the server died")

    def test_zz_nothing_is_left_behind(self):
        """After all cases: the server stands, what is published verifies, a new start leaves no file without a row."""
        listed = pier("assets", "list", "--data", self.data, "--json")
        self.assert_done(listed)
        states = {asset["state"] for asset in listed.answer["assets"]}
        self.assertLessEqual(states, {"published", "failed"}, "nothing hangs half way")
        self.assert_done(pier("verify", "--data", self.data, "--json"))
        outcome, _ = self.server.stop()
        self.assert_done(outcome)
        with Server(self.data):
            pass
        self.assertEqual(self.records.orphans(), [])


def add_cases():
    def test_of(case):
        return lambda self: self.run_case(case)
    cases = tomllib.loads(CASES.read_text())["case"]
    for case in cases:
        name = "test_" + case["name"].replace(".", "_")
        assert not hasattr(BadInput, name), f"two cases {case['name']}"
        setattr(BadInput, name, test_of(case))


add_cases()


class ChangingMaster(PierTest):
    """A master that changes, shrinks, is replaced or goes away while it is worked on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clips.ffmpeg(*clips.picture("160x90", 25, 9), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                     "-g", "25", cls.folder / "whole.mp4")

    def publish_and(self, name, change):
        """Publishes a copy; when it was probed the program is held, the copy changed, and let go on."""
        data, path = self.folder / ("data-" + name), self.folder / (name + ".mp4")
        shutil.copy(self.folder / "whole.mp4", path)
        process = start("publish", path, "--data", data, "--ladder", "tiny", "--json")
        records = DataDirectory(data)
        records.wait_for("SELECT id FROM tasks WHERE kind = 'probe' AND state = 'done'", process=process)
        process.send_signal(signal.SIGSTOP)
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE kind = 'encode' AND state = 'done'"), [],
                         "too late to change anything")
        change(path)
        process.send_signal(signal.SIGCONT)
        outcome = finish(process)
        self.assert_refused(outcome, ["input_changed", "not_found"])
        self.assertIn(name, outcome.message)
        self.assertEqual(records.rows("SELECT id FROM assets WHERE state = 'published'"), [])
        return data, path, records

    def test_grows(self):
        def grow(path):
            with open(path, "ab") as file:
                file.write(bytes(1000))
        self.publish_and("grows", grow)

    def test_shrinks(self):
        self.publish_and("shrinks", lambda path: os.truncate(path, path.stat().st_size // 2))

    def test_vanishes(self):
        self.publish_and("vanishes", os.unlink)

    def test_is_replaced(self):
        def replace(path):
            other = path.with_suffix(".new")
            shutil.copy(self.folder / "whole.mp4", other)
            os.replace(other, path)
        self.publish_and("replaced", replace)

    def test_touched_only(self):
        """Same bytes, another time: Pier cannot know without reading all again, so it says so."""
        self.publish_and("touched", lambda path: os.utime(path, (1, 1)))

    def test_grows_all_the_time(self):
        """A file somebody still writes: refused before anything else, or published as the part it was read as."""
        path, data = self.folder / "written.mp4", self.folder / "data-written"
        content = (self.folder / "whole.mp4").read_bytes()
        path.write_bytes(content[:len(content) // 3])
        outcome = pier("publish", path, "--data", data, "--ladder", "tiny", "--json")
        self.assert_refused(outcome, ["truncated", "input_changed"])
        path.write_bytes(content)
        self.publish(data, path)

    def test_published_again_after_the_change(self):
        """The refusal costs nothing: the same path publishes once the file stands still."""
        data, path, records = self.publish_and("again", lambda p: os.utime(p, (1, 1)))
        answer = self.publish(data, path)
        self.assertEqual(answer["asset"]["state"], "published")
        self.assertEqual(records.orphans(), [])


class FileNames(PierTest):
    """File names are bytes; every command takes them as they are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = cls.folder / "data"
        cls.server = Server(cls.data)
        cls.addClassCleanup(cls.server.__exit__)
        clips.ffmpeg(*clips.picture("128x72", 25, 0.4), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                     cls.folder / "clip.mp4")

    def check(self, name, utf8):
        path = os.path.join(os.fsencode(self.folder), name)
        shutil.copy(self.folder / "clip.mp4", path)
        probed = pier("probe", path, "--json")
        self.assert_done(probed)
        self.assertEqual(exact_path(probed.answer), path)
        self.assertEqual("path_bytes" in probed.answer, not utf8)
        judged = pier("check", path, "--json")
        self.assertIn(judged.code, (0, 1), str(judged))
        answer = self.publish(self.data, path)
        self.assertEqual(exact_path(answer["asset"]["facts"]), path)
        stored = DataDirectory(self.data).rows("SELECT path FROM masters WHERE id = ?", answer["asset"]["master"])
        self.assertEqual(stored[0]["path"], path)
        shown = pier("assets", "show", answer["asset"]["id"], "--data", self.data, "--json")
        self.assert_done(shown)
        self.assertTrue(shown.answer["asset"]["title"])
        listed = pier("assets", "list", "--data", self.data)
        self.assert_done(listed)
        listed.out.decode("utf-8")
        plain = pier("probe", path)
        self.assert_done(plain)

    def test_gb18030(self):
        self.check("母版-栈桥.mp4".encode("gb18030"), utf8=False)

    def test_nfd(self):
        self.check(unicodedata.normalize("NFD", "é-ü-がぎ.mp4").encode(), utf8=True)

    def test_255_bytes(self):
        self.check(b"m" * 251 + b".mp4", utf8=True)

    def test_255_bytes_gb18030(self):
        self.check("桥".encode("gb18030") * 125 + b"x.mp4", utf8=False)

    def test_white_space_and_quotes(self):
        self.check(b" a\nb\t\"c\" 'd' %s \\ \x01.mp4", utf8=True)

    def test_looks_like_an_address(self):
        self.check(b"http:__x?y=z#w&%41.mp4", utf8=True)


if __name__ == "__main__":
    main()
