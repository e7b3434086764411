"""pier deliver to others: an OpenSSH server and an S3 service on loopback; keys, breaks, names, what stays when it fails."""

import getpass
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import unittest
import uuid

import clips
from pier_program import DONE, FAILED, PierTest, main, pier

SDR = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]
RECIPE = """
recipient = "东方台"
container = "mp4"
file = "{title} 第{episode:02}集"
[picture]
format = "avc"
crf = 4
preset = "ultrafast"
[sidecars]
md5 = true
"""
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Relay:
    """Passes connections on to a port; cuts the first `cuts` of them after so many bytes from the client."""

    def __init__(self, target, after, cuts):
        self.target, self.after, self.cuts, self.bytes, self.connections = target, after, cuts, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.target))
            limit = self.after if self.connections <= self.cuts else None
            threading.Thread(target=self.pass_on, args=(client, server, limit, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, None, False), daemon=True).start()

    def pass_on(self, source, sink, limit, counted):
        passed = 0
        try:
            while piece := source.recv(65536):
                passed += len(piece)
                self.bytes += len(piece) if counted else 0
                sink.sendall(piece)
                if limit is not None and passed > limit:
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Handover(PierTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.folder / "station.toml").write_text(RECIPE)
        cls.master = cls.folder / "master.mkv"
        clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=2,noise=alls=40:allf=t", *SDR, "-c:v", "ffv1",
                     "-pix_fmt", "yuv420p", cls.master)

    def deliver(self, into, *arguments, env=None, code=DONE):
        receipts = self.folder / self._testMethodName
        outcome = pier("deliver", os.fspath(self.master), "--recipe", self.folder / "station.toml", "--title", "山海", "--into",
                       into, "--receipts", receipts, "--json", *arguments, env=env)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.answer, receipts

    def assert_receipt(self, episode, content, place):
        self.assertEqual(episode["sha256"], hashlib.sha256(content).hexdigest())
        receipt = json.loads(pathlib.Path(episode["receipt"]).read_text())
        self.assertEqual(receipt["place"], place)
        self.assertEqual(receipt["file"]["sha256"], episode["sha256"])


