"""Profiles, attestations, waivers, exit codes of pier check, and its JSON against the published schema."""

import copy
import datetime
import json
import os
import pathlib

import jsonschema

import clips
from pier_program import DONE, FAILED, NO, PierTest, main, pier

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "api/report.schema.json").read_text())
HEAD = 'format = 1\nid = "own"\nversion = "1"\ntitle.en = "Own"\ntitle.zh = "自有"\n'


def rule(name, check, applies_to="video", severity="fail", verified="text"):
    return (f'[[rule]]\nid = "{name}"\nclause = "own"\nseverity = "{severity}"\napplies_to = "{applies_to}"\n'
            f'source = "own"\nverified = "{verified}"\nmessage.en = "m"\nmessage.zh = "要求"\n{check}\n')


NO_BLACK = rule("no-black", 'absent = "black"')
UNVERIFIED = rule("width", 'fact = "video.width"\nmin = 4000', verified="no")


class Profiles(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        black = "drawbox=c=black:t=fill:enable='between(n,5,9)'"
        cls.clip = cls.folder / "black.mp4"
        clips.ffmpeg(*clips.picture("320x180", "25", 0.8), "-vf", black, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p", cls.clip)
        cls.heard = cls.folder / "heard.mp4"
        clips.ffmpeg(*clips.picture("320x180", "25", 0.8), *clips.sound(0.8), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-c:a", "aac", cls.heard)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return os.fspath(path)

    def check(self, clip, profile, *more):
        return pier("check", os.fspath(clip), "--profile", profile, "--data", os.fspath(self.folder / "data"), "--json", *more)

    def rules(self, outcome):
        return {one["rule"]: one for one in outcome.answer["report"]["rules"]}

    def test_list_show_and_words(self):
        listed = pier("profiles", "list", "--data", os.fspath(self.folder / "none"), "--json")
        self.assert_done(listed)
        ids = [one["id"] for one in listed.answer["profiles"]]
        for name in ("cn-uhd-4k", "cn-uhd-8k", "cn-ott-4k", "itu-bt2100", "ebu-uhd", "hdr10", "hlg", "hdr-vivid", "netflix-like",
                     "screen-any"):
            self.assertIn(name, ids)
            shown = pier("profiles", "show", name, "--json")
            self.assert_done(shown)
            self.assertEqual(len(shown.answer["rules"]), {one["id"]: one for one in listed.answer["profiles"]}[name]["rules"])
        text = pier("profiles", "show", "cn-uhd-4k", "--language", "zh").out.decode()
        self.assertIn("真峰值不高于 -2 dBTP", text)
        words = pier("profiles", "words", "--json").answer
        self.assertIn("video.bit_depth", words["fact"])
        self.assertIn("levels.reserved", words["absent"])
        self.assertIn("luminance.max_cll", words["measure"])
        self.assert_refused(pier("profiles", "show", "no-such", "--json"), "not_found")

    def test_lint_tells_all_mistakes_with_line_and_key(self):
        good = self.write("good.toml", HEAD + NO_BLACK)
        self.assert_done(pier("profiles", "lint", good))
        bad = self.write("bad.toml", HEAD + NO_BLACK.replace('"black"', '"blak"') + rule("w", 'fact = "video.width"\nmini = 3'))
        linted = pier("profiles", "lint", bad, "--json")
        self.assertEqual(linted.code, NO, str(linted))
        self.assertEqual(linted.answer["kind"], "profile")
        first, second = linted.answer["mistakes"]
        self.assertIn("bad.toml:15: rule 'no-black': key 'absent' names 'blak', which no analyzer finds", first)
        self.assertIn("rule 'w': key 'mini' is not known here", second)
        self.assertIn(first, pier("profiles", "lint", bad).out.decode())
        self.assert_refused(self.check(self.clip, bad), "invalid_argument")
        waivers = self.write("bad-waivers.json", '{"format": 1, "waiver": [{"rule": "r"}]}')
        linted = pier("profiles", "lint", waivers, "--json")
        self.assertEqual((linted.code, linted.answer["kind"]), (NO, "waivers"))
        overlay = self.write("bad.overlay.toml", 'format = 1\nprofile = "hdr10"\n[[attest]]\nrule = "gone"\nrule_digest = "0"\n'
                                                 'document = "d"\nclause = "c"\nby = "b"\ndate = "x"\n')
        linted = pier("profiles", "lint", overlay, "--json")
        self.assertEqual((linted.code, linted.answer["kind"]), (NO, "overlay"))
        self.assertIn("no such rule", linted.answer["mistakes"][0])
        self.assert_refused(pier("profiles", "lint", os.fspath(self.folder / "absent.toml"), "--json"), "not_found")

    def test_exit_codes(self):
        unjudged = rule("peak", 'measure = "loudness.streams.*.true_peak_dbtp"\nmax = 0')
        silent = rule("loud", 'measure = "loudness.streams.*.integrated_lufs"\nmin = -70', applies_to="audio")
        warn = NO_BLACK.replace('"fail"', '"warn"')
        unverified_black = NO_BLACK.replace('"text"', '"no"')
        whole = rule("whole", 'absent = "damaged"')
        for code, verdict, body in ((NO, "fail", NO_BLACK + unjudged), (FAILED, "not_judged", whole + unjudged),
                                    (DONE, "warn", warn + whole), (DONE, "pass", whole + unverified_black + silent),
                                    (FAILED, "not_judged", silent)):
            outcome = self.check(self.clip, self.write("exit.toml", HEAD + body))
            self.assertEqual((outcome.code, outcome.answer["report"]["verdict"]), (code, verdict), str(outcome))
            rules = self.rules(outcome)
            if "loud" in rules:
                self.assertEqual(rules["loud"]["outcome"], "not_applicable")
            if "peak" in rules:
                self.assertEqual(rules["peak"]["outcome"], "not_judged")
        broken = self.folder / "broken.mp4"
        broken.write_bytes(b"no media at all" * 50)
        self.assert_refused(self.check(broken, "screen-any"))

    def test_attested_rule_decides(self):
        profile = self.write("attest.toml", HEAD.replace('"own"', '"own-attest"', 1) + rule("whole", 'absent = "damaged"') + UNVERIFIED)
        before = self.check(self.clip, profile)
        self.assertEqual(before.code, DONE, str(before))
        self.assertEqual(before.answer["report"]["overlay_digest"], "")
        words = ["profiles", "attest", "width", "--profile", profile, "--document", "House rules", "--clause", "4.2", "--by",
                 "Li Wei", "--data", os.fspath(self.folder / "data"), "--json"]
        self.assert_refused(pier(*words, "--set", "minimum=3"), "invalid_argument")
        attested = pier(*words)
        self.assert_done(attested)
        self.assertEqual(attested.answer["rule"]["verified"], "text")
        after = self.check(self.clip, profile)
        self.assertEqual(after.code, NO, str(after))
        self.assertEqual(self.rules(after)["width"]["attestation"]["by"], "Li Wei")
        self.assertEqual(after.answer["report"]["overlay_digest"], attested.answer["overlay_digest"])
        self.assertEqual(after.answer["report"]["profile_digest"], before.answer["report"]["profile_digest"])
        jsonschema.validate(after.answer, SCHEMA, jsonschema.Draft202012Validator)
        self.assert_done(pier(*words, "--set", "min=320"))
        self.assert_done(self.check(self.clip, profile))
        overlay = self.folder / "data/profiles/own-attest.overlay.toml"
        self.assertEqual(overlay.read_text().count("[[attest]]"), 2)

    def test_waivers(self):
        profile = self.write("waive.toml", HEAD + NO_BLACK + rule("whole", 'absent = "damaged"'))
        today = datetime.datetime.now(datetime.timezone.utc).date()
        finding = self.rules(self.check(self.clip, profile))["no-black"]["findings"][0]

        def waived(until, **what):
            path = self.write("w.json", json.dumps({"format": 1, "waiver": [
                {**what, "who": "Li Wei", "why": "part of the story", "until": until.isoformat()}]}))
            return self.check(self.clip, profile, "--waivers", path)

        for what in ({"rule": "no-black"}, {"finding": finding}):
            outcome = waived(today + datetime.timedelta(days=1), **what)
            self.assert_done(outcome)
            self.assertEqual(self.rules(outcome)["no-black"]["waived"][0]["who"], "Li Wei")
            self.assertEqual(outcome.answer["report"]["waivers"][0]["state"], "applied")
            jsonschema.validate(outcome.answer, SCHEMA, jsonschema.Draft202012Validator)
            ended = waived(today - datetime.timedelta(days=1), **what)
            self.assertEqual(ended.code, NO, str(ended))
            self.assertEqual(ended.answer["report"]["waivers"][0]["state"], "expired")
        self.assert_refused(self.check(self.clip, profile, "--waivers", self.write("w.toml", "format = 2\n")), "invalid_argument")

    def test_json_is_of_the_published_schema(self):
        validator = jsonschema.Draft202012Validator(SCHEMA)
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        for clip, profile in ((self.clip, "screen-any"), (self.heard, "cn-uhd-4k"), (self.heard, "netflix-like")):
            answer = self.check(clip, profile).answer
            validator.validate(answer)
        finding = answer["analysis"]["findings"]
        for path, value in ((("report", "rules", 0, "outcome"), "good"), (("report", "rules", 0, "extra"), 1),
                            (("report", "profile_digest"), "x"), (("report", "counts", "waived"), -1), (("analysis", "findings"), [{}])):
            wrong = copy.deepcopy(answer)
            place = wrong
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
            self.assertFalse(validator.is_valid(wrong), path)
        self.assertIsInstance(finding, list)


if __name__ == "__main__":
    main()
