"""Runs the program under test: commands, servers, and a look into a data directory's records and objects."""

import base64
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

PIER = os.environ.get("PIER_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/pier"))
PATIENCE = float(os.environ.get("PIER_PATIENCE", "240"))  # seconds any one command may take on a busy machine
DONE, NO, FAILED = 0, 1, 2  # exit codes
SHARE = pathlib.Path(os.environ.get("PIER_SHARE", pathlib.Path(__file__).resolve().parents[2]))


def share_with(folder, **ladders):
    """A PIER_SHARE of a test's own, with further ladders: a copy, because an unprivileged user may not enter the project."""
    share = folder / "share"
    for part in ("ladders", "profiles"):
        shutil.copytree(SHARE / part, share / part)
    for name, text in ladders.items():
        (share / "ladders" / f"{name}.toml").write_text(text)
    return share


@dataclasses.dataclass
class Outcome:
    code: int
    out: bytes
    err: bytes

    @property
    def answer(self):
        """The JSON object a command ends with."""
        lines = self.out.splitlines()
        return json.loads(lines[-1]) if lines else {}

    @property
    def error_code(self):
        return self.answer.get("error", {}).get("code", "")

    @property
    def message(self):
        return self.answer.get("error", {}).get("message", "")

    def __str__(self):
        return f"exit {self.code}\n{self.out[-1500:].decode(errors='replace')}\n{self.err[-1500:].decode(errors='replace')}"


