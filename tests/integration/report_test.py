"""Reports of pier check: files, exit codes, signature, stills, disputes, cases. Media are made here."""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import zlib

import clips
from pier_program import DONE, FAILED, NO, PierTest, main, pier

HOSTILE = b"<script>alert(1)<\xd6\xd0>.mp4"  # the last two letters are GB18030


def black_in_the_middle(path, seconds=2):
    """Moving pictures, black from 0.8 s to 1.4 s, with sound."""
    black = "drawbox=c=black:t=fill:enable='between(n,20,34)'"
    clips.ffmpeg(*clips.picture("320x180", "25", seconds), *clips.sound(seconds), "-vf", black, "-c:v", "libx264", "-preset",
                 "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-metadata", "title=</title><script>", path)


PROFILE = """
format = 1
id = "own"
version = "1"
title.en = "Own <rules>"
title.zh = "自定规则"
[[rule]]
id = "no-black"
clause = "Pier content check"
severity = "fail"
applies_to = "video"
source = "own"
verified = "text"
absent = "black"
longer_than_seconds = 0.1
message.en = "No black."
message.zh = "没有黑场。"
"""


def jpeg_size(content):
    """Width and height out of the frame header of a baseline JPEG."""
    at = 2
    while content[at] == 0xFF:
        if content[at + 1] in (0xC0, 0xC1, 0xC2):
            return int.from_bytes(content[at + 7:at + 9], "big"), int.from_bytes(content[at + 5:at + 7], "big")
        at += 2 + int.from_bytes(content[at + 2:at + 4], "big")
    raise AssertionError("no frame header")


