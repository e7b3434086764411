"""Titles and logos of pier edit: where and when they are seen, how bright, over and under which pictures, what is refused."""

import array
import json
import os
import struct
import zlib

import clips
from pier_program import DONE, FAILED, PierTest, main, pier

SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
WIDTH, HEIGHT, RATE = 640, 360, 25
WHITE = {"sdr": 940, "hlg": 721, "pq": 573}  # 100 %, 75 %, 203 cd/m2 (BT.2408-7 clause 2.1), ten bits
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"><rect width="{w}" height="{h}" fill="white"/></svg>'


def time(value):
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(RATE), "value": float(value)}


def span(length):
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": time(0), "duration": time(length)}


def item(media, length, **pier_words):
    return {"OTIO_SCHEMA": "Clip.2", "name": "", "source_range": span(length), "effects": [], "metadata": {"pier": pier_words},
            "active_media_reference_key": "DEFAULT_MEDIA", "media_references": {"DEFAULT_MEDIA": media}}


def clip(name, length, **pier_words):
    return item({"OTIO_SCHEMA": "ExternalReference.1", "target_url": name}, length, **pier_words)


def text(words, length, parameters=None, **pier_words):
    return item({"OTIO_SCHEMA": "GeneratorReference.1", "generator_kind": "text", "parameters": {"text": words} | (parameters or {})},
                length, **pier_words)


def gap(length):
    return {"OTIO_SCHEMA": "Gap.1", "source_range": span(length)}


def dissolve(before, after):
    return {"OTIO_SCHEMA": "Transition.1", "transition_type": "SMPTE_Dissolve", "in_offset": time(before), "out_offset": time(after)}


