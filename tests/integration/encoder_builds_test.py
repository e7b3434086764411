"""All chunks of one track come from one build of the encoders, also while workers of two builds run side by side."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clips  # noqa: E402
from pier_program import DataDirectory, PIER, PierTest, Server, Worker, finish, main, pier, start  # noqa: E402

DONE_ENCODES = "SELECT id, worker, result FROM tasks WHERE kind = 'encode' AND state = 'done'"
NOTE = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0"  # of the linker: 20 bytes that name a build


def another_build(folder):
    """What starts a program for which x264 is the same under the name of another build: in a mount space of its own."""
    listed = subprocess.run(["ldd", PIER], stdout=subprocess.PIPE, check=True).stdout.decode()
    library = pathlib.Path(re.search(r"libx264\.so\.\d+ => (\S+)", listed)[1]).resolve()
    contents = bytearray(library.read_bytes())
    at = contents.index(NOTE) + len(NOTE)
    contents[at] ^= 0xFF
    other = folder / library.name
    other.write_bytes(contents)
    start_with = ["unshare", "--mount", "sh", "-c", f'mount --bind "{other}" "{library}" && exec "$@"', "sh"]
    if subprocess.run([*start_with, "true"], capture_output=True, check=False).returncode != 0:
        raise unittest.SkipTest("libraries cannot be covered by others here")
    return start_with


class EncoderBuilds(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.folder / "master.mov"
        clips.ffmpeg(*clips.picture("640x360", 25, 23), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                     "-g", "25", cls.master)
        cls.other = another_build(cls.folder)

    def begin(self, name, stack):
        records = DataDirectory(self.folder / name)
        stack.enter_context(Server(records.path, "--no-worker"))
        command = start("publish", os.fspath(self.master), "--data", str(records.path), "--ladder", "tiny", "--json")
        stack.callback(lambda: command.poll() is None and command.kill())
        return records, command

    def builds(self, records):
        return {json.loads(row["result"])["encoder"] for row in records.rows(DONE_ENCODES)}

    def test_side_by_side(self):
        """The newcomer leaves the chunks of a publication that has begun to those it was begun with."""
        with contextlib.ExitStack() as stack:
            records, command = self.begin("side", stack)
            old = stack.enter_context(Worker(records.path, "old"))
            records.wait_for(DONE_ENCODES, process=command)
            new = stack.enter_context(Worker(records.path, "new", before=self.other))
            listed = {one["name"]: one for one in pier("workers", "list", "--data", records.path, "--json").answer["workers"]}
            self.assertNotEqual(listed["old"]["encoder"], listed["new"]["encoder"])
            self.assert_done(finish(command))
            self.assertEqual({row["worker"] for row in records.rows(DONE_ENCODES)}, {old.id})
            self.assertEqual(self.builds(records), {listed["old"]["encoder"]})
            refusals = records.rows("SELECT refusals FROM workers WHERE id = ?", new.id)[0]["refusals"]
            self.assertIn("another build of the encoders", refusals)

    def test_nobody_has_the_old_ones_any_more(self):
        """What the old encoders made is encoded anew: no track is of two builds."""
        with contextlib.ExitStack() as stack:
            records, command = self.begin("taken", stack)
            old = stack.enter_context(Worker(records.path, "old"))
            first = records.wait_for(DONE_ENCODES, process=command)[0]
            old.kill()
            new = stack.enter_context(Worker(records.path, "new", before=self.other))
            self.assert_done(finish(command))
            encodes = records.rows(DONE_ENCODES)
            self.assertEqual({row["worker"] for row in encodes}, {new.id})
            self.assertIn(first["id"], {row["id"] for row in encodes})
            self.assertEqual(len(self.builds(records)), 1)
            self.assertNotEqual(self.builds(records), {json.loads(first["result"])["encoder"]})
            self.assert_done(pier("verify", "--data", records.path, "--json"))


if __name__ == "__main__":
    main()
