"""`pier publish` on fresh records, and where its time went by the task table."""

import json
import shutil
import sqlite3
import tempfile
from pathlib import Path

from measure import Measured, kScratch


class Publication:
    """One run. asset: what the command printed; tasks: rows of the records."""

    def __init__(self, pier, clip, ladder):
        kScratch.mkdir(parents=True, exist_ok=True)
        data = Path(tempfile.mkdtemp(prefix="data-", dir=kScratch))
        try:
            self.run = Measured([pier, "publish", clip, "--ladder", ladder, "--data", data, "--json"])
            self.asset = json.loads(self.run.output)
            self.tasks = self._read(data / "pier.db")
        finally:
            shutil.rmtree(data, ignore_errors=True)

    @staticmethod
    def _read(database):
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as records:
            rows = records.execute("SELECT kind, started, ended, result FROM tasks WHERE state = 'done' ORDER BY started")
            return [{"kind": kind, "start": start / 1e6, "end": end / 1e6, **(json.loads(result) if result else {})}
                    for kind, start, end, result in rows.fetchall()]

    def busy(self):
        """Seconds in which at least one task ran."""
        total, until = 0.0, 0.0
        for task in self.tasks:
            total += max(0.0, task["end"] - max(until, task["start"]))
            until = max(until, task["end"])
        return total

    def by_kind(self):
        """Per task kind: how many, wall and CPU seconds, share of all CPU time."""
        kinds = {}
        for task in self.tasks:
            kind = kinds.setdefault(task["kind"], {"count": 0, "wall": 0.0, "cpu": 0.0})
            kind["count"] += 1
            kind["wall"] += task["end"] - task["start"]
            kind["cpu"] += task.get("cpu_seconds", 0.0)
        for kind in kinds.values():
            kind["cpu_share"] = kind["cpu"] / self.run.cpu
        return kinds

    def encode_parts(self):
        """CPU seconds inside the encode tasks: decoding, conversion, and the encoders with all else."""
        parts = {"decode": 0.0, "convert": 0.0, "encode": 0.0}
        for task in self.tasks:
            seconds = task.get("seconds")
            if task["kind"] != "encode" or not isinstance(seconds, dict):
                continue
            decode, convert = seconds.get("decode_thread", 0.0), seconds.get("convert", 0.0)
            parts["decode"] += decode
            parts["convert"] += convert
            parts["encode"] += max(0.0, seconds.get("process", 0.0) - decode - convert)
        return parts

    def orchestration(self):
        """Shares of the run that are no task's work.

        no_task: of the wall time, nothing ran. around: of the time tasks had a slot, their process had not started or
        had ended. cpu: of the CPU time, not in a task process (an upper bound: not every kind reports its own)."""
        measured = [task for task in self.tasks if "wall_seconds" in task]
        slots = sum(task["end"] - task["start"] for task in self.tasks)
        around = sum(max(0.0, task["end"] - task["start"] - task["wall_seconds"]) for task in measured)
        cpu = sum(task.get("cpu_seconds", 0.0) for task in self.tasks)
        return {"no_task": max(0.0, 1 - self.busy() / self.run.wall), "around": around / slots,
                "cpu": max(0.0, 1 - cpu / self.run.cpu)}

    def waiting(self, slots):
        """Share of the machine's slots that had no task while others had one: the tail and what waits for others."""
        used = sum(task["end"] - task["start"] for task in self.tasks)
        return max(0.0, 1 - used / (self.busy() * slots))

    def memory_bound(self):
        """The greatest sum of the peaks of tasks that ran at one time: never less than what was used."""
        return max(sum(other.get("peak_rss", 0) for other in self.tasks
                       if other["start"] <= task["start"] < other["end"]) for task in self.tasks)
