"""kill -9 at ten random moments of a publication: what was done stays done, and the end is what it would have been."""

import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import clips  # noqa: E402
from pier_program import DataDirectory, PierTest, Server, children_of, finish, is_alive, main, pier, start  # noqa: E402

KILLS = 10
SEED = int(os.environ.get("PIER_SEED", "20"))
FINISHED = "SELECT id, kind, attempt, ended, reused, result FROM tasks WHERE state = 'done'"


class KillResume(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.master = cls.folder / "master.mov"
        clips.ffmpeg(*clips.picture("256x144", 25, 15.2), *clips.sound(15.2), "-c:v", "libx264", "-preset", "ultrafast",
                     "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "pcm_s16le", cls.master)
        began = time.monotonic()
        outcome = pier("publish", cls.master, "--data", cls.folder / "undisturbed", "--ladder", "tiny", "--json")
        assert outcome.code == 0, outcome
        cls.length = time.monotonic() - began
        cls.undisturbed = DataDirectory(cls.folder / "undisturbed").published_digests()
        print(f"seed {SEED}; an undisturbed publication takes {cls.length:.1f} s", file=sys.stderr)

    def kill(self, process):
        """kill -9, and all task processes must go with it. Gives how many there were."""
        process.send_signal(signal.SIGSTOP)  # nobody is born between the look and the blow
        children = children_of(process.pid)
        process.kill()
        process.communicate()
        end = time.monotonic() + 5
        while alive := [pid for pid, since in children if is_alive(pid, since)]:
            self.assertLess(time.monotonic(), end, f"task processes {alive} outlive the program")
            time.sleep(0.02)
        return len(children)

    def check_kept(self, before, records):
        """Tasks that were done are still the same rows: neither run again nor lost."""
        after = {row["id"]: row for row in records.rows(FINISHED)}
        for row in before:
            self.assertEqual(after.get(row["id"]), row)

    def check_end(self, records):
        self.assertEqual(records.published_digests(), self.undisturbed)
        self.assertEqual(records.rows("SELECT id FROM tasks WHERE state NOT IN ('done', 'superseded')"), [])
        self.assert_done(pier("verify", "--data", records.path, "--json"))
        self.assertEqual(records.orphans(), [])

    def test_killed_again_and_again(self):
        """Ten kills, each life a random part of what the whole takes; every next one goes on from the last finished
        task. A publication that comes through before is followed by another in a new directory."""
        generator = random.Random(SEED)
        kills = with_children = 0
        while kills < KILLS:
            records, done, ended = DataDirectory(self.folder / f"again-{kills}"), [], False
            while kills < KILLS and not ended:
                arguments = ["--resume"] if records.rows("SELECT id FROM jobs") else [self.master, "--ladder", "tiny"]
                process = start("publish", *arguments, "--data", records.path, "--json")
                time.sleep(generator.uniform(0.1, 0.1 + self.length / 4))
                if ended := process.poll() is not None:
                    self.assert_done(finish(process))
                    break
                with_children += self.kill(process) > 0
                kills += 1
                self.check_kept(done, records)
                done = records.rows(FINISHED)
                print(f"  kill {kills}: {len(done)} tasks done", file=sys.stderr)
            if not ended:
                self.assert_done(pier("publish", "--resume", "--data", records.path, "--json"))
            self.check_kept(done, records)
            self.check_end(records)
        self.assertGreater(with_children, 0)

    def test_ten_publications_killed_once(self):
        """One kill each, at moments spread over the whole of it, after a number of finished tasks; then --resume."""
        generator = random.Random(SEED + 1)
        total = DataDirectory(self.folder / "undisturbed").rows("SELECT count(*) AS n FROM tasks WHERE state = 'done'")[0]["n"]
        for moment in sorted(generator.sample(range(total), KILLS)):
            with self.subTest(f"after {moment} of {total} tasks"):
                records = DataDirectory(self.folder / f"once-{moment}")
                process = start("publish", self.master, "--ladder", "tiny", "--data", records.path, "--json")
                while len(records.rows("SELECT id FROM tasks WHERE state = 'done'")) < moment and process.poll() is None:
                    time.sleep(0.005)
                time.sleep(generator.uniform(0, 0.15))
                self.kill(process)
                done = records.rows(FINISHED)
                if records.rows("SELECT id FROM jobs"):
                    self.assert_done(pier("publish", "--resume", "--data", records.path, "--json"))
                else:
                    self.publish(records.path, self.master)
                self.check_kept(done, records)
                self.check_end(records)

    def test_killed_server_goes_on(self):
        """The next `pier serve` ends the job by itself, and a stored chunk of a killed attempt is swept away."""
        records = DataDirectory(self.folder / "served")
        server = Server(records.path)
        command = start("publish", self.master, "--ladder", "tiny", "--data", records.path, "--json")
        records.wait_for("SELECT id FROM tasks WHERE kind = 'encode' AND state = 'done'", process=command)
        self.kill(server.process)
        self.assertEqual(finish(command).code, 2)
        done = records.rows(FINISHED)
        with Server(records.path):
            records.wait_for("SELECT id FROM assets WHERE state = 'published'")
        self.check_kept(done, records)
        self.check_end(records)


if __name__ == "__main__":
    main()