def png(width, height, pixel):
    """Of one colour, with alpha."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(pixel) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class EditGraphics(PierTest):
    def setUp(self):
        super().setUp()
        for name, value in (("dark.mkv", 200), ("other.mkv", 300)):
            clips.ffmpeg("-f", "lavfi", "-i", f"color=s={WIDTH}x{HEIGHT}:r={RATE}:d=2,format=yuv420p10le,"
                         f"geq=lum={value}:cb=512:cr=512", *SDR, "-c:v", "ffv1", self.folder / name)
        (self.folder / "box.svg").write_text(SVG.format(w=64, h=40))
        (self.folder / "half.png").write_bytes(png(64, 40, (255, 255, 255, 128)))

    def edit(self, tracks, out, *arguments, code=DONE):
        children = [{"OTIO_SCHEMA": "Track.1", "name": f"V{i}", "kind": "Video", "children": items} for i, items in enumerate(tracks)]
        path = self.folder / "t.otio"
        path.write_text(json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": "t",
                                    "tracks": {"OTIO_SCHEMA": "Stack.1", "children": children}}))
        outcome = pier("edit", os.fspath(path), "-o", os.fspath(self.folder / out), "--format", "prores-422-hq", "--replace",
                       "--json", *arguments)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome if code != DONE else outcome.answer

    def luma(self, name):
        samples = array.array("H", clips.ffmpeg("-i", self.folder / name, "-f", "rawvideo", "-pix_fmt", "yuv422p10le", "-"))
        size = WIDTH * HEIGHT * 2
        return [samples[i:i + WIDTH * HEIGHT] for i in range(0, len(samples), size)]

    def at(self, plane, x, y):
        return plane[y * WIDTH + x]

    def box(self, plane, above):
        """Left, top, right, bottom of samples brighter than `above`; None without any."""
        found = [i for i, value in enumerate(plane) if value > above]
        if not found:
            return None
        columns = [i % WIDTH for i in found]
        return min(columns), found[0] // WIDTH, max(columns) + 1, found[-1] // WIDTH + 1

    def assert_box(self, plane, above, want):
        got = self.box(plane, above)
        self.assertIsNotNone(got)
        for have, wanted in zip(got, want):
            self.assertAlmostEqual(have, wanted, delta=2, msg=f"{got}, not {want}")

    def test_a_logo_and_a_title_stand_at_reference_white(self):
        tracks = [[clip("dark.mkv", 20)], [gap(5), text("█中文█", 10, {"size": 0.2}), gap(5)]]
        for light, white in WHITE.items():
            with self.subTest(light):
                answer = self.edit(tracks, f"{light}.mov", "--to", light, "--logo", os.fspath(self.folder / "box.svg"))
                self.assertEqual((answer["pictures"], answer["drawn"], answer["mixed"]), (20, 20, 0))
                self.assertEqual({tag["verdict"] for tag in answer["tags"]} - {"not_carried"}, {"equal"}, answer["tags"])
                pictures = self.luma(f"{light}.mov")
                for number, plane in enumerate(pictures):
                    # 5 % of 640 and of 360 from the right upper corner.
                    self.assertAlmostEqual(self.at(plane, 640 - 32 - 32, 18 + 20), white, delta=3)
                    middle = [value for value in plane[WIDTH * 120:WIDTH * 240] if value > (white + 300) // 2]
                    self.assertEqual(bool(middle), 5 <= number < 15, f"picture {number}")
                    if middle:
                        self.assertAlmostEqual(sorted(middle)[len(middle) // 2], white, delta=3)
                upper = pictures[0][:WIDTH * HEIGHT // 2]
                self.assert_box(upper, (white + 300) // 2, (640 - 32 - 64, 18, 640 - 32, 18 + 40))

    def test_places_sizes_and_opacity(self):
        tracks = [[clip("dark.mkv", 50)],
                  [clip("box.svg", 5, x=0.25, y=0.5), clip("box.svg", 5, place="bottom-left", width=0.2),
                   clip("half.png", 5, place="top"), clip("half.png", 5), clip("box.svg", 5, opacity=0.25),
                   clip("box.svg", 10, fade_in=0.2, fade_out=0.2), gap(15)]]
        self.edit(tracks, "places.mov")
        pictures = self.luma("places.mov")
        self.assert_box(pictures[2], 570, (160, 180, 224, 220))
        self.assert_box(pictures[7], 570, (32, 342 - 80, 160, 342))
        self.assert_box(pictures[12], 400, (288, 18, 352, 58))
        self.assert_box(pictures[17], 400, (288, 160, 352, 200))
        middle = [self.at(plane, 320, 180) for plane in pictures]
        self.assertAlmostEqual(middle[17], 200 + 740 * 128 / 255, delta=3)
        self.assertAlmostEqual(middle[22], 200 + 740 / 4, delta=3)
        fade = [(i + 0.5) / 5 for i in range(5)]
        for number, share in enumerate(fade + fade[::-1]):
            self.assertAlmostEqual(middle[25 + number], 200 + 740 * share, delta=4, msg=f"picture {number} of the fade")
        self.assertEqual({value for value in middle[35:]}, {200})

    def test_dissolves_and_what_lies_above(self):
        tracks = [[clip("dark.mkv", 40)],
                  [clip("box.svg", 10), dissolve(2, 2), clip("half.png", 10), dissolve(2, 2), gap(20)],
                  [gap(30), clip("other.mkv", 10)]]
        answer = self.edit(tracks, "stack.mov", "--logo", os.fspath(self.folder / "box.svg"), "--logo-place", "bottom",
                           "--logo-width", "0.05")
        self.assertEqual((answer["drawn"], answer["mixed"]), (40, 4))
        pictures = self.luma("stack.mov")
        half = 200 + 740 * 128 / 255
        want = [940] * 8 + [940 + (half - 940) * (i + 0.5) / 4 for i in range(4)] + [half] * 6 + \
            [half + (200 - half) * (i + 0.5) / 4 for i in range(4)] + [200] * 8 + [300] * 10
        for number, (plane, wanted) in enumerate(zip(pictures, want)):
            self.assertAlmostEqual(self.at(plane, 320, 180), wanted, delta=4, msg=f"picture {number}")
            self.assertAlmostEqual(self.at(plane, 320, 342 - 10), 940, delta=4, msg=f"logo of picture {number}")
        under = [[clip("dark.mkv", 10)], [clip("box.svg", 10)], [clip("other.mkv", 10)]]
        self.edit(under, "under.mov")
        self.assertEqual({self.at(plane, 320, 180) for plane in self.luma("under.mov")}, {300}, "pictures above hide it")

    def test_a_still_stands_by_itself(self):
        (self.folder / "still.png").write_bytes(png(WIDTH, HEIGHT, (255, 255, 255, 255)))
        self.edit([[clip("dark.mkv", 5), clip("still.png", 5), clip("dark.mkv", 5)]], "still.mov")
        middle = [self.at(plane, 320, 180) for plane in self.luma("still.mov")]
        self.assertEqual(middle, [200] * 5 + [940] * 5 + [200] * 5)

    def test_what_cannot_be_drawn_is_told_and_leaves_no_file(self):
        (self.folder / "broken.png").write_bytes(png(8, 8, (1, 2, 3, 4))[:-30])
        (self.folder / "script.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg>')
        below = [clip("dark.mkv", 10)]
        box = os.fspath(self.folder / "box.svg")
        cases = [
            ([below, [text("𓀀", 10)]], [], "U+13000"),
            ([below, [text("x", 10, {"color": "mauve"})]], [], "parameters.color"),
            ([below, [clip("broken.png", 10)]], [], "broken.png"),
            ([below, [clip("script.svg", 10)]], [], "script.svg"),
            ([below, [clip("box.svg", 10, place="attic")]], [], "metadata.pier.place"),
            ([[clip("dark.mkv", 10, x=0.5)]], [], "only PNG, SVG and text"),
            ([below], ["--logo", box, "--logo-place", "attic"], "--logo-place"),
            ([below], ["--logo", box, "--logo-width", "3"], "--logo-width"),
            ([below], ["--logo", os.fspath(self.folder / "dark.mkv")], "no .png or .svg"),
            ([below], ["--logo", os.fspath(self.folder / "none.svg")], "none.svg"),
            ([below], ["--logo-place", "top"], "belong to --logo"),
            ([below], ["--font", box], "--font is for texts"),
            ([below, [text("x", 10)]], ["--font", box], "font 1"),
        ]
        for tracks, arguments, said in cases:
            for check in ([], ["--check"]):
                with self.subTest(said, check=check):
                    outcome = self.edit(tracks, "no.mov", *arguments, *check, code=FAILED)
                    self.assertIn(said, outcome.message)
                    self.assertFalse((self.folder / "no.mov").exists())
        notes = self.edit([below, [text("x", 10, {"font": "Arial"})]], "arial.mov")["notes"]
        self.assertIn("names the font Arial", " ".join(notes))


if __name__ == "__main__":
    main()
