#!/usr/bin/env python3
"""A Ceph RADOS Gateway on loopback, from Debian's packages: the S3 peer of the tests.

  rados_gateway.py start DIR [--osds N] [--watch PID]   start it in DIR, made anew; ready in about 16 s
  rados_gateway.py keep DIR [--osds N] [--watch PID]    the same with objects on the disk, which the next start finds
  rados_gateway.py stop DIR                             stop it and remove DIR
  rados_gateway.py run DIR COMMAND...                   run COMMAND with the keys in AWS_* and, in PIER_TEST_STORE, a
                                                        store URL whose {} is to be replaced by a name of one's own

One monitor, N daemons that keep objects (in memory, unless kept), one gateway; no manager, no systemd, no root. DIR/peer.json says
how to reach it: {"endpoint", "tls_endpoint", "ca", "access_key", "secret_key", "bucket", "versioned_bucket"}.
With --watch everything stops when process PID is gone, so that a killed test run leaves nothing running; "parent" is
the process that called. Exit codes: 0 done, 2 could not be done.
"""
import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

PROGRAMS = {'ceph-mon': 'ceph-mon', 'ceph-osd': 'ceph-osd', 'radosgw': 'radosgw', 'radosgw-admin': 'radosgw',
            'ceph': 'ceph-common', 'monmaptool': 'ceph-common', 'openssl': 'openssl'}
ACCESS_KEY, SECRET_KEY = 'PIERTESTKEY', 'pier/test+secret'
BUCKET, VERSIONED_BUCKET = 'pier-test', 'pier-test-versioned'
PATIENCE = 90  # seconds for each step of the start, on a busy machine

CONFIGURATION = '''[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon_port}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = {run}
admin_socket = {run}/$name.$pid.asok
pid_file = {run}/$name.pid
log_file = {folder}/log/$name.log
osd_pool_default_size = {copies}
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
[mon]
mon_data = {folder}/mon
[osd]
osd_data = {folder}/$name
osd_objectstore = {kind}
memstore_device_bytes = 2147483648
bluestore_block_size = 107374182400
osd_class_load_list = *
osd_class_default_list = *
[client.rgw.a]
rgw_data = {folder}/rgw
ms_mon_client_mode = crc
rgw_frontends = beast endpoint=127.0.0.1:{port} ssl_endpoint=127.0.0.1:{tls_port} ssl_certificate={folder}/tls.pem
rgw_thread_pool_size = 32
rgw_run_sync_thread = false
rgw_crypt_require_ssl = false
rgw_lc_debug_interval = 5
'''


class CannotStart(Exception):
    pass


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def check_installed():
    path = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program, path=path)})
    if missing:
        raise CannotStart('the S3 peer of the tests is not installed; run: '
                          f'apt-get install --no-install-recommends {" ".join(missing)}')
    os.environ['PATH'] = path


