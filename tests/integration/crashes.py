"""Crashes encoders from outside, as a wild pointer or a failed assertion in a codec does."""

import contextlib
import os
import pathlib
import time

from pier_program import PATIENCE, children_of


def crash_tasks(pid, number):
    """Sends the signal to all task processes of this one. How many."""
    crashed = 0
    for child, _ in children_of(pid):
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[1:2] == [b"task"]:
                os.kill(child, number)
                crashed += 1
    return crashed


def crash_encoders(pid, records, process, number, most, only=None):
    """Crashes encoding processes, each time only they run (and the one task, when it is named), until there were
    `most` or the command has ended. How many."""
    crashed, end, wanted = 0, time.monotonic() + PATIENCE, "SELECT id, kind FROM tasks WHERE state = 'running'"
    while crashed < most and process.poll() is None and time.monotonic() < end:
        running = records.rows(wanted)
        chosen = {row["id"] for row in running} == {only} if only else {row["kind"] for row in running} == {"encode"}
        if chosen:
            crashed += crash_tasks(pid, number)
        time.sleep(0.05)
    return crashed
