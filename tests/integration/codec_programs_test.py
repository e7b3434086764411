"""Codec programs: a master that no library here decodes goes through a program of others, and every way it can fail."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import time

import clips
from pier_program import DONE, FAILED, PierTest, main, pier

STAND_IN = os.environ.get("PIER_STAND_IN_CODEC", "")
PICTURES, SIZE = 50, "128x72"
HLG = ["-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc", "-color_range", "tv"]


class CodecPrograms(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        picture = ["-f", "lavfi", "-i", f"testsrc2=size={SIZE}:rate=25:duration={PICTURES / 25},format=yuv420p10le"]
        raw = clips.ffmpeg(*picture, "-strict", "-1", "-f", "yuv4mpegpipe", "-")
        cls.master = cls.folder / "master.avs3"
        cls.master.write_bytes(subprocess.run([STAND_IN, "encode"], input=raw, capture_output=True, check=True).stdout)
        # The same pictures in a codec that is built in.
        cls.same = cls.folder / "same.mov"
        clips.ffmpeg(*picture, *HLG, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                     "lossless=1:chromaloc=2:log-level=none", "-tag:v", "hvc1", cls.same)
        cls.program = cls.folder / "stand-in"
        shutil.copy(STAND_IN, cls.program)
        cls.program.chmod(0o755)

    def codecs(self, *arguments, program=None, patience=60, sha256=None, extra=""):
        """A folder with one configured program; gives the environment that names it."""
        program = os.fspath(program or self.program)
        digest = sha256
        if digest is None:
            path = pathlib.Path(program)
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "0" * 64
        folder = self.folder / f"codecs-{self.id().rsplit('.', 1)[1]}-{time.monotonic_ns()}"
        folder.mkdir()
        listed = ", ".join(f'"{word}"' for word in arguments)
        (folder / "stand-in.toml").write_text(
            f'codec = "avs3"\n[decoder]\nprogram = "{program}"\nsha256 = "{digest}"\narguments = [{listed}]\n'
            f"patience_seconds = {patience}\n{extra}")
        return {"PIER_CODECS": os.fspath(folder)}

    def convert(self, source, name, env):
        out = self.folder / name
        return pier("convert", os.fspath(source), os.fspath(out), "--format", "prores-422-hq", "--json", env=env), out

    def test_without_a_program_nothing_decodes_it(self):
        env = {"PIER_CODECS": os.fspath(self.folder / "none")}
        video = pier("probe", os.fspath(self.master), "--json", env=env).answer["video"][0]
        self.assertEqual((video["codec"], video["decodable"]), ("avs3", False))
        outcome, _ = self.convert(self.master, "none.mov", env)
        self.assert_refused(outcome, "input_unsupported")

    def test_its_pictures_are_those_of_the_master(self):
        env = self.codecs("decode")
        facts = pier("probe", os.fspath(self.master), "--json", env=env).answer
        self.assertTrue(facts["video"][0]["decodable"])
        digest = hashlib.sha256(self.program.read_bytes()).hexdigest()
        self.assertTrue(any(f"stand-in, SHA-256 {digest}" in warning for warning in facts["warnings"]), facts["warnings"])
        through, first = self.convert(self.master, "through.mov", env)
        self.assert_done(through)
        builtin, second = self.convert(self.same, "builtin.mov", env)
        self.assert_done(builtin)
        pictures = [clips.ffmpeg("-i", path, "-map", "0:v", "-f", "framemd5", "-").splitlines()[-PICTURES:]
                    for path in (first, second)]
        self.assertEqual(len(pictures[0]), PICTURES)
        self.assertEqual(*pictures)

    def test_it_is_checked_and_published(self):
        env = self.codecs("decode")
        report = pier("check", os.fspath(self.master), "--json", env=env)
        self.assertIn(report.code, (0, 1), str(report))
        self.assertIn(f'"frames":{PICTURES}', report.out.decode().replace(" ", ""))
        data = self.folder / "data"
        asset = self.publish(data, self.master, env=env)
        shown = pier("assets", "show", asset["asset"]["id"] if "asset" in asset else asset["id"], "--data", os.fspath(data),
                     "--json", env=env)
        self.assert_done(shown)

    def test_in_a_transport_stream(self):
        stream = self.folder / "master.ts"
        clips.ffmpeg("-f", "avs3", "-framerate", "25", "-i", self.master, "-c", "copy", "-bsf:v",
                     "setts=ts=N*48000", "-f", "mpegts", stream)
        outcome, out = self.convert(stream, "from-ts.mov", self.codecs("decode"))
        self.assert_done(outcome)
        self.assertEqual(len(clips.frame_times(out)), PICTURES)

    def fault(self, *arguments, patience=60):
        env = self.codecs("decode", *arguments, patience=patience)
        outcome, out = self.convert(self.master, f"fault-{arguments[0]}.mov", env)
        self.assertEqual(outcome.code, FAILED, str(outcome))
        self.assertFalse(out.exists(), "nothing stands under the name")
        self.assertIn("stand-in", outcome.message)
        return outcome

    def test_a_program_that_misbehaves_is_named(self):
        for arguments, words in ((("crash", "7"), "signal"), (("quit", "7"), "7 whole pictures for 50"),
                                 (("babble", "7"), "FRAME"), (("short", "7"), "FRAME"),
                                 (("long", "0"), "more pictures"), (("wrong_size", "0"), "130x72"),
                                 (("garbage", "0"), "YUV4MPEG2"), (("status", "0"), "licence expired")):
            with self.subTest(arguments[0]):
                self.assertIn(words, self.fault(*arguments).message)

    def test_a_program_that_hangs_is_ended(self):
        began = time.monotonic()
        outcome = self.fault("hang", "7", patience=2)
        self.assertIn("neither takes nor gives", outcome.message)
        self.assertLess(time.monotonic() - began, 40)

    def test_it_may_execute_nothing(self):
        outcome = self.fault("exec", "7")
        self.assertIn("forbidden system call", outcome.message)

    def test_configurations_that_cannot_serve(self):
        plain = self.folder / "plain"
        shutil.copy(self.program, plain)
        plain.chmod(0o644)
        script = self.folder / "script"
        script.write_text("#!/bin/sh\ncat\n")
        script.chmod(0o755)
        changed = self.folder / "changed"
        shutil.copy(self.program, changed)
        changed.chmod(0o755)
        digest = hashlib.sha256(changed.read_bytes()).hexdigest()
        with changed.open("ab") as file:
            file.write(b"x")
        for env, words in ((self.codecs("decode", program="/nowhere/decoder"), "/nowhere/decoder"),
                           (self.codecs("decode", program="stand-in"), "absolute path"),
                           (self.codecs("decode", program=plain), "chmod 755"),
                           (self.codecs("decode", program=script), "script"),
                           (self.codecs("decode", program=changed, sha256=digest), "SHA-256"),
                           (self.codecs("decode", sha256="12"), "sha256"),
                           (self.codecs("decode", extra="speed = 1\n"), "unknown key speed")):
            with self.subTest(words):
                outcome, _ = self.convert(self.master, "never.mov", env)
                self.assertEqual(outcome.code, FAILED, str(outcome))
                self.assertIn(words, outcome.message)
                self.assertIn("stand-in", outcome.message)


if __name__ == "__main__":
    if not os.access(STAND_IN, os.X_OK):
        raise SystemExit("set PIER_STAND_IN_CODEC to the program built of stand_in_codec.cpp")
    main()
