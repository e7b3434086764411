"""Rungs that ask for a quality: trials of the title decide, what is published has the quality, nobody tries twice."""

import json

import clips
from pier_program import DONE, DataDirectory, PierTest, main, pier, share_with

ASKED = 34.0
LADDER = """name = "steered"
rasters = [360, 180]
"""
RUNG = """
[[rung]]
name = "{name}"
codec = "hevc"
height = 360
preset = "superfast"
crf = 20
bitrate = 2.0
max_bitrate = 20.0
"""
SOFT = "testsrc2=size=640x360:rate=25:duration=4,gblur=sigma=6"
DETAILED = "mandelbrot=size=640x360:rate=25:start_scale=0.1:end_scale=0.08:end_pts=100"


class Steering(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.share = share_with(cls.folder)
        cls.write_ladder(f"quality = {ASKED}")
        cls.data = DataDirectory(cls.folder / "data")
        cls.soft, cls.detailed = cls.clip("soft", SOFT), cls.clip("detailed", DETAILED)
        cls.published = {name: cls.publish(clip) for name, clip in (("soft", cls.soft), ("detailed", cls.detailed))}

    @classmethod
    def write_ladder(cls, low):
        (cls.share / "ladders" / "steered.toml").write_text(
            LADDER + RUNG.format(name="top") + RUNG.format(name="low") + low + "\n" + RUNG.format(name="more") +
            "quality = 60\n")

    @classmethod
    def clip(cls, name, source):
        path = cls.folder / f"{name}.mov"
        clips.ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "100", "-pix_fmt", "yuv420p10le", "-color_primaries", "bt709",
                     "-color_trc", "bt709", "-colorspace", "bt709", "-c:v", "libx264", "-preset", "veryfast", "-crf", "6", path)
        return path

    @classmethod
    def publish(cls, clip):
        done = pier("publish", clip, "--ladder", "steered", "--data", cls.data.path, "--json",
                    env={"PIER_SHARE": str(cls.share)})
        if done.code != DONE:
            raise AssertionError(done.err.decode() + done.out.decode())
        return json.loads(done.out)["asset"]

    def track(self, asset, rung):
        rows = self.data.rows("SELECT * FROM tracks WHERE asset_id = ? AND rung = ? AND retired = 0", asset["id"], rung)
        self.assertEqual(len(rows), 1, rung)
        return rows[0]

    def chosen(self, asset, rung):
        return next(one for one in asset["grid"]["steering"] if one["rung"] == rung)

    def test_the_title_decides_the_raster(self):
        self.assertEqual(self.chosen(self.published["soft"], "low")["height"], 180)
        self.assertEqual(self.chosen(self.published["detailed"], "low")["height"], 360)

    def test_the_track_has_the_quality_that_was_asked_for(self):
        for name, clip in (("soft", self.soft), ("detailed", self.detailed)):
            with self.subTest(name):
                asset = self.published[name]
                media = self.data.path / "objects" / self.track(asset, "low")["media"]
                done = pier("compare", clip, media, "--metrics", "xpsnr", "--json")
                quality = json.loads(done.out)["figures"]["xpsnr"]["mean"]
                self.assertAlmostEqual(quality, self.chosen(asset, "low")["expected_xpsnr"], delta=2)
                self.assertGreater(quality, ASKED - 1)

    def test_what_nobody_needs_is_left_out_and_says_why(self):
        for asset in self.published.values():
            left_out = {rung["rung"]: rung["reason"] for rung in asset["grid"]["left_out"]}
            self.assertIn("of the bits of top", left_out["more"])
            self.assertFalse(self.data.rows("SELECT 1 FROM tracks WHERE asset_id = ? AND rung = 'more'", asset["id"]))

    def test_what_was_tried_is_not_tried_again(self):
        self.write_ladder(f"quality = {ASKED + 1}")
        again = self.publish(self.detailed)
        job = self.data.rows("SELECT job_id FROM tasks WHERE kind = 'plan' ORDER BY created DESC LIMIT 1")[0]["job_id"]
        trials = self.data.rows("SELECT reused FROM tasks WHERE job_id = ? AND kind = 'trial'", job)
        self.assertTrue(trials)
        self.assertTrue(all(row["reused"] for row in trials))
        self.assertLess(self.chosen(again, "low")["crf"], self.chosen(self.published["detailed"], "low")["crf"])

    def test_a_wrong_ladder_says_where(self):
        (self.share / "ladders" / "wrong.toml").write_text('name = "wrong"\n' + RUNG.format(name="top") + "quality = 40\n")
        done = pier("publish", self.soft, "--ladder", "wrong", "--data", self.data.path, env={"PIER_SHARE": str(self.share)})
        self.assertNotEqual(done.code, DONE)
        self.assertIn("rung top asks for a quality; rasters", (done.out + done.err).decode())


if __name__ == "__main__":
    main()
