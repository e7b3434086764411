"""What the benchmarks share: running a command and reading its time and memory, the source clip, one line of JSON."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

kRepository = Path(__file__).resolve().parents[2]
kScratch = kRepository / "build" / "bench"


def default_pier():
    return os.environ.get("PIER_BIN", str(kRepository / "build/release/bin/pier"))


def tree_resident(root):
    """Resident bytes of a process and all that descend from it, now."""
    total, waiting = 0, [root]
    page = os.sysconf("SC_PAGE_SIZE")
    while waiting:
        pid = waiting.pop()
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
            for task in os.listdir(f"/proc/{pid}/task"):
                waiting += Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        except (OSError, IndexError):
            pass  # it ended meanwhile
    return total


class Measured:
    """A command run to its end: wall, cpu (with all its descendants), memory (greatest sum seen), output."""

    def __init__(self, command, environment=None):
        self.memory = 0
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment)
        said = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
        watcher = threading.Thread(target=self._watch, args=(process.pid,))
        self._over = threading.Event()
        reader.start(), watcher.start()
        self.output = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        self._over.set()
        reader.join(), watcher.join()
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = max(self.memory, usage.ru_maxrss * 1024)
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nended with {process.returncode}\n"
                     f"{said[0].decode(errors='replace')[-4000:]}{self.output[-4000:]}")

    def _watch(self, pid):
        while not self._over.wait(0.2):
            self.memory = max(self.memory, tree_resident(pid))


def make_clip(width, height, frames):
    """The generated HLG clip of the main job, kept for the next run."""
    clip = kScratch / f"hlg-{width}x{height}-{frames}.mp4"
    if not clip.exists():
        kScratch.mkdir(parents=True, exist_ok=True)
        print(f"making {clip.name}", file=sys.stderr)
        subprocess.run([kRepository / "tools/make_clip.sh", clip, str(width), str(height), str(frames)], check=True)
    return clip


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def emit(name, ours, peer, bar, holds, **details):
    """One line: what was measured beside what, and whether the bar holds."""
    line = {"name": name, "ours": ours, "peer": peer, "ratio": ours / peer if peer else None, "bar": bar, "holds": holds,
            "cores": len(os.sched_getaffinity(0)), "load": list(os.getloadavg()), **details}
    print(json.dumps(rounded(line), ensure_ascii=False), flush=True)
