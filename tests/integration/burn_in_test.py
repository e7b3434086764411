"""Subtitles burnt in by pier convert and pier deliver: where and when they are seen, how bright, and what stays untouched."""

import array
import os

import clips
from pier_program import DONE, FAILED, PierTest, main, pier

RATE, PICTURES, WIDTH, HEIGHT = 25, 40, 640, 360
FIRST, LAST = 10, 19  # pictures that carry the cue
HLG = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]
# The full block is a patch large enough to be measured after coding.
SRT = ("1\n00:00:00,400 --> 00:00:00,800\n█这是中文字幕█\n我们在这里等你的消息\n\n"
       "2\n00:01:00,000 --> 00:01:02,000\n他们说今天的天气很好,可是我不相信这是真的\n")
RECIPE = """
recipient = "anyone"
container = "mov"
file = "{title}"
[picture]
format = "prores-proxy"
[subtitles]
burn = "{stem}.srt"
look = "box"
size = 8
[sound]
audio = "none"
"""


class BurnIn(PierTest):
    def master(self):
        path = self.folder / "master.mov"
        if not path.exists():
            clips.ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}:duration={PICTURES / RATE},"
                         "lutyuv=y=64+(val-64)/4:u=512:v=512,format=yuv422p10le", *HLG, "-c:v", "prores_ks", "-profile:v", "3",
                         path)
        return path

    def subtitles(self, name="zh.srt", text=SRT, encoding="gb18030"):
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def convert(self, name, *arguments, code=DONE, form="prores-422-hq"):
        out = self.folder / name
        outcome = pier("convert", self.master(), out, "--format", form, "--replace", "--json", *arguments)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer, out

    def luma(self, path):
        """Of each picture, 10 bits."""
        raw = array.array("H", clips.ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "yuv422p10le", "-"))
        whole, size = 2 * WIDTH * HEIGHT, WIDTH * HEIGHT
        return [raw[i:i + size] for i in range(0, len(raw), whole)]

    def white(self, luma):
        """Samples brighter than anything of the master: their number, upper quartile and rows."""
        found = sorted(value for value in luma if value > 500)
        rows = [i // WIDTH for i, value in enumerate(luma) if value > 500]
        return (len(found), found[len(found) * 3 // 4], min(rows), max(rows)) if found else (0, 0, 0, 0)

    def test_text_is_there_in_its_time_at_reference_white_and_nothing_else_changes(self):
        for light, level in (("hlg", 721), ("sdr", 940), ("pq", 573)):
            with self.subTest(light):
                _, plain = self.convert(f"plain-{light}.mov", "--to", light)
                answer, burned = self.convert(f"burned-{light}.mov", "--to", light, "--burn", self.subtitles())
                self.assertEqual(answer["burned"], LAST - FIRST + 1)
                before, after = self.luma(plain), self.luma(burned)
                self.assertEqual((len(before), len(after)), (PICTURES, PICTURES))
                for number in range(PICTURES):
                    if number < FIRST or number > LAST:
                        self.assertEqual(before[number], after[number], f"picture {number} has no cue and differs")
                        continue
                    count, level_seen, top, bottom = self.white(after[number])
                    self.assertGreater(count, 500, f"picture {number}")
                    self.assertAlmostEqual(level_seen, level, delta=3, msg=f"picture {number}")
                    self.assertGreater(top, HEIGHT * 0.7)
                    self.assertLess(bottom, HEIGHT * 0.9)
                    self.assertEqual(before[number][:WIDTH * HEIGHT // 2], after[number][:WIDTH * HEIGHT // 2])

    def test_a_programme_keeps_the_times_of_the_master(self):
        answer, out = self.convert("part.mov", "--in", "0.6", "--burn", self.subtitles())
        self.assertEqual(answer["burned"], 5)
        seen = [self.white(picture)[0] > 0 for picture in self.luma(out)]
        self.assertEqual(seen, [True] * 5 + [False] * (PICTURES - 20))

    def test_an_offset_an_encoding_a_box_and_a_size_are_heeded(self):
        subtitles = self.subtitles("later.srt", SRT.replace("00:00:00,400", "00:00:10,400").replace("00:00:00,800", "00:00:10,800"))
        answer, out = self.convert("box.mov", "--burn", f"{subtitles}:encoding=gb18030:offset=-10", "--burn-box", "--burn-size", "9")
        self.assertEqual(answer["burned"], LAST - FIRST + 1)
        small = self.white(self.luma(self.convert("small.mov", "--burn", self.subtitles())[1])[FIRST])
        self.assertGreater(self.white(self.luma(out)[FIRST])[0], small[0] * 1.5)

    def test_equal_input_gives_equal_bytes(self):
        answers = [self.convert(f"again{i}.mov", "--burn", self.subtitles())[0]["sha256"] for i in range(2)]
        self.assertEqual(answers[0], answers[1])

    def test_what_cannot_be_drawn_is_told_and_leaves_no_file(self):
        hieroglyph = self.subtitles("hieroglyph.srt", "1\n00:00:01,000 --> 00:00:02,000\n𓀀\n", "utf-8")
        answer, out = self.convert("no.mov", "--burn", hieroglyph, code=FAILED)
        self.assertIn("U+13000", str(answer))
        self.assertIn("cue 1 (00:00:01)", str(answer))
        self.assertFalse(out.exists())
        self.convert("no.mov", "--burn", self.folder / "not-there.srt", code=FAILED)
        not_a_font = self.folder / "font.ttf"
        not_a_font.write_bytes(b"no font" * 100)
        answer, _ = self.convert("no.mov", "--burn", self.subtitles(), "--font", not_a_font, code=FAILED)
        self.assertIn("font 1", str(answer))
        self.convert("no.mov", "--font", not_a_font, code=FAILED)
        self.convert("no.mov", "--burn", f"{self.subtitles()}:forced", code=FAILED)
        self.assertFalse(out.exists())

    def test_a_recipe_burns_what_lies_beside_the_master(self):
        (self.folder / "burn.toml").write_text(RECIPE)
        text = self.subtitles("master.srt")
        out = self.folder / "out"

        def deliver():
            outcome = pier("deliver", self.master(), "--recipe", self.folder / "burn.toml", "--into", out, "--title", "片名",
                           "--replace", "--json")
            self.assertEqual(outcome.code, DONE, str(outcome))
            return outcome.answer["episodes"][0]["state"]

        self.assertEqual([deliver(), deliver()], ["made", "there"])
        pictures = self.luma(out / "片名.mov")
        self.assertEqual([self.white(picture)[0] > 0 for picture in pictures],
                         [FIRST <= number <= LAST for number in range(PICTURES)])
        text.write_bytes(SRT.replace("你", "我").encode("gb18030"))
        self.assertEqual(deliver(), "made", "other subtitles are another delivery")
        os.remove(text)
        outcome = pier("deliver", self.master(), "--recipe", self.folder / "burn.toml", "--into", out, "--title", "二", "--json")
        self.assertEqual(outcome.code, FAILED)
        self.assertIn("subtitles to burn in", str(outcome.answer))


if __name__ == "__main__":
    main()
