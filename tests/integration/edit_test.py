"""pier edit: which picture of which source every picture of the output is, its light and tags, flashes against beeps, levels,
lists against OpenTimelineIO, what is refused."""

import array
import json
import math
import os

import clips
from pier_program import DONE, FAILED, PierTest, main, pier

HLG = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]
PQ = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv"]
SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
NAMES = {"pq": ("bt2020", "smpte2084", "bt2020nc"), "hlg": ("bt2020", "arib-std-b67", "bt2020nc"),
         "sdr": ("bt709", "bt709", "bt709")}
WIDTH, HEIGHT, BARS, SECONDS, SAMPLES = 320, 180, 10, 4, 48000
BEEPS = f"aevalsrc=exprs='if(lt(mod(t,1),0.04),0.5*sin(2000*PI*t),0)':c=mono:s=48000:d={SECONDS},pan=stereo|c0=c0|c1=c0"


def time(value, rate=25):
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}


def span(start, length, rate=25):
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": time(start, rate), "duration": time(length, rate)}


def clip(name, start, length, rate=25, speed=None, **pier_words):
    effects = [] if speed is None else [{"OTIO_SCHEMA": "LinearTimeWarp.1", "name": "", "time_scalar": speed}]
    return {"OTIO_SCHEMA": "Clip.2", "name": name, "source_range": span(start, length, rate), "effects": effects,
            "metadata": {"pier": pier_words}, "active_media_reference_key": "DEFAULT_MEDIA",
            "media_references": {"DEFAULT_MEDIA": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": name}}}


def gap(length, rate=25):
    return {"OTIO_SCHEMA": "Gap.1", "source_range": span(0, length, rate)}


def dissolve(before, after, rate=25):
    return {"OTIO_SCHEMA": "Transition.1", "transition_type": "SMPTE_Dissolve", "in_offset": time(before, rate),
            "out_offset": time(after, rate)}


def timeline(*tracks):
    children = [{"OTIO_SCHEMA": "Track.1", "name": f"{kind[0]}{i}", "kind": kind, "children": items}
                for i, (kind, items) in enumerate(tracks)]
    return {"OTIO_SCHEMA": "Timeline.1", "name": "news", "global_start_time": time(90000),
            "tracks": {"OTIO_SCHEMA": "Stack.1", "children": children}}


class Edit(PierTest):
    def source(self, name, number, rate, colour, codec, sound="pcm_s24le"):
        """Bars that spell the number of source and picture; a flash above them and a beep at every full second."""
        path = self.folder / name
        if path.exists():
            return path
        code = f"bitand(N+{number << 8},pow(2,floor(X*{BARS}/W)))"
        flash = f"if(mod(N,{rate}),200,800)"
        picture = f"geq=lum='if(lt(Y,{HEIGHT // 4}),{flash},if({code},800,200))':cb=512:cr=512"
        clips.ffmpeg("-f", "lavfi", "-i", f"color=s={WIDTH}x{HEIGHT}:r={rate}:d={SECONDS},format=yuv420p10le,{picture}", "-f",
                     "lavfi", "-i", BEEPS, *colour, *codec, "-c:a", sound, path)
        return path

    def news_sources(self):
        x265 = ["-c:v", "libx265", "-preset", "medium", "-x265-params", "log-level=none:crf=4:bframes=3:open-gop=1:keyint=20"]
        self.source("studio.mp4", 1, 25, SDR, ["-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-crf", "4", "-bf", "3"], "aac")
        self.source("live.mov", 2, 50, HLG, x265)
        self.source("film.mkv", 3, 25, PQ, ["-c:v", "ffv1"])

    def news(self):
        items = [clip("studio.mp4", 10, 50), dissolve(2, 3), clip("live.mov", 50, 100, 50), clip("film.mkv", 10, 40), gap(10)]
        return timeline(("Video", items), ("Audio", items))

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def edit(self, path, out, *arguments, code=DONE, form="prores-422-hq"):
        outcome = pier("edit", os.fspath(path), "-o", os.fspath(self.folder / out), "--format", form, "--json", *arguments)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome if code != DONE else outcome.answer

    def luma(self, name):
        """Luma of every picture: rows of ten bits."""
        raw = clips.ffmpeg("-i", self.folder / name, "-f", "rawvideo", "-pix_fmt", "yuv422p10le", "-")
        samples = array.array("H", raw)
        size = WIDTH * HEIGHT * 2
        return [samples[i:i + WIDTH * HEIGHT] for i in range(0, len(samples), size)]

    def codes(self, name):
        """(source, picture) of every picture, None where the bars spell none."""
        found = []
        for plane in self.luma(name):
            row = plane[WIDTH * HEIGHT // 2:][:WIDTH]
            values = [row[int((i + 0.5) * WIDTH / BARS)] for i in range(BARS)]
            middle = (max(values) + min(values)) / 2
            number = sum(1 << i for i, value in enumerate(values) if value > middle)
            found.append((number >> 8, number & 255) if max(values) - min(values) > 100 else None)
        return found

    def assert_light(self, name, light):
        stream, frame = clips.stream_facts(self.folder / name)
        said = tuple(stream.get(key) or frame.get(key) for key in ("color_primaries", "color_transfer", "color_space"))
        self.assertEqual(said, NAMES[light])

    def onsets(self, name):
        """Samples at which beeps begin."""
        sound = clips.samples(self.folder / name)
        found, quiet = [], SAMPLES
        for i, value in enumerate(sound):
            if abs(value) > 3000:
                if quiet > 2000:
                    found.append(i)
                quiet = 0
            else:
                quiet += 1
        return found, len(sound)

    def flashes(self, name):
        found = []
        for number, plane in enumerate(self.luma(name)):
            strip, bars = plane[WIDTH * 10 + 160], plane[WIDTH * HEIGHT // 2:][:WIDTH]
            if strip > (max(bars) + min(bars)) / 2 and strip > 300:
                found.append(number)
        return found

    def test_a_news_item_of_three_lights(self):
        self.news_sources()
        path = self.write("news.otio", self.news())
        want = [(1, 10 + i) for i in range(48)] + [None] * 5 + [(2, 56 + 2 * i) for i in range(47)] + \
            [(3, 10 + i) for i in range(40)] + [None] * 10
        for light in ("hlg", "sdr", "pq"):
            with self.subTest(light):
                answer = self.edit(path, f"news-{light}.mov", "--to", light)
                self.assertEqual(answer["pictures"], 150)
                self.assertEqual({tag["verdict"] for tag in answer["tags"]} - {"not_carried"}, {"equal"}, answer["tags"])
                self.assert_light(f"news-{light}.mov", light)
                got = self.codes(f"news-{light}.mov")
                self.assertEqual([g for i, g in enumerate(got) if not 48 <= i < 53],
                                 [w for i, w in enumerate(want) if not 48 <= i < 53])
                onsets, length = self.onsets(f"news-{light}.mov")
                self.assertEqual(length, 6 * SAMPLES)
                flashes = [flash for flash in self.flashes(f"news-{light}.mov") if not 48 <= flash < 53]
                self.assertEqual(flashes, [15, 40, 75, 115], "25 and 50 of studio, 100 of live, 25 of film")
                for flash in flashes:
                    off = min((onset - flash * SAMPLES // 25 for onset in onsets), key=abs)
                    self.assertLessEqual(abs(off), 48, f"sound is {off} samples off at picture {flash}")
        again = self.edit(path, "again.mov", "--to", "hlg")
        self.assertEqual(again["sha256"], self.edit(path, "news-hlg.mov", "--to", "hlg", "--replace")["sha256"])
        white = [max(plane[WIDTH * HEIGHT // 2:][:WIDTH]) for plane in self.luma("news-hlg.mov")]
        self.assertAlmostEqual((white[20] - 64) / 876, self.hlg_of_sdr((800 - 64) / 876), delta=0.01)

    @staticmethod
    def hlg_of_sdr(signal):
        """BT.2408: SDR with display gamma 2.4, white at 203 cd/m2; HLG of a display of 1000 cd/m2, system gamma 1.2."""
        scene = (0.203 * signal ** 2.4) ** (1 / 1.2)
        return math.sqrt(3 * scene) if scene <= 1 / 12 else \
            0.17883277 * math.log(12 * scene - 0.28466892) + 0.55991073

    def test_a_dissolve_is_the_mean(self):
        for name, value in (("dark.mkv", 200), ("light.mkv", 800)):
            clips.ffmpeg("-f", "lavfi", "-i", f"color=s={WIDTH}x{HEIGHT}:r=25:d=2,format=yuv420p10le,"
                         f"geq=lum={value}:cb=512:cr=512", *SDR, "-c:v", "ffv1", self.folder / name)
        items = [clip("dark.mkv", 5, 20), dissolve(2, 3), clip("light.mkv", 5, 20), dissolve(0, 5), gap(10)]
        self.edit(self.write("mean.otio", timeline(("Video", items))), "mean.mov")
        found = [plane[WIDTH * 90 + 160] for plane in self.luma("mean.mov")]
        want = [200] * 18 + [260, 380, 500, 620, 740] + [800] * 17 + \
            [round(800 - (800 - 64) * (i + 0.5) / 5) for i in range(5)] + [64] * 5
        self.assertEqual(len(found), len(want))
        for number, (got, wanted) in enumerate(zip(found, want)):
            self.assertAlmostEqual(got, wanted, delta=2, msg=f"picture {number}")

    def test_rates_and_speeds(self):
        self.news_sources()
        up = self.write("up.otio", timeline(("Video", [clip("studio.mp4", 0, 10), clip("studio.mp4", 20, 10, speed=2.0),
                                                       clip("studio.mp4", 40, 5, speed=-1.0)])))
        answer = self.edit(up, "up.mov", "--rate", "50")
        self.assertIn("pictures are repeated or left out", " ".join(answer["notes"]))
        self.assertEqual(self.codes("up.mov"), [(1, i // 2) for i in range(20)] + [(1, 20 + i) for i in range(20)] +
                         [(1, 40 - math.ceil(i / 2)) for i in range(10)])
        down = self.write("down.otio", timeline(("Video", [clip("live.mov", 20, 40, 50)])))
        self.edit(down, "down.mov", "--rate", "25")
        self.assertEqual(self.codes("down.mov"), [(2, 20 + 2 * i) for i in range(20)])
        self.assertIn("pictures are blended", " ".join(self.edit(down, "blend.mov", "--rate", "25", "--blend")["notes"]))
        bar = [plane[WIDTH * 100 + WIDTH // BARS // 2] for plane in self.luma("blend.mov")]
        self.assertTrue(all(abs(value - 500) < 12 for value in bar), f"the lowest bit is on in every other picture: {bar}")
        sixty = self.write("sixty.otio", timeline(("Video", [clip("live.mov", 50, 50, 50)])))
        self.edit(sixty, "sixty.mov", "--rate", "60")
        self.assertEqual(self.codes("sixty.mov"), [(2, 50 + i * 50 // 60) for i in range(60)])

    def test_levels(self):
        tone = self.folder / "tone.mov"
        clips.ffmpeg("-f", "lavfi", "-i", f"color=s={WIDTH}x{HEIGHT}:r=25:d=4,format=yuv420p", "-f", "lavfi", "-i",
                     "aevalsrc=exprs='0.5*sin(2000*PI*t)|0.5*sin(2000*PI*t)':s=44100:d=4", *SDR, "-c:v", "prores_ks",
                     "-c:a", "pcm_s24le", tone)
        pictures = clip("tone.mov", 0, 50)
        sound = [clip("tone.mov", 0, 25, gain_db=-6.0), clip("tone.mov", 25, 25, levels=[[0, 0], [0.5, -20]], fade_out=0.2)]
        answer = self.edit(self.write("levels.otio", timeline(("Video", [pictures]), ("Audio", sound))), "levels.mov")
        self.assertIn("sound of 44100 Hz becomes 48000 Hz", " ".join(answer["notes"]))
        found = clips.samples(self.folder / "levels.mov")
        loud = lambda at: max(map(abs, found[int(at * SAMPLES):][:240])) / 32768  # noqa: E731
        self.assertAlmostEqual(loud(0.5), 0.5 * 10 ** (-6 / 20), delta=0.002)
        self.assertAlmostEqual(loud(1.25), 0.5 * 10 ** (-10 / 20), delta=0.01)
        self.assertAlmostEqual(loud(1.7), 0.05, delta=0.002)
        self.assertAlmostEqual(loud(1.9), 0.025, delta=0.002)
        wave = [0.5 * 10 ** (-6 / 20) * math.sin(2 * math.pi * 1000 * i / SAMPLES) * 32768 for i in range(24000)]
        off = max(abs(got - want) for got, want in zip(found[2000:22000], wave[2000:22000]))
        self.assertLess(off, 40, "a tone of 44.1 kHz keeps its time and form")

    def test_lists_and_timelines_give_the_same(self):
        self.source("reel.mov", 1, 25, SDR, ["-c:v", "prores_ks", "-timecode", "10:00:00:00"])
        self.source("other.mov", 2, 25, SDR, ["-c:v", "prores_ks"])
        text = ("TITLE: LIST\nFCM: NON-DROP FRAME\n\n"
                "001  REEL     AA/V  C        10:00:00:10 10:00:01:10 01:00:00:00 01:00:01:00\n* FROM CLIP NAME: reel\n"
                "002  REEL     AA/V  C        10:00:01:10 10:00:01:10 01:00:01:00 01:00:01:00\n"
                "002  OTHER    AA/V  D    005 00:00:02:00 00:00:03:00 01:00:01:00 01:00:02:00\n"
                "* FROM CLIP NAME: reel\n* TO CLIP NAME: other\n* SOURCE FILE: other.mov\n")
        listed = self.edit(self.write("list.edl", text), "listed.mov")
        items = [clip("reel.mov", 10, 25), dissolve(0, 5), clip("other.mov", 50, 25)]
        self.edit(self.write("same.otio", timeline(("Video", items), ("Audio", items))), "same.mov")
        self.assertEqual(self.luma("listed.mov"), self.luma("same.mov"))
        self.assertEqual(clips.samples(self.folder / "listed.mov"), clips.samples(self.folder / "same.mov"))
        self.assertEqual(self.codes("listed.mov")[:25], [(1, 10 + i) for i in range(25)])
        self.assertEqual(self.codes("listed.mov")[30:], [(2, 55 + i) for i in range(20)])
        for name in ("saved.otio", "saved.edl"):
            outcome = pier("edit", os.fspath(self.folder / "list.edl"), "--save", os.fspath(self.folder / name))
            self.assertEqual(outcome.code, DONE, str(outcome))
        self.assertEqual((self.folder / "saved.edl").read_text(), text)
        self.assertEqual(self.edit(self.folder / "saved.otio", "saved.mov")["sha256"], listed["sha256"])
        self.assertEqual(listed["plan"]["timecode"], "01:00:00:00")

    def hashes(self, name):
        packets = clips.ffprobe(self.folder / name, "-select_streams", "v", "-show_packets", "-show_data_hash", "md5")["packets"]
        return [packet["data_hash"] for packet in packets]

    def test_unchanged_pictures_are_copied(self):
        for number, name in enumerate(("first", "second"), 1):
            made = self.source(f"{name}.mkv", number, 25, HLG, ["-c:v", "ffv1"])
            outcome = pier("convert", os.fspath(made), os.fspath(self.folder / f"{name}.mov"), "--format", "prores-422-hq")
            self.assertEqual(outcome.code, DONE, str(outcome))
        items = [clip("first.mov", 10, 25), dissolve(2, 3), clip("second.mov", 30, 25), clip("first.mov", 60, 10, speed=0.5)]
        path = self.write("copied.otio", timeline(("Video", items)))
        for end in ("mov", "mxf"):
            with self.subTest(end):
                answer = self.edit(path, f"copied.{end}")
                self.assertEqual((answer["pictures"], answer["copied"], answer["mixed"]), (60, 55, 5))
                first, second, got = (self.hashes(name) for name in ("first.mov", "second.mov", f"copied.{end}"))
                self.assertEqual(got[:23], first[10:33])
                self.assertEqual(got[28:50], second[33:55])
                self.assertEqual(got[50:], [first[60 + i // 2] for i in range(10)])
                self.assertEqual(self.codes(f"copied.{end}")[20:23], [(1, 30), (1, 31), (1, 32)])
                self.assertEqual(len(self.codes(f"copied.{end}")), 60)
                self.assert_light(f"copied.{end}", "hlg")
        for out, words in (("other.mov", ("--to", "sdr")), ("tags.mov", ("--tags", "first.mov=pq", "--to", "hlg"))):
            self.assertLess(self.edit(path, f"not-{out}", *words)["copied"], 30)
        self.assertEqual(self.edit(path, "form.mov", form="prores-422")["copied"], 0)
        self.source("undescribed.mov", 1, 25, HLG, ["-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le"])
        bare = self.write("bare-frames.otio", timeline(("Video", [clip("undescribed.mov", 0, 10)])))
        self.assertEqual(self.edit(bare, "described.mov")["copied"], 0, "its pictures do not say their colour, its container does")
        self.assert_light("described.mov", "hlg")

    def test_check_says_what_would_be_done(self):
        self.news_sources()
        path = self.write("check.otio", self.news())
        before = sorted(self.folder.iterdir())
        outcome = pier("edit", os.fspath(path), "--check", "--to", "hlg", "--json")
        self.assertEqual(outcome.code, DONE, str(outcome))
        plan = outcome.answer["plan"]
        self.assertEqual((plan["pictures"], plan["transfer"], plan["timecode"]), (150, "arib-std-b67", ""))
        self.assertEqual([(one["first"], one["end"]) for one in plan["tracks"][0]], [(0, 53), (48, 100), (100, 140), (140, 150)])
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_wrong_and_missing_tags(self):
        self.source("bare.mkv", 1, 25, [], ["-c:v", "ffv1"])
        path = self.write("bare.otio", timeline(("Video", [clip("bare.mkv", 0, 10)])))
        refused = self.edit(path, "bare.mov", code=FAILED)
        self.assertIn("does not say its transfer", refused.message)
        self.assertIn("clip 1 of track V0", refused.message)
        self.assertFalse((self.folder / "bare.mov").exists())
        answer = self.edit(path, "bare.mov", "--tags", "bare.mkv=hlg")
        self.assert_light("bare.mov", "hlg")
        self.assertIn(("bare.mkv transfer", "arib-std-b67"), [(one["field"], one["given"]) for one in answer["repairs"]])
        self.edit(self.write("said.otio", timeline(("Video", [clip("bare.mkv", 0, 10, tags="pq")]))), "said.mov")
        self.assert_light("said.mov", "pq")

    def test_what_is_refused(self):
        self.news_sources()
        event = "TITLE: x\n001  AX       V     {} 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n"
        cases = {
            "gone.otio": (timeline(("Video", [clip("gone.mov", 0, 10)])), "there is no file gone.mov"),
            "long.otio": (timeline(("Video", [clip("studio.mp4", 60, 50)])), "needs pictures 60 to 109"),
            "handle.otio": (timeline(("Video", [clip("studio.mp4", 0, 100), dissolve(0, 5), clip("studio.mp4", 0, 50)])),
                            "shorten its transitions"),
            "nested.otio": (timeline(("Video", [{"OTIO_SCHEMA": "Stack.1"}])), "tracks.children[0].children[0] is a Stack.1"),
            "level.otio": (timeline(("Video", [clip("studio.mp4", 0, 9, gain_db="loud")])), "metadata.pier.gain_db"),
            "empty.otio": (timeline(("Video", [])), "the timeline is empty"),
            "black.otio": (timeline(("Video", [gap(10)])), "shows no pictures"),
            "far.otio": (timeline(("Video", [clip("http://host/a.mov", 0, 9)])), "is not a file here"),
            "broken.otio": ("{\"OTIO_SCHEMA\"", "broken.otio"),
            "wipe.edl": (event.format("W001 025"), "line 2: wipe W001"),
            "key.edl": (event.format("K B"), "line 2: keys"),
            "words.edl": ("hello\n", "not one event"),
        }
        for name, (content, said) in cases.items():
            with self.subTest(name):
                outcome = self.edit(self.write(name, content), "no.mov", code=FAILED)
                self.assertIn(said, outcome.message)
                self.assertFalse((self.folder / "no.mov").exists())
        self.assertIn("names no file of the timeline",
                      self.edit(self.write("t.otio", self.news()), "no.mov", "--tags", "who.mov=hlg", code=FAILED).message)


if __name__ == "__main__":
    main()
