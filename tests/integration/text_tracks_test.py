"""Subtitle files published with a master: as WebVTT and IMSC tracks, verified, served, and refused where they cannot be."""

import pathlib
import re
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from pier_program import FAILED, DataDirectory, PierTest, Server, main, pier  # noqa: E402

TTML = "{http://www.w3.org/ns/ttml}"
CHINESE = ("1\r\n00:00:00,500 --> 00:00:01,500\r\n栈桥在海边，\r\n\r\n"
           "2\r\n00:00:02,000 --> 00:00:06,000\r\n我们从这里出发 < & >\r\n\r\n"
           "3\r\n00:00:06,500 --> 00:00:05,500\r\n时间反了\r\n\r\n"
           "4\r\n00:00:20,000 --> 00:00:21,000\r\n太晚了\r\n").encode("gb18030")
ENGLISH = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nFrom the pier\n"


def get(address):
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class TextTracks(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.make("master.mov", 8)
        cls.chinese = cls.write("中文.srt", CHINESE)
        cls.english = cls.write("a:forced name=1.vtt", ENGLISH)
        cls.data = DataDirectory(cls.folder / "data")
        cls.outcome = cls.ask(cls.data, cls.master, "--subtitles", f"{cls.chinese}:lang=zho-hans:name=简体中文:default",
                                  "--subtitles", f"{cls.folder}/a\\:forced name=1.vtt:lang=en:offset=0.5:name=Signs: all:forced")
        assert cls.outcome.code == 0, cls.outcome

    @classmethod
    def make(cls, name, seconds, filters="null"):
        path = cls.folder / name
        clips.ffmpeg(*clips.picture("192x108", 25, seconds), *clips.sound(seconds), "-vf", filters, "-c:v", "ffv1", "-level",
                     "3", "-g", "1", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", path)
        return path

    @classmethod
    def write(cls, name, content):
        path = cls.folder / name
        path.write_bytes(content)
        return path

    @staticmethod
    def ask(data, master, *arguments):
        return pier("publish", master, "--data", data.path, "--ladder", "tiny", "--json", *arguments)

    def tracks(self):
        return {track["rung"]: track for track in self.outcome.answer["tracks"]}

    def test_tracks_and_notes(self):
        tracks = self.tracks()
        self.assertEqual({name: (tracks[name]["codec"], tracks[name]["kind"], tracks[name]["frames"])
                          for name in ("webvtt-1", "imsc-1", "webvtt-2", "imsc-2")},
                         {"webvtt-1": ("wvtt", "text", 3), "imsc-1": ("stpp.ttml.im1t", "text", 3),
                          "webvtt-2": ("wvtt", "text", 1), "imsc-2": ("stpp.ttml.im1t", "text", 1)})
        details = tracks["imsc-1"]["details"]
        self.assertEqual((details["language"], details["text"]),
                         ("zh-Hans", {"name": "简体中文", "forced": False, "default": True}))
        details = tracks["webvtt-2"]["details"]
        self.assertEqual((details["language"], details["text"]),
                         ("en", {"name": "Signs: all", "forced": True, "default": False}))
        notes = " | ".join(self.outcome.answer["asset"]["grid"]["warnings"])
        for said in ("中文.srt: 1 of 4 cues begin after the end of the programme: left out",
                     "中文.srt: taken as gb18030, recognised with confidence 0.",
                     "中文.srt: cue 3 (line 10) ends before it begins: its times are exchanged"):
            self.assertIn(said, notes)
        ids = [track["details"]["track_id"] for track in tracks.values()]
        self.assertEqual(len(set(ids)), len(ids), "each track has its own track_ID")

    def test_served_as_webvtt_and_imsc(self):
        view, tracks = self.outcome.answer, self.tracks()
        with Server(self.data.path, "--no-worker") as server:
            folder = f"{server.address}/media/{view['asset']['id']}".replace("//media", "/media")
            text = get(f"{folder}/hls.m3u8")[2].decode()
            self.assertRegex(text, r'TYPE=SUBTITLES,GROUP-ID="webvtt",LANGUAGE="zh-Hans",NAME="简体中文",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO')
            self.assertRegex(text, r'TYPE=SUBTITLES,GROUP-ID="imsc",LANGUAGE="en",NAME="Signs: all",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES')
            mpd = get(f"{folder}/dash.mpd")[2].decode()
            self.assertEqual(len(re.findall(r'contentType="text"', mpd)), 4)
            self.assertIn(f"<BaseURL>{tracks['webvtt-1']['id']}/whole.vtt</BaseURL>", mpd)
            webvtt, imsc = (f"{folder}/{tracks[name]['id']}" for name in ("webvtt-1", "imsc-1"))
            parts = []
            for number in (1, 2, 3):
                status, headers, body = get(f"{webvtt}/{number}.vtt")
                self.assertEqual((status, headers["Content-Type"]), (200, "text/vtt; charset=utf-8"))
                self.assertIn("immutable", headers["Cache-Control"])
                self.assertTrue(body.startswith(b"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"), body)
                parts.append(re.findall(r"(\S+) --> (\S+)\n(.*)\n", body.decode()))
            long = ("00:00:02.000", "00:00:06.000", "我们从这里出发 &lt; &amp; &gt;")
            self.assertEqual(parts, [[("00:00:00.500", "00:00:01.500", "栈桥在海边，"), long],
                                     [long, ("00:00:05.500", "00:00:06.500", "时间反了")], []])
            self.assertEqual(get(f"{webvtt}/4.vtt")[0], 404)
            self.assertEqual(get(f"{webvtt}/1.m4s")[0], 404)
            self.assertEqual(get(f"{imsc}/1.vtt")[0], 404)
            self.assertEqual(get(f"{imsc}/whole.vtt")[0], 404)
            status, headers, whole = get(f"{webvtt}/whole.vtt")
            self.assertEqual((status, headers["Content-Type"]), (200, "text/vtt; charset=utf-8"))
            self.assertEqual(len(re.findall(rb"-->", whole)), 3)
            moved = get(f"{folder}/{tracks['webvtt-2']['id']}/whole.vtt")[2]
            self.assertIn(b"00:00:01.500 --> 00:00:02.500", moved, "the offset counts")
            status, headers, body = get(f"{imsc}/2.m4s")
            self.assertEqual((status, headers["Content-Type"]), (200, "application/mp4"))
            document = ElementTree.fromstring(body[body.index(b"mdat") + 4:].decode())
            self.assertEqual([(p.get("begin"), p.get("end"), "".join(p.itertext())) for p in document.iter(f"{TTML}p")],
                             [("00:00:02.000", "00:00:06.000", "我们从这里出发 < & >"),
                              ("00:00:05.500", "00:00:06.500", "时间反了")])
            init = get(f"{imsc}/init.mp4")[2]
            for mark in (b"stpp", b"subt", b"sthd", b"http://www.w3.org/ns/ttml", b"application/ttml+xml;codecs=im1t"):
                self.assertIn(mark, init)
            file = self.write("imsc.mp4", init + b"".join(get(f"{imsc}/{n}.m4s")[2] for n in (1, 2, 3)))
        packets = clips.ffprobe(file, "-show_entries", "packet=pts_time")["packets"]
        self.assertEqual([float(one["pts_time"]) for one in packets], [0.0, 3.84, 7.68])

    def test_verify_reads_text_tracks(self):
        outcome = pier("verify", "--data", self.data.path, "--json")
        self.assert_done(outcome)
        checked = [one["what"] for one in outcome.answer["checked"] if one["ok"]]
        self.assertTrue({"webvtt-1", "imsc-1", "webvtt-2", "imsc-2"} <= set(checked), checked)

    def test_a_new_version_takes_the_same_text_again(self):
        changed = self.make("changed.mov", 8, "negate=enable='between(t,2,3)'")
        outcome = self.ask(self.data, changed, "--subtitles", f"{self.chinese}:lang=zh-Hans:name=简体中文:default")
        self.assert_done(outcome)
        old, new = (self.data.tracks(one.answer["asset"]["id"]) for one in (self.outcome, outcome))
        for rung in ("webvtt-1", "imsc-1"):
            self.assertEqual(new[rung]["media"], old[rung]["media"], "the text was not made again")
        self.assertNotEqual(new["avc-360-sdr"]["media"], old["avc-360-sdr"]["media"])

    def test_with_the_first_rendition(self):
        data = DataDirectory(self.folder / "first")
        master = self.folder / "first.mov"
        clips.ffmpeg(*clips.picture("640x360", 25, 4), *clips.sound(4), "-c:v", "ffv1", "-pix_fmt", "yuv420p", "-c:a",
                     "pcm_s16le", master)
        outcome = self.ask(data, master, "--first", "avc-360-sdr", "--subtitles", f"{self.chinese}:lang=zh")
        self.assert_done(outcome)
        self.assertEqual(outcome.answer["asset"]["publication"], 2)
        rows = data.rows("SELECT state FROM tasks WHERE kind IN ('text', 'verify_text', 'publish_first')")
        self.assertEqual([row["state"] for row in rows], ["done"] * 3)
        order = data.rows("SELECT kind FROM tasks WHERE kind IN ('verify_text', 'publish_first') ORDER BY ended")
        self.assertEqual([row["kind"] for row in order], ["verify_text", "publish_first"])
        self.assertIn("webvtt-1", {track["rung"] for track in outcome.answer["tracks"]})

    def test_what_cannot_be_published_is_refused_before_anything_is_begun(self):
        unclear = self.write("unclear.srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + "Привет, мир".encode("cp1251") + b"\n")
        picture = self.write("picture.srt", bytes(range(256)) * 8)
        data = DataDirectory(self.folder / "refused")
        for arguments, code, said in (
                ([f"{self.folder}/none.srt"], "not_found", "none.srt"),
                ([unclear], "invalid_argument", "encoding"),
                ([picture], None, "picture.srt"),
                ([self.master], None, "master.mov"),
                ([self.folder], None, str(self.folder.name)),
                ([f"{self.chinese}:lang=chinese"], "invalid_argument", "zh-Hans"),
                ([f"{self.chinese}:lang=zh_CN"], "invalid_argument", "zh-Hans"),
                ([f"{self.chinese}:offset=soon"], "invalid_argument", "soon"),
                ([f"{self.chinese}:encoding=utf-8"], "input_damaged", "line"),
                ([f"{self.chinese}:encoding=klingon"], "invalid_argument", "klingon"),
                ([f"{self.chinese}:lang=zh", f"{self.chinese}:lang=chi"], "invalid_argument", "in zh"),
                ([f"{self.chinese}:lang=zh:default", f"{self.english.parent}/a\\:forced name=1.vtt:default"],
                 "invalid_argument", "default"),
                ([":lang=zh"], "invalid_argument", "names no file")):
            with self.subTest(arguments):
                options = [part for one in arguments for part in ("--subtitles", str(one))]
                outcome = self.ask(data, self.master, *options)
                self.assertEqual(outcome.code, FAILED, str(outcome))
                self.assertIn(said, outcome.message)
                if code:
                    self.assertEqual(outcome.error_code, code, str(outcome))
        self.assertEqual(data.rows("SELECT id FROM jobs"), [], "nothing was begun")
        self.assertEqual(data.rows("SELECT key FROM objects"), [])

    def test_text_outside_the_programme_stops_before_anything_is_encoded(self):
        late = self.write("late.srt", b"1\n01:00:01,000 --> 01:00:02,000\nan hour late\n")
        data = DataDirectory(self.folder / "late")
        outcome = self.ask(data, self.master, "--subtitles", late)
        self.assert_refused(outcome, "invalid_argument")
        self.assertIn("late.srt: the first cue is at 01:00:01, and the programme ends at 00:00:08", outcome.message)
        self.assertEqual(data.rows("SELECT id FROM tasks WHERE kind = 'encode'"), [])
        again = self.ask(data, self.master, "--subtitles", f"{late}:offset=-01:00:00")
        self.assert_done(again)

    def test_estimates_count_it(self):
        ask = ["estimate", self.master, "--data", self.data.path, "--ladder", "tiny", "--json"]
        without, with_text = pier(*ask), pier(*ask, "--subtitles", f"{self.chinese}:lang=zh")
        for outcome in (without, with_text):
            self.assert_done(outcome)
        self.assert_refused(pier(*ask, "--subtitles", self.master), ("input_unsupported", "invalid_argument", "input_damaged"))
        self.assertGreater(with_text.answer["forecast"]["peak_bytes"], without.answer["forecast"]["peak_bytes"])


if __name__ == "__main__":
    main()
