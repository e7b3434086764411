"""A master of 10 TB, most of it a hole: what reads it at both ends finds it whole, and nothing reads it through."""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import clips  # noqa: E402
from pier_program import PIER, PierTest, finish, main, start  # noqa: E402

LENGTH = 10 ** 13
FEW = 1 << 30  # bytes: far more than two ends are, far less than the whole


def stretched(small, large):
    """The same MP4 with its mdat grown to 10 TB: what stood behind that stands at its end now."""
    content = small.read_bytes()
    at, boxes = 0, {}
    while at < len(content):
        size, kind = int.from_bytes(content[at:at + 4], "big"), content[at + 4:at + 8].decode()
        boxes[kind] = (at, size)
        at += size
    (free, empty), (mdat, size) = boxes["free"], boxes["mdat"]
    assert empty == 8 and mdat == free + 8 and "moov" in boxes and boxes["moov"][0] > mdat
    tail = content[mdat + size:]
    with open(large, "wb") as file:
        file.write(content[:free])
        # The empty box and the short header make room for a long one: the samples stay where the tables say.
        file.write((1).to_bytes(4, "big") + b"mdat" + (LENGTH - len(tail) - free).to_bytes(8, "big"))
        file.write(content[mdat + 8:mdat + size])
        file.seek(LENGTH - len(tail))
        file.write(tail)


class LargeMaster(PierTest):
    def test_quick_probe_reads_both_ends(self):
        small, large = self.folder / "small.mp4", self.folder / "large.mp4"
        clips.ffmpeg(*clips.picture("64x64", 25, 4), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", small)
        stretched(small, large)
        self.assertEqual(large.stat().st_size, LENGTH)
        self.assertLess(large.stat().st_blocks * 512, FEW)
        facts = {}
        for path in (small, large):
            process = start("probe", str(path), "--quick", "--json")
            read, end = 0, time.monotonic() + 120
            while process.poll() is None and time.monotonic() < end:
                try:
                    text = pathlib.Path(f"/proc/{process.pid}/io").read_text()
                    read = max(read, int(text.split("rchar: ")[1].split()[0]))
                except (OSError, IndexError):
                    pass
                self.assertLess(read, FEW, "it reads the master through")
                time.sleep(0.01)
            if process.poll() is None:
                process.kill()
            outcome = finish(process)
            self.assert_done(outcome)
            facts[path] = outcome.answer
        for fact in ("video", "duration", "container"):
            self.assertEqual(facts[large][fact], facts[small][fact])


if __name__ == "__main__":
    assert os.access(PIER, os.X_OK)
    main()
