"""A new version of a master: what `pier diff` says of it, and what its publication does again."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from pier_program import DONE, NO, DataDirectory, PierTest, main, pier  # noqa: E402

RATE = 25
INTRA = ["-c:v", "ffv1", "-level", "3", "-g", "1", "-pix_fmt", "yuv420p"]
LONG_GOP = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
            "-threads", "1"]


def seconds(pair):
    return pair[0] / pair[1]


class Versions(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls.make("old.mov", INTRA)
        cls.new = cls.make("new.mov", INTRA, "negate=enable='between(t,30,33.96)'")

    @classmethod
    def make(cls, name, codec, picture_filter="null", length=60, sound="anull", size="192x108"):
        path = cls.folder / name
        clips.ffmpeg(*clips.picture(size, RATE, length), *clips.sound(length), "-vf", picture_filter, "-af", sound, *codec,
                     "-c:a", "pcm_s16le", "-timecode", "10:00:00:00", path)
        return path

    def differences(self, old, new, code=NO):
        outcome = pier("diff", old, new, "--json")
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer

    def test_nothing_changed(self):
        found = self.differences(self.old, self.old, DONE)
        self.assertEqual((found["pictures"], found["sound"], found["tags"], found["notes"]), ([], [], [], []))
        self.assertEqual(found["compared_pictures"], 0, "equal packets are not decoded")

    def test_changed_pictures_to_the_picture(self):
        found = self.differences(self.old, self.new)
        self.assertEqual([(one["old_first"], one["old_count"], one["new_first"], one["new_count"])
                          for one in found["pictures"]], [(750, 100, 750, 100)])
        self.assertEqual(found["compared_pictures"], 100)
        self.assertLess(found["pictures"][0]["least_psnr"], 20)
        self.assertEqual((found["sound"], found["tags"]), ([], []))
        text = pier("diff", self.old, self.new).out.decode()
        self.assertIn("10:00:30:00 - 10:00:34:00", text)

    def test_long_groups_of_pictures(self):
        """Pictures that refer to changed ones are compared, and only those that differ are told."""
        old = self.make("old-gop.mov", LONG_GOP, length=12)
        new = self.make("new-gop.mov", LONG_GOP, "drawbox=x=0:y=0:w=16:h=16:color=white:t=fill:enable='between(n,120,129)'",
                        length=12)
        found = self.differences(old, new)
        first, last = found["pictures"][0], found["pictures"][-1]
        self.assertLessEqual(first["old_first"], 120)
        self.assertGreaterEqual(first["old_first"], 100, "the group before is untouched")
        self.assertLessEqual(last["old_first"] + last["old_count"], 150, "and so is the one after")
        self.assertLessEqual(found["compared_pictures"], 54)

    def test_inserted_and_removed(self):
        longer = self.make("longer.mov", INTRA, "tpad=start=0:stop=0,loop=loop=20:size=1:start=100", length=12)
        short = self.make("short.mov", INTRA, length=12)
        found = self.differences(short, longer)
        kinds = [(one["old_count"], one["new_count"]) for one in found["pictures"]]
        self.assertEqual(len(kinds), 1, kinds)
        self.assertEqual(kinds[0][1] - kinds[0][0], found["new_pictures"] - found["old_pictures"])
        back = self.differences(longer, short)
        self.assertEqual([(one["new_count"], one["old_count"]) for one in back["pictures"]], kinds)

    def test_sound_and_tags(self):
        # The same filter for both: it rounds samples otherwise even where it does nothing.
        before = self.make("quiet.mov", INTRA, sound="volume=0.5:enable='between(t,70,71)'")
        changed = self.make("sound.mov", [*INTRA, "-color_primaries", "bt2020", "-color_trc", "bt709", "-colorspace", "bt709", "-metadata:s:a:0", "language=fra"],
                            sound="volume=0.5:enable='between(t,20,21)'")
        found = self.differences(before, changed)
        self.assertEqual(found["pictures"], [])
        self.assertEqual(len(found["sound"]), 1, found["sound"])
        one = found["sound"][0]
        self.assertAlmostEqual(seconds(one["start"]), 20, delta=0.05)
        self.assertAlmostEqual(seconds(one["end"]), 21, delta=0.05)
        said = {tag["what"]: (tag["old"], tag["new"]) for tag in found["tags"]}
        self.assertTrue(any("language" in what and new == "fra" for what, (_, new) in said.items()), said)
        self.assertTrue(any("primaries" in what for what in said), said)

    def test_refusals(self):
        self.assert_refused(pier("diff", self.old, self.folder / "none.mov", "--json"), "not_found")
        text = self.folder / "text.mov"
        text.write_text("no media at all")
        self.assert_refused(pier("diff", self.old, text, "--json"))

    def test_only_what_differs_is_encoded_again(self):
        """4 s of 60 s are new: the other chunks and the sound are taken over, and the result is that of a full encode."""
        records = DataDirectory(self.folder / "both")
        self.publish(records.path, self.old)
        answer = self.publish(records.path, self.new)
        job = records.rows("SELECT id FROM jobs ORDER BY created DESC LIMIT 1")[0]["id"]
        tasks = records.rows("SELECT kind, reused FROM tasks WHERE job_id = ?", job)
        encodes = [task["reused"] for task in tasks if task["kind"] == "encode"]
        self.assertGreaterEqual(len(encodes), 10)
        self.assertLessEqual(encodes.count(0), 3)
        self.assertEqual([task["reused"] for task in tasks if task["kind"] == "sound"], [1])
        alone = DataDirectory(self.folder / "alone")
        self.publish(alone.path, self.new)
        again = {key: value for key, value in records.published_digests().items() if key[0] == answer["asset"]["title"]}
        self.assertEqual(again, alone.published_digests())

    def tasks_of_the_newest_job(self, records):
        job = records.rows("SELECT id FROM jobs ORDER BY created DESC LIMIT 1")[0]["id"]
        return records.rows("SELECT kind, state, reused, result FROM tasks WHERE job_id = ? ORDER BY rowid", job)

    def test_a_long_master_is_analysed_in_parts(self):
        """Parts are put together to what one pass says; of a new version only the changed ones are analysed again."""
        old = self.make("long-old.mov", INTRA, length=65, size="96x64")
        new = self.make("long-new.mov", INTRA, "negate=enable='between(t,31,33.96)'", length=65, size="96x64")
        records = DataDirectory(self.folder / "long")
        self.publish(records.path, old)
        parts = [task for task in self.tasks_of_the_newest_job(records) if task["kind"] == "part"]
        self.assertEqual([task["reused"] for task in parts], [0] * 5)
        answer = self.publish(records.path, new)
        parts = [task for task in self.tasks_of_the_newest_job(records) if task["kind"] == "part"]
        self.assertEqual([task["reused"] for task in parts], [1, 1, 0, 1, 1])
        key = records.rows("SELECT result FROM analyses WHERE asset_id = ?", answer["asset"]["id"])[0]["result"]
        # What is read and printed again may be one off in the last place of a fraction.
        stored = json.loads((records.path / "objects" / key).read_bytes(), parse_float=lambda text: f"{float(text):.12g}")
        checked = json.loads(pier("check", new, "--json").out, parse_float=lambda text: f"{float(text):.12g}")
        self.assertEqual(stored, checked["analysis"])

    def test_a_long_master_with_damage_is_analysed_in_one_piece(self):
        path = self.make("long-damaged.mov", LONG_GOP, length=65, size="96x64")
        packets = clips.ffprobe(path, "-select_streams", "v:0", "-show_entries", "packet=pos,size")["packets"]
        contents = bytearray(path.read_bytes())
        at, size = int(packets[870]["pos"]), int(packets[870]["size"])
        contents[at:at + size] = bytes(size)
        path.write_bytes(contents)
        records = DataDirectory(self.folder / "damaged")
        pier("publish", path, "--ladder", "tiny", "--data", records.path, "--json")
        tasks = self.tasks_of_the_newest_job(records)
        self.assertTrue(any("in_one_piece" in (task["result"] or "") for task in tasks if task["kind"] == "part"))
        self.assertEqual([task["state"] for task in tasks if task["kind"] in ("analyse", "judge")], ["done", "done"])
        totals = records.rows("SELECT totals FROM analyses")[0]["totals"]
        self.assertIn("damaged", totals)


if __name__ == "__main__":
    main()
