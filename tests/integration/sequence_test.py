"""Image sequences: DPX, TIFF and OpenEXR through the program, whole ones and ones with planted faults."""

import os
import struct

import clips
from pier_program import DONE, NO, PierTest, main, pier

FIRST, COUNT = 1001, 48
BLACK = "drawbox=t=fill:color=black:enable='between(n,20,29)'"


class Sequences(PierTest):
    def make(self, name, layout, *options, size="192x108", count=COUNT, first=FIRST, extra="null"):
        """A folder of numbered moving pictures."""
        folder = self.folder / self.id().rsplit(".", 1)[1]
        folder.mkdir(exist_ok=True)
        clips.ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=24,{extra}", "-frames:v", str(count), "-pix_fmt",
                     layout, *options, "-start_number", str(first), folder / name)
        return folder

    def check(self, path, *arguments, code=None):
        outcome = pier("check", os.fspath(path), "--profile", "screen-any", "--json", *arguments)
        if code is not None:
            self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer

    def found(self, answer, family):
        """{kind: [(first frame, last frame)]} of the kinds of a family."""
        found = {}
        for one in answer["analysis"]["findings"]:
            if one["kind"].split(".")[0] == family:
                found.setdefault(one["kind"], []).append((one["first_frame"], one["last_frame"]))
        return found

    def outcome_of(self, answer, rule):
        return next(one["outcome"] for one in answer["report"]["rules"] if one["rule"] == rule)

    def set_rate(self, folder, rate):
        """The television header of DPX, big-endian."""
        for path in folder.glob("*.dpx"):
            with open(path, "r+b") as file:
                file.seek(1940)
                file.write(struct.pack(">f", rate))

    def test_whole_sequence_is_judged_like_a_file(self):
        folder = self.make("shot.%06d.dpx", "gbrp10be", extra=BLACK)
        self.set_rate(folder, 24)
        answer = self.check(folder, code=DONE)
        self.assertEqual(self.found(answer, "sequence"), {})
        self.assertEqual(self.found(answer, "black"), {"black": [(20, 29)]})
        black = next(one for one in answer["analysis"]["findings"] if one["kind"] == "black")
        self.assertEqual((black["start"], black["end"]), ("5/6", "5/4"))
        self.assertEqual(self.outcome_of(answer, "sequence-complete"), "holds")
        self.assertEqual(answer["analysis"]["measures"]["sequence"]["frames"], COUNT)
        self.assertEqual(len(answer["master"]["sha256"]), 64)
        probed = pier("probe", os.fspath(folder), "--json")
        self.assert_done(probed)
        self.assertEqual(probed.answer["container"], "image sequence")
        self.assertEqual(probed.answer["video"][0]["frame_rate"], "24")

    def test_planted_faults_are_told_by_number(self):
        folder = self.make("shot.%06d.dpx", "gbrp10be", extra=BLACK)
        for number in (1006, 1007):
            (folder / f"shot.{number:06}.dpx").unlink()
        cut = folder / "shot.001015.dpx"
        os.truncate(cut, cut.stat().st_size - 100)
        self.make("shot.%06d.dpx", "gbrp10be", size="96x54", count=1, first=1041)
        self.make("shot.%06d.dpx", "gbrp12be", count=1, first=1044)
        answers = [self.check(path, "--rate", "24", code=NO)
                   for path in (folder, folder / "shot.%06d.dpx", folder / "shot.001001.dpx")]
        for answer in answers:
            self.assertEqual(self.found(answer, "sequence"),
                             {"sequence.gap": [(5, 6)], "sequence.size": [(14, 14), (40, 40), (43, 43)]})
            self.assertEqual(self.found(answer, "black"), {"black": [(20, 29)]}, "frames are those of the files")
            self.assertEqual([one["measures"]["found"] for one in answer["analysis"]["findings"]
                              if one["kind"] == "sequence.size"],
                             ["cut off", "96x54 rgb 10 bit dpx", "192x108 rgb 12 bit dpx"])
            self.assertEqual(answer["analysis"]["damaged_frames"], 0)
            self.assertEqual(len(self.found(answer, "damaged")["damaged"]), 1, "what is cut off is not decoded")
            self.assertEqual(self.outcome_of(answer, "sequence-complete"), "broken")
        self.assertEqual(len({answer["master"]["sha256"] for answer in answers}), 1)

    def test_tiff(self):
        folder = self.make("t_%04d.tif", "rgb48le", extra=BLACK, count=36)
        (folder / "t_1004.tif").unlink()
        answer = self.check(folder, "--rate", "23.976", code=NO)
        self.assertEqual(self.found(answer, "sequence"), {"sequence.gap": [(3, 3)]})
        self.assertEqual(self.found(answer, "black"), {"black": [(20, 29)]})
        self.assertEqual(answer["facts"]["video"][0]["frame_rate"], "24000/1001")

    def test_pixels_of_exr_are_not_judged_and_that_is_said(self):
        folder = self.make("e.%04d.exr", "gbrpf32le", "-format", "half", extra=BLACK, count=30)
        answer = self.check(folder, "--rate", "24", code=2)
        self.assertEqual(answer["report"]["verdict"], "not_judged")
        self.assertEqual(self.found(answer, "sequence"), {})
        self.assertEqual(self.outcome_of(answer, "sequence-complete"), "holds")
        self.assertTrue(any("floating point" in one for one in answer["report"]["warnings"]))
        last = folder / "e.1030.exr"
        os.truncate(last, last.stat().st_size - 10)
        (folder / "e.1002.exr").unlink()
        answer = self.check(folder, "--rate", "24", code=NO)
        self.assertEqual(self.found(answer, "sequence"), {"sequence.gap": [(1, 1)], "sequence.size": [(29, 29)]})

    def test_what_cannot_be_done_is_said(self):
        folder = self.make("x.%04d.dpx", "gbrp10be", count=3)
        self.assert_refused(pier("check", os.fspath(folder), "--json"), "invalid_argument")
        self.assert_refused(pier("check", os.fspath(folder), "--rate", "fast", "--json"), "invalid_argument")
        self.assert_refused(pier("check", os.fspath(folder / "y.%04d.dpx"), "--rate", "24", "--json"), "not_found")
        self.assert_refused(pier("publish", os.fspath(folder), "--data", str(self.folder / "data"), "--json"))
        movie = self.folder / "movie.mp4"
        clips.ffmpeg(*clips.picture(), "-pix_fmt", "yuv420p", movie)
        self.assert_refused(pier("check", os.fspath(movie), "--rate", "24", "--json"), "invalid_argument")
        for path in folder.glob("*.dpx"):
            path.write_bytes(b"no picture at all")
        self.assert_refused(pier("check", os.fspath(folder), "--rate", "24", "--json"))


if __name__ == "__main__":
    main()