class ReportTest(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clip = cls.folder / "clip.mp4"
        black_in_the_middle(str(cls.clip))
        cls.profile = cls.folder / "own.toml"
        cls.profile.write_text(PROFILE)
        cls.data = cls.folder / "data"
        cls.report, cls.html, cls.pdf = (cls.folder / name for name in ("r.json", "r.html", "r.pdf"))
        cls.outcome = pier("check", str(cls.clip), "--profile", str(cls.profile), "--report", str(cls.report), "--html",
                           str(cls.html), "--pdf", str(cls.pdf), "--data", str(cls.data), "--json")
        cls.document = json.loads(cls.report.read_bytes()) if cls.report.exists() else {}

    def finding(self):
        return next(f for f in self.document["analysis"]["findings"] if f["kind"] == "black")

    def verify(self, *arguments):
        return pier("report", "verify", *map(str, arguments), "--json")

    def test_check_writes_what_was_asked_and_says_no(self):
        self.assertEqual(self.outcome.code, NO, str(self.outcome))
        self.assertEqual(self.outcome.answer["report"]["verdict"], "fail")
        self.assertEqual(self.document["report"], self.outcome.answer["report"])
        self.assertTrue(self.pdf.read_bytes().startswith(b"%PDF-"))
        self.assertIn(b"%%EOF", self.pdf.read_bytes()[-16:])
        self.assertRegex(self.document["made"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
        self.assertEqual(self.document["programme"]["origin"], "whole_file")
        self.assertEqual(self.document["master"]["sha256"], hashlib.sha256(self.clip.read_bytes()).hexdigest())
        self.assertEqual(self.document["report"]["profile_digest"], hashlib.sha256(self.profile.read_bytes()).hexdigest())
        self.assertEqual(self.data.joinpath("keys/report-signing.pem").stat().st_mode & 0o777, 0o600)

    def test_stills_show_the_first_picture_of_the_broken_rule(self):
        still = self.document["stills"][0]
        self.assertEqual((still["rule"], still["finding"], still["frame"]), ("no-black", self.finding()["id"], 20))
        self.assertLessEqual(len(self.document["stills"]), 12)
        jpeg = base64.b64decode(still["jpeg"])
        self.assertEqual(jpeg_size(jpeg), (still["width"], still["height"]))
        grey = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-vf", "scale=1:1", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
                              input=jpeg, capture_output=True, check=True).stdout
        self.assertLess(grey[0], 10)  # it is the black one
        self.assertIn(base64.b64encode(jpeg).decode(), self.html.read_text())

    def test_html_is_one_safe_file(self):
        page = self.html.read_text(encoding="utf-8")
        self.assertEqual(len(re.findall(r"<script", page)), 1)
        self.assertNotRegex(page, r"(src|href)=[\"'](?!data:)")
        self.assertNotIn("http://", page)
        self.assertIn("Not conform", page)
        self.assertIn("Own &lt;rules&gt;", page)
        self.assertIn("00:00:00:20", page)
        self.assertLess(page.index("No black."), page.index("<svg"))

    def test_signature_holds_for_these_bytes_and_this_file(self):
        self.assertEqual(self.verify(self.report).code, DONE)
        outcome = self.verify(self.report, self.clip)
        self.assertEqual(outcome.code, DONE, str(outcome))
        self.assertEqual([one["ok"] for one in outcome.answer["checked"]], [True, True])

    def test_one_changed_byte_is_told(self):
        changed = self.folder / "changed.json"
        content = bytearray(self.report.read_bytes())
        for at in (0, len(content) // 2, len(content) - 1):
            content[at] ^= 1
            changed.write_bytes(content)
            pathlib.Path(f"{changed}.sig").write_bytes(pathlib.Path(f"{self.report}.sig").read_bytes())
            self.assertEqual(self.verify(changed).code, NO)
            content[at] ^= 1
        other = self.folder / "other.mp4"
        other.write_bytes(self.clip.read_bytes()[:-1] + b"\0")
        outcome = self.verify(self.report, other)
        self.assertEqual(outcome.code, NO, str(outcome))
        self.assertIn("is not the master", outcome.answer["checked"][1]["message"])

    def test_signer_can_be_pinned(self):
        signature = json.loads(pathlib.Path(f"{self.report}.sig").read_text())
        self.assertEqual(self.verify(self.report, "--key", signature["public_key"]).code, DONE)
        self.assertEqual(self.verify(self.report, "--key", f"{self.report}.sig").code, DONE)
        stranger = base64.b64encode(bytes(range(32))).decode()
        self.assertEqual(self.verify(self.report, "--key", stranger).code, NO)
        self.assert_refused(self.verify(self.report, "--key", "no key at all"), "not_found")

    def test_openssl_agrees(self):
        signature = json.loads(pathlib.Path(f"{self.report}.sig").read_text())
        key, value = self.folder / "public.der", self.folder / "value"
        key.write_bytes(bytes.fromhex("302a300506032b6570032100") + base64.b64decode(signature["public_key"]))
        value.write_bytes(base64.b64decode(signature["signature"]))
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin", "-in",
                               self.report, "-sigfile", value], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_cannot_be_told_is_exit_two(self):
        bare = self.folder / "bare.json"
        bare.write_bytes(self.report.read_bytes())
        self.assert_refused(self.verify(bare), "not_found")
        self.assert_refused(self.verify(self.folder / "absent.json"), "not_found")
        pathlib.Path(f"{bare}.sig").write_text("{}")
        self.assert_refused(self.verify(bare))

    def test_render_gives_the_same_bytes_again_and_other_languages(self):
        again, pdf = self.folder / "again.html", self.folder / "again.pdf"
        self.assert_done(pier("report", "render", str(self.report), "--html", str(again), "--pdf", str(pdf), "--json"))
        self.assertEqual(again.read_bytes(), self.html.read_bytes())
        self.assertEqual(pdf.read_bytes(), self.pdf.read_bytes())
        self.assert_done(pier("report", "render", str(self.report), "--html", str(again), "--language", "zh", "--json"))
        page = again.read_text(encoding="utf-8")
        self.assertIn("不符合", page)
        self.assertIn("没有黑场。", page)
        self.assert_refused(pier("report", "render", str(self.report), "--json"), "invalid_argument")

    def test_dispute_is_shown_and_leaves_the_signature_alone(self):
        report = self.folder / "disputed.json"
        for suffix in ("", ".sig"):
            pathlib.Path(f"{report}{suffix}").write_bytes(pathlib.Path(f"{self.report}{suffix}").read_bytes())
        say = ("finding", "dispute", self.finding()["id"], "--report", str(report), "--by", "王 <b>", "--json", "--reason")
        self.assert_done(pier(*say, "the black is meant"))
        self.assertEqual(self.verify(report).code, DONE)
        page = self.folder / "disputed.html"
        self.assert_done(pier("report", "render", str(report), "--html", str(page), "--json"))
        self.assertIn("the black is meant", page.read_text())
        self.assertIn("王 &lt;b&gt;", page.read_text())
        self.assert_refused(pier("finding", "dispute", "fnd_0", "--report", str(report), "--by", "x", "--reason", "y",
                                 "--json"), "not_found")

    def test_bundle_exports_the_same_pictures(self):
        folder = self.folder / "case"
        outcome = pier("finding", "bundle", self.finding()["id"], "--report", str(self.report), str(self.clip), "--out",
                       str(folder), "--json")
        self.assert_done(outcome)
        case = json.loads((folder / "case.json").read_text())
        self.assertEqual(case["expected"]["kind"], "black")
        self.assertEqual((case["exported"]["first_frame"], case["exported"]["frames"], case["exported"]["cut"]), (8, 39, False))
        self.assertEqual((case["expected"]["first_frame"], case["expected"]["last_frame"]), (12, 26))
        self.assertEqual([rule["rule"] for rule in case["rules"]], ["no-black"])
        raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
        exported = clips.ffmpeg("-i", str(folder / "frames.mkv"), *raw)
        master = clips.ffmpeg("-i", str(self.clip), "-vf", "select='between(n,8,46)'", "-vsync", "0", *raw)
        self.assertEqual(zlib.crc32(exported), zlib.crc32(master))
        # The case finds again what the report found.
        again = pier("check", str(folder / "frames.mkv"), "--profile", str(self.profile), "--json")
        found = [f for f in again.answer["analysis"]["findings"] if f["kind"] == "black"]
        self.assertEqual([(f["first_frame"], f["last_frame"]) for f in found], [(12, 26)])

    def test_bundle_refuses_another_master(self):
        other = self.folder / "foreign.mp4"
        other.write_bytes(self.clip.read_bytes() + b"\0")
        self.assert_refused(pier("finding", "bundle", self.finding()["id"], "--report", str(self.report), str(other), "--out",
                                 str(self.folder / "never"), "--json"), "input_changed")
        self.assertFalse((self.folder / "never").exists())

    def test_range_by_hand_is_judged_and_told(self):
        outcome = pier("check", str(self.clip), "--profile", str(self.profile), "--in", "00:00:01:15", "--json")
        self.assertEqual(outcome.code, DONE, str(outcome))
        programme = outcome.answer["programme"]
        self.assertEqual((programme["origin"], programme["in"], programme["out"], programme["in_given"]),
                         ("given", "8/5", None, "00:00:01:15"))
        self.assertEqual(outcome.answer["analysis"]["programme_frames"], 10)
        self.assert_refused(pier("check", str(self.clip), "--in", "1.5", "--out", "1", "--json"), "invalid_argument")
        self.assert_refused(pier("check", str(self.clip), "--in", "soon", "--json"), "invalid_argument")

    def test_black_ends_are_proposed_and_not_applied(self):
        clip = self.folder / "ends.mp4"
        clips.ffmpeg(*clips.picture("320x180", "25", 2), "-vf", "drawbox=c=black:t=fill:enable='lt(n,10)+gte(n,40)'", "-c:v",
                     "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(clip))
        page = self.folder / "ends.html"
        answer = pier("check", str(clip), "--profile", str(self.profile), "--html", str(page), "--json").answer
        self.assertEqual([(p["point"], p["seconds"]) for p in answer["programme"]["proposals"]], [("in", "2/5"), ("out", "8/5")])
        self.assertEqual(answer["analysis"]["programme_frames"], 50)
        self.assertIn("not applied", page.read_text())

    def test_hostile_name_and_damaged_pictures(self):
        clip = os.path.join(os.fsencode(self.folder), HOSTILE)
        content = bytearray(self.clip.read_bytes())
        middle = content.index(b"mdat") + 20000
        content[middle:middle + 4000] = bytes(4000)
        pathlib.Path(os.fsdecode(clip)).write_bytes(content)
        page, report = self.folder / "hostile.html", self.folder / "hostile.json"
        outcome = pier("check", clip, "--profile", str(self.profile), "--html", str(page), "--pdf", str(self.folder / "h.pdf"),
                       "--report", str(report), "--data", str(self.data), "--json")
        self.assertIn(outcome.code, (DONE, NO, FAILED))
        self.assertIn("report", outcome.answer, str(outcome))
        text = page.read_text(encoding="utf-8")
        self.assertEqual(len(re.findall(r"<script", text)), 1)
        self.assertIn("&lt;script&gt;alert(1)&lt;\ufffd\ufffd&gt;.mp4", text)
        document = json.loads(report.read_bytes())
        damaged = [f for f in document["analysis"]["findings"] if f["kind"] == "damaged"]
        self.assertTrue(damaged)
        for still in document["stills"]:
            self.assertFalse(any(f["first_frame"] <= still["frame"] <= f["last_frame"] for f in damaged), still["frame"])
        self.assertEqual(self.verify(report, os.fsdecode(clip)).code, DONE)

    def test_file_without_pictures_has_a_report_too(self):
        sound = self.folder / "sound.m4a"
        clips.ffmpeg(*clips.sound(1), "-c:a", "aac", str(sound))
        page = self.folder / "sound.html"
        outcome = pier("check", str(sound), "--profile", str(self.profile), "--html", str(page), "--pdf",
                       str(self.folder / "sound.pdf"), "--json")
        self.assertEqual(outcome.code, FAILED, str(outcome))
        self.assertIn("Not judged", page.read_text())

    def test_place_that_cannot_be_written_is_an_error(self):
        self.assert_refused(pier("check", str(self.clip), "--html", "/proc/none/r.html", "--json"))


if __name__ == "__main__":
    main()
