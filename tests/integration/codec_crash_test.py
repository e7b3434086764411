"""A codec that crashes inside a publication costs one task, never the server; one crash alone costs nothing."""

import signal
import urllib.request

import clips
from crashes import crash_encoders
from pier_program import FAILED, DataDirectory, PierTest, Server, finish, main, pier, start


class CodecCrash(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.folder / "master.mp4"
        clips.ffmpeg(*clips.picture("640x360", 50, 4), *clips.sound(4), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-c:a", "aac", cls.master)

    def check_alive(self, server):
        self.assertIsNone(server.process.poll())
        with urllib.request.urlopen(f"{server.address}/healthz", timeout=10) as response:
            self.assertEqual(response.status, 200)

    def check_told(self, records, tries):
        """The failed job is listed with its cause, and shown with every attempt of the task that failed."""
        listed = pier("jobs", "list", "--failed", "--data", records.path).out.decode()
        self.assertIn("crashed (signal 11)", listed)
        job = pier("jobs", "list", "--failed", "--data", records.path, "--json").answer["jobs"][0]["id"]
        first = pier("jobs", "show", job, "--data", records.path, "--json").answer["tried"][0]
        self.assertEqual((first["kind"], first["state"]), ("encode", "failed"))
        self.assertEqual([end["attempt"] for end in first["bad_ends"]], list(range(1, tries + 1)))
        self.assertEqual({end["error"]["code"] for end in first["bad_ends"]}, {"crashed"})
        self.assertEqual({end["settings"] for end in first["bad_ends"]}, {None})  # not for want of memory
        told = pier("jobs", "show", job, "--data", records.path).out.decode()
        self.assertEqual(told.split(f"encode {first['id']}")[1].split("encode tsk_")[0].count("    attempt "), tries)

    def test_always_crashing(self):
        """The task fails after its tries, the job says which and why, nothing is published, the server serves on."""
        records = DataDirectory(self.folder / "always")
        with Server(records.path) as server:
            process = start("publish", self.master, "--data", records.path, "--ladder", "tiny", "--json")
            crashed = crash_encoders(server.process.pid, records, process, signal.SIGSEGV, 1000)
            outcome = finish(process)
            self.assertEqual((outcome.code, outcome.error_code), (FAILED, "crashed"), str(outcome))
            self.assertIn("encode", outcome.message)
            self.assertIn("crashed (signal 11)", outcome.message)
            failed = records.rows("SELECT tries FROM tasks WHERE kind = 'encode' AND state = 'failed'")
            self.assertEqual(len(failed), 1)
            self.assertGreater(failed[0]["tries"], 1, "a crash is tried again before it is given up")
            self.assertGreaterEqual(crashed, failed[0]["tries"])
            self.assertEqual(records.rows("SELECT id FROM tracks"), [])
            self.check_told(records, failed[0]["tries"])
            self.check_alive(server)
            self.publish(records.path, self.master)  # the same master, its codecs well again

    def test_one_crash(self):
        """Tried again, published, and the tracks are whole."""
        records = DataDirectory(self.folder / "once")
        with Server(records.path) as server:
            process = start("publish", self.master, "--data", records.path, "--ladder", "tiny", "--json")
            crashed = crash_encoders(server.process.pid, records, process, signal.SIGABRT, 1)
            self.assertGreater(crashed, 0)
            outcome = finish(process)
            self.assert_done(outcome)
            self.assertEqual({track["frames"] for track in outcome.answer["tracks"] if track["kind"] == "video"}, {200})
            tried_again = records.rows("SELECT id FROM tasks WHERE kind = 'encode' AND tries > 0")
            self.assertIn(len(tried_again), range(1, crashed + 1))
            self.check_alive(server)


if __name__ == "__main__":
    main()