def pier(*arguments, before=(), env=None, timeout=PATIENCE):
    """One command to its end. `before`: a program that starts it, such as setpriv with its options."""
    done = subprocess.run([*before, PIER, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                          env={**os.environ, **(env or {})})
    return Outcome(done.returncode, done.stdout, done.stderr)


def check(path, *arguments):
    """`pier check --json` to its end, and the greatest resident size of the command and its children in bytes."""
    process = subprocess.Popen([PIER, "check", path, "--json", *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Outcome(process.returncode, out, b""), usage.ru_maxrss * 1024


def start(*arguments, before=(), env=None):
    """A command that goes on while the test does; in a process group of its own."""
    return subprocess.Popen([*before, PIER, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, **(env or {})})


def finish(process, timeout=PATIENCE):
    out, err = process.communicate(timeout=timeout)
    return Outcome(process.returncode, out, err)


class Server:
    """`pier serve` on a free port of loopback."""

    def __init__(self, data, *arguments, env=None):
        self.process = start("serve", "--data", str(data), "--listen", "127.0.0.1:0", "--json", *arguments, env=env)
        line = self.process.stdout.readline()
        if not line or b"address" not in line:
            raise AssertionError(f"pier serve did not start: {line!r} {finish(self.process, 10)}")
        self.greeting = json.loads(line)
        self.address = self.greeting["address"]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.stop()

    def stop(self, number=signal.SIGINT, timeout=PATIENCE):
        """Asks it to end; gives (exit code, seconds that took)."""
        began = time.monotonic()
        self.process.send_signal(number)
        outcome = finish(self.process, timeout)
        return outcome, time.monotonic() - began


class Worker:
    """`pier worker` of one slot, once the records know it."""

    def __init__(self, data, name, *arguments, records=None, env=None, before=()):
        self.process = start("worker", "--data", str(data), "--slots", "1", "--name", name, "--json", *arguments, env=env,
                             before=before)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"pier worker did not start: {finish(self.process, 10)}")
        self.greeting = json.loads(line)
        end = time.monotonic() + 30
        records = records or DataDirectory(data)
        while not (rows := records.rows("SELECT id FROM workers WHERE name = ? AND process = ?", name, self.process.pid)):
            if time.monotonic() > end:
                raise AssertionError("the worker is not in the records")
            time.sleep(0.02)
        self.id = rows[0]["id"]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            finish(self.process, 30)

    def kill(self):
        self.process.kill()
        self.process.communicate()


class Records:
    """Rows, read behind the program's back."""

    def rows(self, query, *values):
        raise NotImplementedError

    def tracks(self, asset):
        """{rung: track row} of an asset's publication."""
        rows = self.rows("SELECT * FROM tracks WHERE asset_id = ? AND retired = 0 ORDER BY ordinal", asset)
        return {row["rung"]: row for row in rows}

    def wait_for(self, query, *values, timeout=PATIENCE, process=None):
        """Waits for a query to give rows, which it returns."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if found := self.rows(query, *values):
                return found
            if process is not None and process.poll() is not None:
                raise AssertionError(f"the command ended before: {finish(process)}")
            time.sleep(0.01)
        raise AssertionError(f"waited {timeout} s for: {query}")


class DataDirectory(Records):
    """What a data directory holds."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def rows(self, query, *values):
        """Rows as dictionaries; none where there are no records yet."""
        if not (self.path / "pier.db").exists():
            return []
        with contextlib.closing(sqlite3.connect(self.path / "pier.db", timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in connection.execute(query, values)]
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def object_path(self, key):
        return self.path / "objects" / key

    def object_files(self):
        root = self.path / "objects"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def orphans(self):
        """Object files that no row knows."""
        known = {row["key"] for row in self.rows("SELECT key FROM objects")}
        return [name for name in self.object_files() if name not in known]

    def track_file(self, asset, rung):
        return self.object_path(self.tracks(asset)[rung]["media"])

    def published_digests(self):
        """{(title, rung, part): SHA-256 of the stored file} of everything published."""
        digests = {}
        for row in self.rows("SELECT a.title, t.rung, t.media, t.index_object FROM tracks t JOIN assets a"
                             " ON a.id = t.asset_id WHERE a.state = 'published' AND t.retired = 0"):
            for part in ("media", "index_object"):
                content = self.object_path(row[part]).read_bytes()
                digests[row["title"], row["rung"], part] = hashlib.sha256(content).hexdigest()
        return digests


def exact_path(facts):
    """The bytes of a path in JSON: `path_bytes` where there is one, else `path`."""
    if "path_bytes" in facts:
        return base64.b64decode(facts["path_bytes"])
    return os.fsencode(facts["path"])


def children_of(pid):
    """[(pid, start time)] of all processes below this one."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(entry.name)] = (int(fields[1]), fields[19])
    found, wanted = [], {pid}
    while wanted:
        below = {child for child, (parent, _) in parents.items() if parent in wanted}
        found += [(child, parents[child][1]) for child in below]
        wanted = below
    return found


def is_alive(pid, start_time):
    """False for a process that is gone, dead and unburied, or another of the same number."""
    with contextlib.suppress(OSError, IndexError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return fields[0] not in "ZX" and fields[19] == start_time
    return False


class PierTest(unittest.TestCase):
    """A test with a folder of its own that goes with it."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="pier-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    def setUp(self):
        began = time.monotonic()
        self.addCleanup(lambda: print(f"  {time.monotonic() - began:6.1f} s  {self.id()}", file=sys.stderr))

    def assert_refused(self, outcome, code=None):
        """Exit code 2 and one clear message: of one of these codes, one line, no crash, no mistake of our own."""
        self.assertEqual(outcome.code, FAILED, str(outcome))
        self.assertEqual(len(outcome.out.splitlines()), 1, str(outcome))
        self.assertGreater(len(outcome.message), 15, str(outcome))
        self.assertNotIn("\n", outcome.message)
        self.assertNotIn(outcome.error_code, ("crashed", "internal", ""), str(outcome))
        if code is not None:
            self.assertIn(outcome.error_code, [code] if isinstance(code, str) else code, str(outcome))

    def assert_done(self, outcome):
        self.assertEqual(outcome.code, DONE, str(outcome))

    def publish(self, data, path, *arguments, ladder="tiny", env=None):
        """A publication that must succeed; gives what the command ended with."""
        outcome = pier("publish", os.fspath(path), "--data", str(data), "--ladder", ladder, "--json", *arguments, env=env)
        self.assert_done(outcome)
        return outcome.answer


def main():
    if not os.access(PIER, os.X_OK):
        raise SystemExit(f"no program at {PIER}; build it or set PIER_BIN")
    unittest.main(verbosity=2)