@unittest.skipUnless(SSHD, "no sshd on this machine")
class Sftp(Handover):
    NAME = "山海 第01集.mp4"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        for name in ("host", "user", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", cls.folder / name], check=True)
        shutil.copy(cls.folder / "user.pub", cls.folder / "authorized")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        (cls.folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{cls.port}\nHostKey {cls.folder}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
            f"AuthorizedKeysFile {cls.folder}/authorized\nSubsystem sftp internal-sftp\nPermitRootLogin yes\n"
            "PasswordAuthentication yes\n")
        cls.log = (cls.folder / "sshd.log").open("w")
        cls.server = subprocess.Popen([SSHD, "-D", "-e", "-f", cls.folder / "sshd_config"], stderr=cls.log)
        cls.addClassCleanup(cls.stop)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", cls.port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        cls.known_hosts(cls.port)

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait(20)
        cls.log.close()

    @classmethod
    def known_hosts(cls, *ports, key="host"):
        kind, value = (cls.folder / f"{key}.pub").read_text().split()[:2]
        path = cls.folder / f"known_hosts-{key}"
        path.write_text("".join(f"[127.0.0.1]:{port} {kind} {value}\n" for port in ports))
        return path

    def access(self, key="user", known=None):
        return ["--key-file", self.folder / key, "--known-hosts", known or self.folder / "known_hosts-host"]

    def place(self, port=None):
        folder = self.folder / "inbox" / self._testMethodName / "深"
        return f"sftp://{getpass.getuser()}@127.0.0.1:{port or self.port}{folder}", folder

    def test_a_file_its_sidecar_and_where_it_went(self):
        url, folder = self.place()
        answer, _ = self.deliver(url, *self.access())
        content = (folder / self.NAME).read_bytes()
        self.assertEqual(sorted(path.name for path in folder.iterdir()), [self.NAME, self.NAME + ".md5"])
        self.assertEqual((folder / (self.NAME + ".md5")).read_text(), f"{hashlib.md5(content).hexdigest()}  {self.NAME}\n")
        self.assert_receipt(answer["episodes"][0], content, f"{url}/{self.NAME}")
        again, receipts = self.deliver(url, *self.access())
        self.assertEqual(again["episodes"][0]["state"], "there")
        (folder / self.NAME).write_bytes(b"another")
        other, _ = self.deliver(url, *self.access(), code=FAILED)
        self.assertEqual(other["episodes"][0]["error"]["code"], "already_exists")
        self.assertEqual((folder / self.NAME).read_bytes(), b"another")
        replaced, _ = self.deliver(url, *self.access(), "--replace")
        self.assertEqual((folder / self.NAME).read_bytes(), content)
        self.assertEqual([path.name for path in receipts.iterdir()], [self.NAME + ".receipt.json"])

    def test_a_broken_connection_is_taken_up_again(self):
        relay = Relay(self.port, 700_000, cuts=3)
        self.addCleanup(relay.close)
        url, folder = self.place(relay.port)
        known = self.known_hosts(self.port, relay.port)
        answer, _ = self.deliver(url, *self.access(known=known))
        content = (folder / self.NAME).read_bytes()
        self.assertGreater(len(content), 2_000_000)
        self.assertEqual(answer["episodes"][0]["sha256"], hashlib.sha256(content).hexdigest())
        self.assertGreaterEqual(relay.connections, 3)
        self.assertLess(relay.bytes, 1.7 * len(content), "what had arrived was not sent again")

    def test_what_lay_there_damaged_is_sent_again(self):
        url, folder = self.place()
        answer, _ = self.deliver(url, *self.access())
        content = (folder / self.NAME).read_bytes()
        (folder / self.NAME).unlink()
        shutil.rmtree(self.folder / self._testMethodName)
        part = folder / f".{self.NAME}.{answer['episodes'][0]['sha256'][:16]}.part"
        part.write_bytes(b"x" * 1000 + content[1000:5000])
        self.deliver(url, *self.access())
        self.assertEqual((folder / self.NAME).read_bytes(), content)
        self.assertFalse(part.exists())

    def test_who_is_not_let_in_and_whom_we_do_not_trust(self):
        url, folder = self.place()
        nobody = self.folder / "nobody"
        nobody.write_text("")
        password = self.folder / "password"
        password.write_text("wrong\n")
        wrong = self.known_hosts(self.port, key="stranger")
        known = ["--known-hosts", self.folder / "known_hosts-host"]
        for arguments, code, words in ((self.access("stranger"), "unauthenticated", "does not accept"),
                                       (["--password-file", password, *known], "unauthenticated", "does not accept"),
                                       (self.access(known=nobody), "permission", "is not in"),
                                       (self.access(known=wrong), "permission", "another key")):
            with self.subTest(words):
                answer, _ = self.deliver(url, *arguments, code=FAILED)
                error = answer["episodes"][0]["error"]
                self.assertEqual(error["code"], code, error)
                self.assertIn(words, error["message"])
        self.assertFalse(folder.exists())
        for arguments, words in (([], "--key-file"), (["--key-file", self.folder / "none"], "none")):
            answer, _ = self.deliver(url, *arguments, *known, code=FAILED)
            self.assertIn(words, answer["error"]["message"])
        answer, _ = self.deliver("sftp://u:secret@host/x", *self.access(), code=FAILED)
        self.assertNotIn("secret", json.dumps(answer))


@unittest.skipUnless("PIER_S3_PEER" in os.environ, "needs PIER_S3_PEER, as ctest sets it")
class S3(Handover):
    def test_a_file_in_a_bucket(self):
        peer = json.loads(pathlib.Path(os.environ["PIER_S3_PEER"]).read_text())
        keys = {"AWS_ACCESS_KEY_ID": peer["access_key"], "AWS_SECRET_ACCESS_KEY": peer["secret_key"]}
        prefix = f"handover-{uuid.uuid4().hex}"
        url = f"s3://{peer['bucket']}/{prefix}?endpoint={peer['endpoint']}"
        answer, receipts = self.deliver(url, env=keys)
        episode = answer["episodes"][0]
        self.assertEqual(episode["state"], "made", episode)
        receipt = json.loads(pathlib.Path(episode["receipt"]).read_text())
        self.assertEqual(receipt["place"], f"s3://{peer['bucket']}/{prefix}/{episode['name']}")
        again, _ = self.deliver(url, env=keys)
        self.assertEqual(again["episodes"][0]["state"], "there")
        shutil.rmtree(receipts)
        # The same bytes are made, and are there: nothing is sent, the receipt is written anew.
        other, _ = self.deliver(url, env=keys, code=FAILED)
        self.assertEqual(other["episodes"][0]["error"]["code"], "already_exists")
        replaced, _ = self.deliver(url, "--replace", env=keys)
        self.assertEqual(replaced["episodes"][0]["sha256"], episode["sha256"])
        denied, _ = self.deliver(url.replace(prefix, prefix + "-x"), env={**keys, "AWS_SECRET_ACCESS_KEY": "wrong"}, code=FAILED)
        self.assertNotIn("wrong", denied["episodes"][0]["error"]["message"])


if __name__ == "__main__":
    main()