class Cluster:
    def __init__(self, folder, osds, kind='memstore'):
        self.folder, self.osds, self.kind = folder, osds, kind
        self.run_folder = Path(f'/tmp/pier-rgw-{os.getpid()}')  # socket names have to be short
        self.port, self.tls_port, self.mon_port = free_ports(3)
        os.environ['CEPH_CONF'] = str(folder / 'ceph.conf')

    def command(self, *words):
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise CannotStart(f'{words[0]} does not come back; see {self.folder}/log') from None
        if done.returncode != 0:
            raise CannotStart(f'{" ".join(words)}: exit {done.returncode}: {done.stderr.strip()[-500:]}')
        return done.stdout

    def ceph(self, *words):
        return self.command('ceph', '--connect-timeout', '30', *words)

    def wait(self, what, check):
        end = time.monotonic() + PATIENCE
        while not check():
            if time.monotonic() > end:
                raise CannotStart(f'{what} is not there after {PATIENCE} s; see {self.folder}/log')
            time.sleep(0.2)

    def configure(self):
        for name in ('mon', 'rgw', 'log'):
            (self.folder / name).mkdir(parents=True)
        self.run_folder.mkdir(mode=0o700)
        (self.folder / 'run').symlink_to(self.run_folder)
        self.command('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
                     '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', f'{self.folder}/key.pem',
                     '-out', f'{self.folder}/ca.pem')
        pem = (self.folder / 'key.pem').read_text() + (self.folder / 'ca.pem').read_text()
        (self.folder / 'tls.pem').write_text(pem)
        self.fsid = str(uuid.uuid4())
        (self.folder / 'ceph.conf').write_text(CONFIGURATION.format(
            fsid=self.fsid, mon_port=self.mon_port, run=self.run_folder, folder=self.folder, port=self.port,
            tls_port=self.tls_port, copies=2 if self.osds > 1 else 1, kind=self.kind))

    def start(self):
        self.configure()
        self.command('monmaptool', '--create', '--fsid', self.fsid, '--addv', 'a', f'[v2:127.0.0.1:{self.mon_port}]',
                     f'{self.folder}/monmap')
        self.command('ceph-mon', '--mkfs', '-i', 'a', '--monmap', f'{self.folder}/monmap')
        self.command('ceph-mon', '-i', 'a')
        for number in range(self.osds):
            own = str(uuid.uuid4())  # an OSD with another uuid than the one announced boots for ever
            (self.folder / f'osd.{number}').mkdir()
            self.ceph('osd', 'new', own)
            self.command('ceph-osd', '-i', str(number), '--mkfs', '--osd-uuid', own)
            self.command('ceph-osd', '-i', str(number))
        self.wait('the object daemon', lambda: f' {self.osds} up' in self.ceph('osd', 'stat'))
        self.command('radosgw-admin', '-n', 'client.rgw.a', 'user', 'create', '--uid=pier', '--display-name=pier',
                     f'--access-key={ACCESS_KEY}', f'--secret-key={SECRET_KEY}')
        self.command('radosgw', '-n', 'client.rgw.a')
        self.wait('the gateway', self.answers)
        self.request('PUT', BUCKET)
        self.request('PUT', VERSIONED_BUCKET)
        self.request('PUT', VERSIONED_BUCKET, 'versioning',
                     '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>')
        self.request('PUT', f'{BUCKET}/warm-up', body='the first object makes the pools')
        self.request('DELETE', f'{BUCKET}/warm-up')
        self.say_how()

    def resume(self):
        """Starts what keep made and stop left: the same ports, the same objects."""
        configured = (self.folder / 'ceph.conf').read_text()
        self.mon_port, self.port, self.tls_port = (
            int(re.search(pattern, configured)[1]) for pattern in (r'127\.0\.0\.1:(\d+)/0', r' endpoint=127\.0\.0\.1:(\d+)',
                                                                  r'ssl_endpoint=127\.0\.0\.1:(\d+)'))
        self.run_folder = (self.folder / 'run').resolve()
        self.run_folder.mkdir(mode=0o700, exist_ok=True)
        self.command('ceph-mon', '-i', 'a')
        numbers = sorted(path.name.removeprefix('osd.') for path in self.folder.glob('osd.*'))
        for number in numbers:
            self.command('ceph-osd', '-i', number)
        self.wait('the object daemon', lambda: f' {len(numbers)} up' in self.ceph('osd', 'stat'))
        self.command('radosgw', '-n', 'client.rgw.a')
        self.wait('the gateway', self.answers)
        self.say_how()

    def say_how(self):
        peer = {'endpoint': f'http://127.0.0.1:{self.port}', 'tls_endpoint': f'https://127.0.0.1:{self.tls_port}',
                'ca': f'{self.folder}/ca.pem', 'access_key': ACCESS_KEY, 'secret_key': SECRET_KEY, 'bucket': BUCKET,
                'versioned_bucket': VERSIONED_BUCKET}
        (self.folder / 'peer.json').write_text(json.dumps(peer, indent=1) + '\n')

    def answers(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)
        try:
            connection.request('GET', '/')
            return b'ListAllMyBuckets' in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def request(self, method, path, query='', body=''):
        """Signed the old way (version 2), which the gateway takes too: another signer than the one under test."""
        date = email.utils.formatdate(usegmt=True)
        resource = f'/{path}' + (f'?{query}' if query else '')
        digest = hmac.new(SECRET_KEY.encode(), f'{method}\n\n\n{date}\n{resource}'.encode(), hashlib.sha1).digest()
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        connection.request(method, resource, body.encode() or None,
                           {'Date': date, 'Authorization': f'AWS {ACCESS_KEY}:{base64.b64encode(digest).decode()}'})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise CannotStart(f'{method} {resource}: {answer.status} {text[:300]}')


