"""`pier subtitles`: files as people send them, in their encodings and with their mistakes."""

import codecs
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from pier_program import PierTest, main, pier  # noqa: E402

TTML = "{http://www.w3.org/ns/ttml}"
TTS = "{http://www.w3.org/ns/ttml#styling}"
SIMPLIFIED = ("1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>我们</i>不知道他是谁，\r\n但是他知道我们。\r\n\r\n"
              "2\r\n00:00:03,040 --> 00:00:04,000\r\n{\\an8}这是上面的字。\r\n")
TRADITIONAL = SIMPLIFIED.replace("我们", "我們").replace("谁", "誰").replace("这", "這")


def stl(*blocks, table=b"00", start=b"10000000"):
    """An EBU-STL file: header, and blocks of (in, out, row, text)."""
    header = bytearray(b" " * 1024)
    for at, field in ((0, b"850"), (3, b"STL25.01"), (11, b"1"), (12, table), (14, b"08"), (238, b"%05d" % len(blocks)),
                      (253, b"23"), (255, b"1"), (256, start)):
        header[at:at + len(field)] = field
    for number, (begin, end, row, text) in enumerate(blocks):
        header += bytes([0, number, 0, 0xFF, 0, *begin, *end, row, 2, 0]) + text.ljust(112, b"\x8f")
    return bytes(header)


