"""A publication whose objects lie in S3 (RADOS Gateway), from start to delivery; needs PIER_S3_PEER, as ctest sets it."""

import json
import os
import pathlib
import signal
import urllib.request
import uuid

import clips
from pier_program import DataDirectory, PierTest, Server, finish, main, pier, start

PEER = json.loads(pathlib.Path(os.environ["PIER_S3_PEER"]).read_text())
KEYS = {"AWS_ACCESS_KEY_ID": PEER["access_key"], "AWS_SECRET_ACCESS_KEY": PEER["secret_key"]}


def store_url():
    return f's3://{PEER["bucket"]}/program-{uuid.uuid4().hex}?endpoint={PEER["endpoint"]}'


def fetch(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


class S3StoreTest(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = str(cls.folder / "master.mp4")
        clips.ffmpeg(*clips.picture("320x180", "25", 8), *clips.sound(8), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-c:a", "aac", cls.master)

    def test_the_same_publication_as_in_a_directory(self):
        """Bytes delivered from S3 are those delivered from a directory; both verify, and nothing is left on disk."""
        bodies = {}
        for name, arguments in (("directory", ()), ("s3", ("--store", store_url()))):
            data = self.folder / name
            with Server(data, *arguments, env=KEYS) as server:
                answer = self.publish(data, self.master, "--keep", "copy")
                self.assert_done(pier("verify", "--data", data, "--json"))
                records = DataDirectory(data)
                bodies[name] = {}
                for rung, track in records.tracks(answer["asset"]["id"]).items():
                    size = records.rows("SELECT size, hex(sha256) AS sha256 FROM objects WHERE key = ?", track["media"])
                    bodies[name][rung] = size
                playlist = fetch(server.address + answer["hls"])
                self.assertIn(b"#EXTM3U", playlist)
        self.assertTrue(bodies["s3"])
        self.assertEqual(bodies["s3"], bodies["directory"])
        self.assertFalse((self.folder / "s3" / "objects").exists())
        self.assertEqual(list((self.folder / "s3" / "spool").iterdir()), [])

    def test_a_killed_server_goes_on(self):
        """Killed in the middle of encoding, the next server finishes from the same store without being told where."""
        data = self.folder / "killed"
        records = DataDirectory(data)
        server = Server(data, "--store", store_url(), env=KEYS)
        process = start("publish", self.master, "--data", str(data), "--ladder", "tiny", "--json")
        records.wait_for("SELECT id FROM tasks WHERE kind = 'analyse' AND state = 'done'", process=server.process)
        server.process.send_signal(signal.SIGKILL)
        finish(server.process)
        finish(process)
        with Server(data, env=KEYS):
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")
            self.assert_done(pier("verify", "--data", data, "--json"))

    def test_refusals(self):
        """A place of another directory, a wrong secret and a missing bucket are named; no secret is."""
        url = store_url()
        with Server(self.folder / "mine", "--store", url, env=KEYS):
            pass
        theirs = str(self.folder / "theirs")
        self.assert_refused(pier("serve", "--data", theirs, "--store", url, "--json", env=KEYS), "invalid_argument")
        wrong = {**KEYS, "AWS_SECRET_ACCESS_KEY": "not-the-secret"}
        refused = pier("serve", "--data", theirs, "--store", store_url(), "--json", env=wrong)
        self.assert_refused(refused, "permission")
        for text in (refused.out, refused.err):
            self.assertNotIn(b"not-the-secret", text)
        nowhere = f's3://no-such-bucket?endpoint={PEER["endpoint"]}'
        self.assert_refused(pier("serve", "--data", theirs, "--store", nowhere, "--json", env=KEYS))


if __name__ == "__main__":
    main()