def is_ours(pid, folder):
    """Is it a daemon of this very folder? Numbers of processes come again."""
    try:
        environment = Path(f'/proc/{pid}/environ').read_bytes()
    except OSError:
        return False
    return f'CEPH_CONF={folder}/ceph.conf\0'.encode() in environment + b'\0'


def stop(folder, keep=False):
    run = (folder / 'run').resolve()
    pids = [int(file.read_text()) for file in run.glob('*.pid') if file.read_text().strip()]
    pids = [pid for pid in pids if is_ours(pid, folder)]
    for sign, seconds in ((signal.SIGTERM, 3), (signal.SIGKILL, 10)):
        for pid in pids:
            try:
                os.kill(pid, sign)
            except ProcessLookupError:
                pass
        end = time.monotonic() + seconds
        while any(is_ours(pid, folder) for pid in pids) and time.monotonic() < end:
            time.sleep(0.1)
    if run.name.startswith('pier-rgw-'):
        shutil.rmtree(run, ignore_errors=True)
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def watch(pid, folder, keep):
    """A process of its own that stops the cluster when `pid` is gone, and ends when the cluster is."""
    if os.fork() != 0:
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    mark = (folder / 'ceph.conf').stat().st_ino
    while True:
        time.sleep(1)
        try:
            if (folder / 'ceph.conf').stat().st_ino != mark:
                os._exit(0)
        except OSError:
            os._exit(0)
        if not Path(f'/proc/{pid}').exists():
            stop(folder, keep)
            os._exit(0)


def run(folder, command):
    peer = json.loads((folder / 'peer.json').read_text())
    os.environ.update(AWS_ACCESS_KEY_ID=peer['access_key'], AWS_SECRET_ACCESS_KEY=peer['secret_key'],
                      PIER_S3_PEER=str(folder / 'peer.json'),
                      PIER_TEST_STORE=f's3://{peer["bucket"]}/{{}}?endpoint={peer["endpoint"]}')
    os.execvp(command[0], command)


def main(words):
    if len(words) > 2 and words[0] == 'run':
        run(Path(words[1]).resolve(), words[2:])
    options = {'--osds': '1', '--watch': ''}
    while len(words) > 3 and words[-2] in options:
        options[words[-2]] = words[-1]
        words = words[:-2]
    if len(words) != 2 or words[0] not in ('start', 'keep', 'stop'):
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(words[1]).resolve()
    if folder.exists() and not (folder / 'ceph.conf').exists() and any(folder.iterdir()):
        print(f'rados_gateway: {folder} is not empty and not a gateway of the tests; name another', file=sys.stderr)
        return 2
    keep = words[0] == 'keep' or (folder / 'kept').exists()
    kept = keep and (folder / 'peer.json').exists()
    if folder.exists():
        stop(folder, keep=kept)
    if words[0] == 'stop':
        return 0
    begin = time.monotonic()
    try:
        check_installed()
        cluster = Cluster(folder, int(options['--osds']), 'bluestore' if keep else 'memstore')
        cluster.resume() if kept else cluster.start()
        if keep:
            (folder / 'kept').touch()
    except CannotStart as error:
        print(f'rados_gateway: {error}', file=sys.stderr)
        return 2
    if options['--watch']:
        watch(os.getppid() if options['--watch'] == 'parent' else int(options['--watch']), folder, keep)
    print(f'rados_gateway: http://127.0.0.1:{cluster.port} is ready after {time.monotonic() - begin:.1f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
