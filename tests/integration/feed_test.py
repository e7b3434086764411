"""pier check --feed: a pipe, UDP, a file that grows; events, reports of periods, exit codes. Media are made here."""

import json
import pathlib
import signal
import socket
import subprocess
import threading
import time

import jsonschema

import clips
from pier_program import DONE, NO, PATIENCE, PIER, PierTest, main, pier, start

API = pathlib.Path(__file__).resolve().parents[2] / "api"
EVENTS = json.loads((API / "feed-events.schema.json").read_text())
REPORT = json.loads((API / "report.schema.json").read_text())
FINDING = {"$ref": "#/$defs/finding", "$defs": REPORT["$defs"]}

PROFILE = """
format = 1
id = "on-air"
version = "1"
title.en = "On air"
title.zh = "播出"
[[rule]]
id = "no-black"
clause = "Pier content check"
severity = "fail"
applies_to = "video"
source = "own"
verified = "text"
absent = "black"
longer_than_seconds = 2
message.en = "No black."
message.zh = "没有黑场。"
"""


class FeedTest(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls.folder / "on-air.toml"
        cls.profile.write_text(PROFILE)
        cls.clip = cls.folder / "clip.ts"
        black = "drawbox=c=black:t=fill:enable='between(t,3,8.99)'"
        clips.ffmpeg(*clips.picture("64x64", "25", 16), *clips.sound(16), "-vf", black, "-c:v", "libx264", "-preset",
                     "ultrafast", "-g", "25", "-sc_threshold", "0", "-bf", "2", "-x264-params", "open-gop=0", "-pix_fmt",
                     "yuv420p", "-c:a", "mp2", str(cls.clip))

    def command(self, source, *arguments, profile=None):
        return ["check", source, "--feed", "--profile", str(profile or self.profile), "--data",
                str(self.folder / "data"), *arguments]

    def events_of(self, out):
        events = [json.loads(line) for line in out.splitlines()]
        for number, event in enumerate(events, 1):
            jsonschema.validate(event, EVENTS)
            if "finding" in event:
                jsonschema.validate(event["finding"], FINDING)
            self.assertEqual(event["seq"], number)
        return events

    def named(self, events, name, kind=None):
        return [e for e in events if e["event"] == name and (kind is None or e["finding"]["kind"] == kind)]

    def test_a_pipe_is_judged_by_periods(self):
        reports = self.folder / "reports"
        done = subprocess.run([PIER, *self.command("-", "--period", "4s", "--reports", str(reports))],
                              input=self.clip.read_bytes(), capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, NO, done.stderr)
        events = self.events_of(done.stdout)
        self.assertEqual(events[0]["event"], "feed.started")
        self.assertEqual((events[-1]["event"], events[-1]["reason"]), ("feed.ended", "end"))
        opened, closed = self.named(events, "finding.opened", "black"), self.named(events, "finding.closed", "black")
        self.assertEqual((len(opened), len(closed)), (1, 1))
        self.assertEqual(opened[0]["finding"]["id"], closed[0]["finding"]["id"])
        self.assertEqual(closed[0]["periods"], 3)
        finding = closed[0]["finding"]
        self.assertAlmostEqual(finding["end_seconds"] - finding["start_seconds"], 6, delta=0.05)
        periods = self.named(events, "period.closed")
        self.assertEqual([p["verdict"] for p in periods], ["pass", "fail", "pass", "pass"])
        self.assertEqual([p["broken"] for p in periods], [[], ["no-black"], [], []])
        for period in periods:
            path = pathlib.Path(period["report"])
            document = json.loads(path.read_text())
            jsonschema.validate(document, REPORT)
            self.assertEqual(document["feed"]["period"], period["period"])
            self.assertEqual(document["id"], period["report_id"])
            self.assertIn(document["id"], path.with_suffix(".html").read_text())
            self.assertEqual(pier("report", "verify", str(path)).code, DONE)
        second = json.loads(pathlib.Path(periods[1]["report"]).read_text())
        black = [f for f in second["analysis"]["findings"] if f["kind"] == "black"]
        self.assertEqual(len(black), 1)
        self.assertTrue(black[0]["measures"]["continues"] and black[0]["measures"]["continued"])

    def test_one_period_finds_what_the_file_has(self):
        fed = pier(*self.command(str(self.clip), "--events", "-", "--patience", "1", "--reports", str(self.folder / "one")))
        whole = pier("check", str(self.clip), "--json", "--profile", str(self.profile))
        self.assertEqual((fed.code, whole.code), (NO, NO), str(fed))
        period = self.named(self.events_of(fed.out), "period.closed")[0]
        document = json.loads(pathlib.Path(period["report"]).read_text())
        for key in ("analysis", "facts"):
            self.assertEqual(document[key], whole.answer[key], key)
        self.assertEqual(document["master"]["sha256"], whole.answer["master"]["sha256"])
        self.assertEqual(pier("report", "verify", period["report"], str(self.clip)).code, DONE)

    def test_udp_until_sigterm(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = start(*self.command(f"udp://127.0.0.1:{port}", "--events", "-", "--reports", str(self.folder / "udp"),
                                      "--quiet", "1"))
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout))
        reader.start()
        time.sleep(1)
        stream = self.clip.read_bytes()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for at in range(0, len(stream), 1316):
                sender.sendto(stream[at:at + 1316], ("127.0.0.1", port))
                time.sleep(0.002)
        deadline = time.monotonic() + PATIENCE
        while not any(b'"finding.closed"' in line for line in lines):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        while b'"feed.lost"' not in lines[-1]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
        reader.join()
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(code, NO)
        events = self.events_of(b"".join(lines))
        self.assertEqual(events[-1]["reason"], "stopped")
        self.assertEqual(len(self.named(events, "finding.closed", "black")), 1)
        period = self.named(events, "period.closed")[0]
        self.assertEqual((period["reason"], period["verdict"]), ("stopped", "fail"))
        self.assertTrue(pathlib.Path(period["report"]).exists())
        self.assertEqual([e["reason"] for e in self.named(events, "feed.lost")], ["quiet"])

    def test_what_cannot_be_analysed_is_said(self):
        empty = self.folder / "empty.ts"
        empty.write_bytes(b"")
        self.assert_refused(pier(*self.command(str(empty), "--json", "--patience", "1")))
        self.assert_refused(pier(*self.command("udp://nowhere", "--json")), "invalid_argument")
        self.assert_refused(pier(*self.command(str(self.clip), "--json", "--period", "never")), "invalid_argument")
        self.assert_refused(pier(*self.command(str(self.clip), "--json", "--html", "x.html")), "invalid_argument")
        self.assert_refused(pier(*self.command(str(self.clip), "--json", profile=self.folder / "none.toml")))


if __name__ == "__main__":
    main()
