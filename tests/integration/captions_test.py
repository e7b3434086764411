"""Captions out of streams: CTA-608 and CTA-708 in pictures of AVC, HEVC and MPEG-2, teletext, as files and as tracks."""

import pathlib
import random
import re
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import caption_streams as streams  # noqa: E402
import clips  # noqa: E402
from pier_program import DataDirectory, PierTest, Server, main, pier  # noqa: E402

TTML = "{http://www.w3.org/ns/ttml}"
TTS = "{http://www.w3.org/ns/ttml#styling}"
FRAMES = 100  # of 25 a second
TICK = 3600

# {picture: pairs}: pop-on, roll-up, paint-on in red in the first row.
LINE_21 = {0: streams.LOAD + streams.ERASE_HIDDEN + streams.ROW_14 + streams.words("HELLO") + streams.ROW_15 +
           streams.words("WORLD"), 20: streams.SHOW, 40: streams.ERASE,
           42: streams.ROLL_UP_2 + streams.RETURN + streams.ROW_15 + streams.words("FIRST"),
           55: streams.RETURN + streams.words("SECOND"), 70: streams.ERASE,
           72: streams.PAINT + streams.ROW_1_RED + streams.words("RED"), 90: streams.ERASE}
CAPTIONS_608 = [(20, 40, "HELLO|WORLD"), (48, 55, "FIRST"), (55, 70, "FIRST|SECOND"), (76, 90, "RED")]
# A window of two rows at the bottom, centred: made hidden, written, shown, hidden.
WINDOW = {10: [0x98, 0, 74, 105, 0x71, 31, 0x11, 0x97, 0, 0, 2, 0], 11: [*b"Window", 0x0D],
          12: [0x91, 0x0C, 0, 0, *b"green", 0x03], 30: [0x89, 1], 60: [0x8A, 1]}
CAPTIONS_708 = [(30, 60, "Window|green")]
TELETEXT = {25: {20: b"\x0d\x03\x0b\x0bGelb [\\]~\x0a\x0a", 22: b"\x0d\x07\x0b\x0bWei~\x0a\x0a"}, 50: {},
            75: {2: b"\x0d\x06\x0b\x0bOben\x0a\x0a"}, 90: {}}
CAPTIONS_TELETEXT = [(25, 50, "Gelb ÄÖÜß|Weiß"), (75, 90, "Oben")]
ENCODERS = {"avc": ["libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25"],
            "hevc": ["libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=2:keyint=25"],
            "mpeg2": ["mpeg2video", "-bf", "2", "-g", "12"]}


def get(address):
    with urllib.request.urlopen(address, timeout=30) as response:
        return response.read().decode()


