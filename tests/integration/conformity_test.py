"""What the verdict does to a publication, judging again without decoding, and masters that are hard on the analysis."""

import json
import os
import random
import urllib.request

import clips
from pier_program import NO, PATIENCE, DataDirectory, PierTest, Server, check, main, pier, start

FAILING, PASSING = "cn-uhd-4k", "screen-any"  # a profile that a small SDR clip breaks, one that it holds
OWN_PROFILE = """
format = 1
id = "no-black"
version = "1"
title.en = "No black"
title.zh = "无黑场"

[[rule]]
id = "black"
clause = "house rule"
severity = "fail"
applies_to = "video"
source = "house"
verified = "text"
absent = "black"
message.en = "No black picture at all."
message.zh = "没有任何黑场。"
"""


def black_between(size, rate, seconds, first, last):
    """Moving pictures of which frames first...last are black."""
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds},"
            f"drawbox=t=fill:color=black:enable='between(n,{first},{last})'"]


class Conformity(PierTest):
    def of_kind(self, answer, kind):
        return [one for one in answer["analysis"]["findings"] if one["kind"] == kind]

    def kinds(self, answer):
        return {one["kind"] for one in answer["analysis"]["findings"]}


class Gate(Conformity):
    """--policy: a verdict "fail" stops a publication before anything is encoded, is noted, or is let pass."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.folder / "master.mp4"
        clips.ffmpeg(*black_between("160x90", 25, 4, 20, 29), *clips.sound(4), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", cls.master)

    def check_blocked(self, outcome, records):
        self.assertEqual(outcome.code, NO, str(outcome))
        self.assertEqual(outcome.error_code, "not_conform", str(outcome))
        self.assertIn("raster", outcome.message, "the rules are named")
        reports = records.rows("SELECT * FROM reports")
        self.assertEqual([(row["profile"], row["verdict"]) for row in reports], [(FAILING, "fail")], "one report, stored")
        self.assertIn(reports[0]["id"], outcome.message)
        assets = records.rows("SELECT id, state, error FROM assets")
        self.assertEqual([row["state"] for row in assets], ["failed"])
        self.assertIn(reports[0]["id"], assets[0]["error"])
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE kind IN ('encode', 'sound', 'assemble')"), [],
                         "nothing was encoded")
        found = records.rows("SELECT kind, first_frame, last_frame FROM findings WHERE kind = 'black'")
        self.assertEqual([(row["first_frame"], row["last_frame"]) for row in found], [(20, 29)])
        return assets[0]["id"]

    def test_block(self):
        records = DataDirectory(self.folder / "block")
        outcome = pier("publish", self.master, "--data", records.path, "--ladder", "tiny", "--profile", FAILING,
                       "--policy", "block", "--json")
        asset = self.check_blocked(outcome, records)
        shown = pier("assets", "show", asset, "--data", records.path, "--json")
        self.assert_done(shown)
        self.assertEqual((shown.answer["verdict"], shown.answer["asset"]["state"]), ("fail", "failed"))
        self.assertNotIn("hls", shown.answer)
        plain = pier("assets", "show", asset, "--data", records.path)
        self.assertIn(b"FAIL", plain.out)
        self.assertIn(b"not_conform", plain.out)
        report = pier("report", asset, "--data", records.path, "--json")
        self.assertEqual((report.code, report.answer["verdict"]), (NO, "fail"), str(report))
        again = pier("publish", "--resume", "--data", records.path, "--json")
        self.assertEqual(again.answer, {"resumed": 0}, "a stopped publication is not taken up again")

    def test_block_lets_a_conform_master_pass(self):
        answer = self.publish(self.folder / "block-passing", self.master, "--profile", PASSING, "--policy", "block")
        self.assertEqual(answer["asset"]["state"], "published")

    def test_warn_is_the_default_and_noted(self):
        answer = self.publish(self.folder / "warn", self.master, "--profile", FAILING)
        self.assertEqual((answer["verdict"], answer["asset"]["state"]), ("fail", "published"))
        notes = [note for note in answer["asset"]["grid"]["warnings"] if note.startswith("published although")]
        self.assertEqual(len(notes), 1, answer["asset"]["grid"]["warnings"])
        self.assertIn(answer["reports"][0]["id"], notes[0])

    def test_ignore_publishes_and_says_nothing(self):
        answer = self.publish(self.folder / "ignore", self.master, "--profile", FAILING, "--policy", "ignore")
        self.assertEqual((answer["verdict"], answer["asset"]["state"]), ("fail", "published"))
        self.assertNotIn("published although", " ".join(answer["asset"]["grid"]["warnings"]))

    def test_no_such_policy(self):
        outcome = pier("publish", self.master, "--data", self.folder / "none", "--policy", "stop")
        self.assertEqual(outcome.code, 2)
        self.assertIn(b"--policy", outcome.err)

    def test_killed_at_the_gate(self):
        """kill -9 while it analyses, after the verdict was stored, and a random moment later: the end is the same."""
        generator = random.Random(3)
        for moment in ("kind = 'analyse' AND state = 'running'", "kind = 'analyse' AND state = 'done'",
                       "kind = 'judge' AND state = 'done'"):
            with self.subTest(moment):
                records = DataDirectory(self.folder / f"killed-{generator.randrange(10**9)}")
                process = start("publish", self.master, "--data", records.path, "--ladder", "tiny", "--profile", FAILING,
                                "--policy", "block", "--json")
                records.wait_for(f"SELECT id FROM tasks WHERE {moment}")
                process.kill()
                process.communicate()
                if records.rows("SELECT id FROM jobs WHERE state IN ('queued', 'running')"):
                    outcome = pier("publish", "--resume", "--data", records.path, "--json")
                    self.check_blocked(outcome, records)
                else:
                    self.assertEqual([row["state"] for row in records.rows("SELECT state FROM jobs")], ["failed"])
                self.assertEqual(records.orphans(), [])


class JudgeAgain(Conformity):
    """`pier report ASSET --profile P`: the stored analysis under another profile; the master is not even needed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = DataDirectory(cls.folder / "data")
        master = cls.folder / "gone.mp4"
        clips.ffmpeg(*black_between("160x90", 25, 2, 10, 14), *clips.sound(2), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", master)
        outcome = pier("publish", master, "--data", cls.records.path, "--ladder", "tiny", "--profile", PASSING, "--json")
        assert outcome.code == 0, outcome
        cls.published = outcome.answer
        cls.asset = outcome.answer["asset"]["id"]
        cls.whole = pier("check", master, "--profile", FAILING, "--json").answer
        master.unlink()

    def judge(self, profile, *arguments):
        return pier("report", self.asset, "--profile", profile, "--data", self.records.path, "--json", *arguments)

    def test_without_decoding(self):
        before = self.records.rows("SELECT count(*) AS n FROM tasks")
        outcome = self.judge(FAILING)
        self.assertEqual(outcome.code, NO, str(outcome))
        self.assertEqual((outcome.answer["profile"], outcome.answer["verdict"]), (FAILING, "fail"))
        rules = {rule["rule"]: rule["outcome"] for rule in outcome.answer["body"]["rules"]}
        wanted = {rule["rule"]: rule["outcome"] for rule in self.whole["report"]["rules"]}
        self.assertEqual(rules, wanted, "the same as a fresh check of the file")
        self.assertEqual(self.records.rows("SELECT count(*) AS n FROM tasks"), before, "no task ran")
        stored = self.records.rows("SELECT verdict FROM reports WHERE id = ?", outcome.answer["id"])
        self.assertEqual([row["verdict"] for row in stored], ["fail"])

    def test_the_same_verdict_is_stored_once(self):
        first, second = self.judge("hlg"), self.judge("hlg")
        self.assertEqual(first.answer["id"], second.answer["id"])
        self.assertEqual((first.answer["stored"], second.answer["stored"]), (True, False))

    def test_the_asset_keeps_the_verdict_it_was_published_under(self):
        self.judge(FAILING)
        shown = pier("assets", "show", self.asset, "--data", self.records.path, "--json").answer
        self.assertEqual(shown["verdict"], self.published["verdict"])
        self.assertEqual(shown["report"]["profile"], PASSING)
        self.assertIn(FAILING, [report["profile"] for report in shown["reports"]])
        self.assertIn(FAILING.encode(), pier("assets", "show", self.asset, "--data", self.records.path).out)

    def test_a_profile_of_ones_own(self):
        own = self.folder / "no-black.toml"
        own.write_text(OWN_PROFILE)
        outcome = self.judge(os.path.relpath(own))
        self.assertEqual((outcome.code, outcome.answer["verdict"]), (NO, "fail"), str(outcome))
        self.assertIn("black", outcome.answer["body"]["rules"][0]["evidence"]["en"])
        own.write_text(OWN_PROFILE.replace("absent", "abscent"))
        broken = self.judge(str(own))
        self.assert_refused(broken, "invalid_argument")
        self.assertIn("no-black.toml:9", broken.message)

    def test_what_is_not_there(self):
        self.assert_refused(self.judge("nowhere"), "not_found")
        other = pier("report", "ast_" + "0" * 32, "--data", self.records.path, "--json")
        self.assert_refused(other, "not_found")
        self.assert_refused(pier("report", "--data", self.records.path, "--json"), "invalid_argument")

    def test_in_chinese(self):
        told = pier("report", self.asset, "--profile", FAILING, "--language", "zh", "--data", self.records.path)
        self.assertIn("不通过", told.out.decode())

    def test_findings_over_http(self):
        with Server(self.records.path) as server:
            def get(path):
                with urllib.request.urlopen(server.address + path, timeout=PATIENCE) as response:
                    return json.load(response)
            page = get(f"/v1/assets/{self.asset}/findings?kind=black")
            self.assertEqual([(one["first_frame"], one["last_frame"]) for one in page["findings"]], [(10, 14)])
            self.assertEqual(page["totals"]["black"]["count"], 1)
            report = get(f"/v1/assets/{self.asset}/report?profile={PASSING}")
            self.assertIn("black", [one["kind"] for one in report["findings"]])


class BadInput(Conformity):
    """Right, or clearly reported."""

    def encode(self, name, *arguments, codec=("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25")):
        path = self.folder / name
        clips.ffmpeg(*arguments, *codec, path)
        return path

    def assert_checked(self, outcome, codes=(0, 1, 2)):
        self.assertIn(outcome.code, codes, str(outcome))
        self.assertNotIn("error", outcome.answer, str(outcome))
        return outcome.answer

    def test_corrupt_frames_in_the_middle(self):
        path = self.encode("corrupt.mp4", *clips.picture("320x180", 25, 6))
        content = bytearray(path.read_bytes())
        at = content.index(b"mdat") + 4
        middle = at + int.from_bytes(content[at - 8:at - 4], "big") // 2
        content[middle:middle + 1500] = random.Random(1).randbytes(1500)
        path.write_bytes(content)
        answer = self.assert_checked(check(path, "--profile", PASSING)[0], (NO,))
        damaged = self.of_kind(answer, "damaged")
        self.assertTrue(damaged)
        for one in damaged:
            self.assertGreaterEqual(one["first_frame"], 50)
            self.assertLess(one["last_frame"], 125)
            self.assertEqual(one["last_frame"] % 25, 24, "up to the next key picture")
        self.assertFalse({"black", "freeze", "signal_change"} & self.kinds(answer), "damaged pixels are not judged")
        broken = [rule["rule"] for rule in answer["report"]["rules"] if rule["outcome"] == "broken"]
        self.assertIn("whole-pictures", broken)

    def test_missing_references(self):
        """Pictures cut out of the stream, so that those that follow refer to nothing; and a start inside a group."""
        whole = self.encode("whole.ts", *clips.picture("320x180", 25, 4))
        holed = self.folder / "holed.ts"
        clips.ffmpeg("-i", whole, "-c", "copy", "-bsf:v", "noise=drop='between(n,30,34)'", holed)
        for path in (holed, self.late_start(whole)):
            outcome, _ = check(path, "--profile", PASSING)
            answer = self.assert_checked(outcome)
            # FFmpeg 5.1 conceals such pictures without a word: what is left is counted exactly.
            self.assertIn(answer["analysis"]["programme_frames"], range(85, 100))

    def late_start(self, whole):
        """The stream without its first key picture."""
        path = self.folder / "late.ts"
        clips.ffmpeg("-i", whole, "-c", "copy", "-bsf:v", "noise=drop='lt(n,10)'", path)
        return path

    def test_resolution_changes_in_mid_stream(self):
        parts = [self.encode(f"part-{size}.ts", *clips.picture(size, 25, 1)) for size in ("160x90", "320x180")]
        path = self.folder / "changes.ts"
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
        answer = self.assert_checked(check(path, "--profile", PASSING)[0])
        changes = self.of_kind(answer, "signal_change")
        self.assertEqual([(one["first_frame"], one["last_frame"]) for one in changes], [(25, 25)])
        self.assertIn("160x90", changes[0]["measures"]["from"])
        self.assertIn("320x180", changes[0]["measures"]["to"])

    def test_sound_is_shorter_than_the_picture(self):
        path = self.encode("short.mov", *clips.picture("160x90", 25, 3), *clips.sound(1), "-c:a", "pcm_s16le")
        answer = self.assert_checked(check(path, "--profile", PASSING)[0])
        self.assertEqual(answer["analysis"]["audio"][0]["samples"], 48000)
        self.assertEqual(answer["analysis"]["programme_frames"], 75)

    def test_120_fps(self):
        path = self.encode("fast.mp4", *black_between("160x90", 120, 2, 100, 111))
        answer = self.assert_checked(check(path, "--profile", PASSING)[0])
        black = self.of_kind(answer, "black")
        self.assertEqual([(one["first_frame"], one["last_frame"], one["start"], one["end"]) for one in black],
                         [(100, 111, "5/6", "14/15")])

    def test_16_channels(self):
        voices = "".join(f"anoisesrc=color=pink:amplitude=0.3:seed={i + 1}:r=48000:d=3[n{i}];" for i in range(16))
        merged = "".join(f"[n{i}]" for i in range(16)) + "amerge=inputs=16"
        path = self.encode("sixteen.mov", *clips.picture("160x90", 25, 3), "-f", "lavfi", "-i", voices + merged, "-c:a",
                           "pcm_s16le")
        answer = self.assert_checked(check(path, "--profile", PASSING)[0])
        loudness = answer["analysis"]["measures"]["loudness"]["streams"][0]
        self.assertEqual(len(answer["analysis"]["audio"]), 1)
        self.assertEqual(answer["analysis"]["audio"][0]["channels"], 16)
        self.assertIsNotNone(loudness["true_peak_dbtp"])
        self.assertFalse(self.of_kind(answer, "silence"))

    def test_a_thousand_findings_of_one_kind(self):
        """Merged and capped, with the true count; in the records as in the answer."""
        blinks = ["-f", "lavfi", "-i", "testsrc2=size=64x36:rate=50:duration=48,"
                  "drawbox=t=fill:color=black:enable='eq(mod(n,2),1)'"]
        path = self.encode("blinks.mp4", *blinks)
        outcome, memory = check(path, "--profile", PASSING)
        answer = self.assert_checked(outcome)
        black = self.of_kind(answer, "black")
        self.assertEqual(len(black), 500)
        self.assertEqual([one["first_frame"] for one in black], list(range(1, 1000, 2)), "the first ones")
        totals = answer["analysis"]["measures"]["findings"]["black"]
        self.assertEqual((totals["count"], totals["listed"]), (1200, 500))
        self.assertAlmostEqual(totals["seconds"], 24.0)
        self.assertLess(memory, 1 << 30)
        records = DataDirectory(self.folder / "blinks")
        answer = self.publish(records.path, path, "--profile", FAILING)
        self.assertEqual(answer["findings"]["black"]["count"], 1200)
        self.assertEqual(records.rows("SELECT count(*) AS n FROM findings WHERE kind = 'black'")[0]["n"], 500)

    def test_ten_hours(self):
        """36,000 pictures over ten hours: memory does not grow with length."""
        def made(name, seconds):
            return self.encode(name, *clips.picture("64x36", 1, seconds), codec=(
                "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50"))
        _, short = check(made("minute.mp4", 600), "--profile", PASSING)
        outcome, long = check(made("hours.mp4", 36000), "--profile", PASSING)
        answer = self.assert_checked(outcome)
        self.assertEqual(answer["analysis"]["programme_frames"], 36000)
        self.assertLess(long, short + (64 << 20))


if __name__ == "__main__":
    main()