class Subtitles(PierTest):
    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def convert(self, source, name, *arguments):
        """What the command says, and what it wrote."""
        outcome = pier("subtitles", source, self.folder / name, "--json", *arguments)
        self.assert_done(outcome)
        return outcome.answer, (self.folder / name).read_text(encoding="utf-8")

    def test_encodings_are_recognised_and_said(self):
        for encoding, text, name, source in (
                ("gb18030", SIMPLIFIED, "gb18030", "guessed"), ("gbk", SIMPLIFIED, "gb18030", "guessed"),
                ("big5", TRADITIONAL, "big5", "guessed"), ("utf-8", SIMPLIFIED, "utf-8", "content"),
                ("utf-8-sig", SIMPLIFIED, "utf-8", "byte order mark"), ("utf-16", SIMPLIFIED, "utf-16le", "byte order mark"),
                ("utf-16-be", SIMPLIFIED, "utf-16be", "content")):
            with self.subTest(encoding):
                path = self.write(f"{encoding}.srt", text.encode(encoding))
                answer, written = self.convert(path, f"{encoding}.vtt", "--language", "zh-Hans")
                self.assertEqual((answer["encoding"], answer["encoding_source"]), (name, source))
                self.assertEqual(answer["encoding_confidence"] < 1, source == "guessed")
                self.assertEqual((answer["from"], answer["to"], answer["cues"], answer["notes"]), ("srt", "webvtt", 2, []))
                words = text.split("\r\n")[2].replace("<i>", "").replace("</i>", "")[2:]
                self.assertTrue(written.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>"), written)
                self.assertIn(words, written)

    def test_what_is_not_clear_is_refused_until_it_is_told(self):
        path = self.write("unclear.srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + "Привет, мир".encode("cp1251") + b"\n")
        outcome = pier("subtitles", path, self.folder / "unclear.vtt", "--json")
        self.assert_refused(outcome, "invalid_argument")
        self.assertIn("--encoding", outcome.message)
        self.assertFalse((self.folder / "unclear.vtt").exists())
        answer, written = self.convert(path, "unclear.vtt", "--encoding", "windows-1251")
        self.assertEqual(answer["encoding_source"], "told")
        self.assertIn("Привет, мир", written)

    def test_mistakes_are_mended_and_named(self):
        path = self.write("mistakes.srt", (
            "1\n00:00:05,000 --> 00:00:04,000\nreversed\n\n2\n00:00:01,000 --> 00:00:02,100\n<blink>early</blink>\n\n"
            "3\n00:00:02,000 --> 00:00:03,000\nتأخر قليلا\n\n4\n00:00:xx,000 --> 00:00:07,000\nlost\n\n"
            "5\n00:00:08,000 --> 00:00:09,000\n\n6\n-00:00:02,000 --> 00:00:00,500\ncut\n").encode())
        answer, written = self.convert(path, "mistakes.ttml")
        said = {(note.get("cue"), note["what"].split(":")[0]) for note in answer["notes"]}
        for expected in ((1, "ends before it begins"), (2, "tag <blink> left out, its text kept"),
                         (2, "reached 0.100 s into the next one"), (5, "has no text"),
                         (6, "begins before the programme")):
            self.assertIn(expected, said)
        self.assertTrue(any(note.get("cue") == 4 and note["line"] == 14 for note in answer["notes"]), answer["notes"])
        cues = [(p.get("begin"), p.get("end"), "".join(p.itertext()), p.get(f"{TTS}direction"))
                for p in ElementTree.fromstring(written).iter(f"{TTML}p")]
        self.assertEqual(cues, [("00:00:00.000", "00:00:00.500", "cut", None), ("00:00:01.000", "00:00:02.000", "early", None),
                                ("00:00:02.000", "00:00:03.000", "تأخر قليلا", "rtl"),
                                ("00:00:04.000", "00:00:05.000", "reversed", None)])
        text = pier("subtitles", path, self.folder / "again.srt").out.decode()
        self.assertIn("warning  cue 1 (line 2) ends before it begins", text)
        self.assertIn("4 cues of srt (utf-8, content) written as srt", text)

    def test_ebu_stl_from_the_start_of_its_programme(self):
        path = self.write("tv.stl", stl(((10, 0, 1, 0), (10, 0, 2, 12), 20, b"\x0b\x0bGr\xc8u\xfbe\x8a\x8a\x03gelb"),
                                        ((10, 0, 4, 0), (10, 0, 5, 0), 2, b"oben")))
        answer, written = self.convert(path, "tv.vtt")
        self.assertEqual((answer["from"], answer["encoding"], answer["language"]), ("ebu-stl", "iso-6937", "de"))
        self.assertIn("00:00:01.000 --> 00:00:02.480\nGrüße\n<c.yellow>gelb</c>\n", written)
        self.assertIn("00:00:04.000 --> 00:00:05.000 line:4.34%", written)

    def test_shift_and_rate(self):
        path = self.write("film.srt", b"1\n00:00:24,000 --> 00:00:48,000\nx\n")
        answer, written = self.convert(path, "slower.srt", "--rate", "25:24", "--shift", "-00:00:05")
        self.assertEqual((answer["start"], answer["end"]), ([20, 1], [45, 1]))
        self.assertIn("00:00:20,000 --> 00:00:45,000", written)
        self.assert_refused(pier("subtitles", path, self.folder / "no.srt", "--shift", "-60", "--json"), "invalid_argument")

    def test_formats_go_round(self):
        first = self.write("first.srt", SIMPLIFIED.encode())
        _, once = self.convert(first, "once.ttml", "--language", "zh-Hans")
        self.convert(self.folder / "once.ttml", "round.vtt")
        _, back = self.convert(self.folder / "round.vtt", "back.ttml", "--language", "zh-Hans")
        texts = [["".join(p.itertext()) for p in ElementTree.fromstring(one).iter(f"{TTML}p")] for one in (once, back)]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(len(texts[0]), 2)

    def test_hostile_and_wrong_files(self):
        good = SIMPLIFIED.encode()
        for name, content, arguments, code in (
                ("empty.srt", b"", (), "truncated"), ("noise.srt", bytes(range(256)) * 64, (), None),
                ("plain.txt", b"just a text\n", (), "input_unsupported"), ("cut.ttml", b"<tt><body><div><p begin='1s'", (), "input_damaged"),
                ("image.ttml", b"<tt><body><div><image/></div></body></tt>", (), "input_unsupported"),
                ("no_cue.vtt", b"WEBVTT\n\nNOTE nothing\n", (), "input_damaged"), ("cut.stl", stl()[:700], (), "truncated"),
                ("odd.srt", codecs.BOM_UTF16_LE + b"x", (), "input_damaged"), ("table.stl", stl(table=b"09"), (), "input_unsupported"),
                ("long.srt", b"1\n00:00:01,000 --> 00:00:02,000\n" + b"x" * 20_000, (), "too_large"),
                ("many.srt", b"00:00:01,000 --> 00:00:02,000\nx\n" * 100_001, (), "too_large"),
                ("big.srt", b"x" * (33 << 20), (), "too_large"), ("name.srt", good, ("--encoding", "klingon"), "invalid_argument"),
                ("format.srt", good, ("--from", "docx"), "invalid_argument"), ("to.srt", good, ("--to", "docx"), "invalid_argument"),
                ("tag.srt", good, ("--language", "not a tag"), "invalid_argument"), ("rate.srt", good, ("--rate", "25"), "invalid_argument")):
            with self.subTest(name):
                path = self.write(name, content)
                self.assert_refused(pier("subtitles", path, self.folder / "never.vtt", "--json", *arguments), code)
        self.assert_refused(pier("subtitles", self.folder / "absent.srt", self.folder / "never.vtt", "--json"), "not_found")
        self.assert_refused(pier("subtitles", self.folder, self.folder / "never.vtt", "--json"))
        self.assert_refused(pier("subtitles", self.write("out.srt", good), self.folder / "no_end", "--json"), "invalid_argument")
        self.assertFalse((self.folder / "never.vtt").exists())


if __name__ == "__main__":
    main()