class Captions(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pairs = streams.line21(FRAMES, LINE_21)
        dtvcc = streams.packets(WINDOW)
        cls.files = {codec: cls.stream(codec, lambda n: streams.user_data(pairs[n], dtvcc.get(n, []))) for codec in ENCODERS}
        for codec in ("avc", "hevc"):
            cls.files[f"{codec}-mp4"] = path = cls.folder / f"{codec}.mp4"
            clips.ffmpeg("-i", cls.files[codec], "-c", "copy", path)
        cls.plain = cls.stream("avc", None, "plain.ts")

    @classmethod
    def stream(cls, codec, data_of, name=None):
        """Pictures with captions and teletext beside them; `data_of`: user data by the number of the picture shown."""
        coded, path = cls.folder / f"{codec}-coded.ts", cls.folder / (name or f"{codec}.ts")
        clips.ffmpeg(*clips.picture("192x108", 25, FRAMES / 25), "-pix_fmt", "yuv420p", "-c:v", *ENCODERS[codec], coded)
        packets = clips.ffprobe(coded, "-show_entries", "packet=pts,dts,size")["packets"]
        raw = clips.ffmpeg("-i", coded, "-map", "0:v", "-c", "copy", "-f", "data", "-")
        first, at, units = min(one["pts"] for one in packets), 0, []
        begin = min(one["dts"] for one in packets)
        for one in packets:
            unit = raw[at:at + int(one["size"])]
            at += int(one["size"])
            if data_of:
                unit = streams.with_captions(codec, unit, data_of((one["pts"] - first) // TICK))
            units.append((one["pts"] - begin, one["dts"] - begin, unit))
        assert at == len(raw) and len(units) == FRAMES
        pages = [(frame * TICK + first - begin, streams.teletext_page(888, rows, 4)) for frame, rows in TELETEXT.items()]
        path.write_bytes(streams.transport_stream(codec, units, *((pages, 888) if data_of else ())))
        return path

    def read(self, source, name, *arguments):
        outcome = pier("subtitles", source, self.folder / name, "--json", *arguments)
        self.assert_done(outcome)
        return outcome.answer, (self.folder / name).read_text(encoding="utf-8")

    def cues(self, text):
        """(begin, end, text) of IMSC, times in pictures."""
        def frame(time):
            hours, minutes, seconds = time.split(":")
            return (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 25
        found = []
        for one in ElementTree.fromstring(text).iter(f"{TTML}p"):
            for line_break in one.iter(f"{TTML}br"):
                line_break.text = "|"
            found.append((round(frame(one.get("begin")), 3), round(frame(one.get("end")), 3), "".join(one.itertext())))
        return found

    def test_captions_of_every_carrier_to_the_picture(self):
        for carrier, path in self.files.items():
            for system, expected in (("cea-608", CAPTIONS_608), ("cea-708", CAPTIONS_708)):
                with self.subTest(f"{system} in {carrier}"):
                    answer, text = self.read(path, "out.ttml", "--from", system)
                    self.assertEqual(self.cues(text), expected)
                    self.assertEqual((answer["from"], answer["notes"]), (system, []))

    def test_teletext_beside_pictures(self):
        for codec in ENCODERS:
            answer, text = self.read(self.files[codec], "teletext.ttml", "--from", "teletext")
            self.assertEqual(self.cues(text), CAPTIONS_TELETEXT)
            self.assertEqual((answer["from"], answer["language"], answer["notes"]), ("teletext", "ger", []))

    def test_probe_names_them(self):
        for carrier, path in self.files.items():
            outcome = pier("probe", path, "--json")
            self.assert_done(outcome)
            self.assertEqual(outcome.answer["video"][0]["captions"], ["cea-608", "cea-708"], carrier)
            texts = [one["codec_name"] for one in outcome.answer["text"]]
            self.assertEqual(texts, [] if carrier.endswith("mp4") else ["dvb_teletext"], carrier)
        self.assertIn(b"cea-608, cea-708", pier("probe", self.files["avc"]).out)
        self.assertNotIn("captions", pier("probe", self.plain, "--json").answer["video"][0])

    def test_places_and_colours_stay_where_the_target_has_them(self):
        _, text = self.read(self.files["avc"], "red.ttml", "--from", "cea-608")
        self.assertEqual([one.get(f"{TTS}color") for one in ElementTree.fromstring(text).iter(f"{TTML}span")
                          if one.text == "RED"], ["#FF0000"])
        _, text = self.read(self.files["avc"], "green.ttml", "--from", "cea-708")
        self.assertIn("#00FF00", text)
        _, text = self.read(self.files["avc"], "top.vtt", "--from", "cea-608")
        self.assertRegex(text, r"00:00:03\.040 --> 00:00:03\.600 [^\n]*line:")
        self.assertRegex(text, r"00:00:00\.800 --> 00:00:01\.600[^\n]*\nHELLO\nWORLD")
        _, text = self.read(self.files["avc"], "teletext.srt", "--from", "teletext")
        self.assertIn('00:00:01,000 --> 00:00:02,000\n{\\an1}<font color="#FFFF00">Gelb ÄÖÜß</font>\nWeiß\n',
                      text.replace("\r", ""))

    def test_what_is_not_there_is_said(self):
        for source, arguments, code, said in (
                (self.plain, ["--from", "cea-608"], "not_found", "no captions of cea-608"),
                (self.plain, ["--from", "teletext"], "not_found", "no teletext"),
                (self.files["avc"], ["--from", "cea-608", "--service", "3"], "not_found", "--service 1"),
                (self.files["avc"], ["--from", "teletext", "--service", "777"], "not_found", "--service 888"),
                (self.files["avc"], ["--from", "cea-608", "--service", "5"], "invalid_argument", "1 to 4"),
                (self.files["avc"], ["--from", "cea-708", "--encoding", "utf-8"], "invalid_argument", "--encoding"),
                (self.files["avc"], ["--service", "1"], "invalid_argument", "--from")):
            with self.subTest(arguments):
                outcome = pier("subtitles", source, self.folder / "no.srt", "--json", *arguments)
                self.assert_refused(outcome, code)
                self.assertIn(said, outcome.message)
                self.assertFalse((self.folder / "no.srt").exists())

    def test_damaged_streams_do_no_harm(self):
        whole = self.files["avc"].read_bytes()
        chance = random.Random(608)
        for number in range(12):
            broken = bytearray(whole[:chance.randrange(len(whole) // 2, len(whole))])
            for _ in range(200):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            path = self.folder / f"broken-{number}.ts"
            path.write_bytes(broken)
            outcome = pier("subtitles", path, self.folder / "broken.vtt", "--json", "--from",
                           ("cea-608", "cea-708", "teletext")[number % 3])
            if outcome.code != 0:
                self.assertIn(outcome.error_code, ("not_found", "input_damaged", "input_unsupported", "truncated"), outcome)

    def test_published_like_a_subtitle_file(self):
        data = DataDirectory(self.folder / "data")
        outcome = pier("publish", self.files["avc"], "--data", data.path, "--ladder", "tiny", "--json", "--captions",
                       "cea-608:lang=en:default", "--captions", "cea-708:service=1:lang=en:name=708", "--captions",
                       "teletext:lang=de", "--in", "0.4")
        self.assert_done(outcome)
        tracks = {track["rung"]: track for track in outcome.answer["tracks"]}
        self.assertEqual({name: tracks[name]["frames"] for name in tracks if "webvtt" in name or "imsc" in name},
                         {"webvtt-1": 4, "imsc-1": 4, "webvtt-2": 1, "imsc-2": 1, "webvtt-3": 2, "imsc-3": 2})
        self.assertEqual(tracks["imsc-1"]["details"]["text"], {"name": "", "forced": False, "default": True})
        self.assertEqual(tracks["webvtt-3"]["details"]["language"], "de")
        with Server(data.path, "--no-worker") as server:
            address = f"{server.address}/media/{outcome.answer['asset']['id']}".replace("//media", "/media")
            whole = get(f"{address}/{tracks['webvtt-1']['id']}/whole.vtt")
            moved = get(f"{address}/{tracks['webvtt-3']['id']}/whole.vtt")
        self.assertEqual(re.findall(r"(\S+) --> (\S+)", whole),
                         [("00:00:00.400", "00:00:01.200"), ("00:00:01.520", "00:00:01.800"),
                          ("00:00:01.800", "00:00:02.400"), ("00:00:02.640", "00:00:03.200")])
        self.assertEqual(re.findall(r"(\S+) --> (\S+)", moved)[0], ("00:00:00.600", "00:00:01.600"))

    def test_captions_that_are_not_there_stop_before_anything_is_encoded(self):
        data = DataDirectory(self.folder / "none")
        outcome = pier("publish", self.plain, "--data", data.path, "--ladder", "tiny", "--json", "--captions", "cea-608")
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("no captions of cea-608", outcome.message)
        self.assertEqual(data.rows("SELECT id FROM tasks WHERE kind = 'encode'"), [])
        for option, said in (("line21", "--captions"), ("cea-608:service=5", "1 to 4"), ("cea-608:service=x", "no number")):
            outcome = pier("publish", self.plain, "--data", data.path, "--json", "--captions", option)
            self.assert_refused(outcome, "invalid_argument")
            self.assertIn(said, outcome.message)


if __name__ == "__main__":
    main()
