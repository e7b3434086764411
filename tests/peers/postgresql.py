#!/usr/bin/env python3
"""A PostgreSQL 15 on a Unix socket, from Debian's package: the records' peer of the tests and of ./dev up --distributed.

  postgresql.py start DIR [--watch PID]   start it in DIR, made anew
  postgresql.py keep DIR [--watch PID]    the same, durable; what lies there from an earlier time is kept
  postgresql.py stop DIR                  stop it; what is kept stays

As root it runs as the user "postgres", who must be able to reach DIR. DIR/peer.json says how to reach it: {"url"}, with
{} for the name of a database ("pier" is made). With --watch it stops when process PID is gone; "parent" is the process
that called. Exit codes: 0 done, 2 could not be done.
"""
import hashlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import time

PROGRAMS = pathlib.Path('/usr/lib/postgresql/15/bin')
SETTINGS = '''listen_addresses = ''
unix_socket_directories = '{sockets}'
max_connections = 100
shared_buffers = 64MB
jit = off
'''
NOT_DURABLE = 'fsync = off\nfull_page_writes = off\n'


class CannotStart(Exception):
    pass


class Server:
    """One server in a folder; `keep`: as in production, and what is there is not made anew."""

    def __init__(self, folder, keep=False):
        self.folder, self.keep = pathlib.Path(folder).resolve(), keep
        self.as_user = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] if os.geteuid() == 0 else []

    def run(self, program, *words, check=True):
        done = subprocess.run([*self.as_user, str(PROGRAMS / program), *map(str, words)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, cwd='/')
        if check and done.returncode != 0:
            raise CannotStart(f'{program}: exit {done.returncode}: {(done.stderr + done.stdout).strip()[-500:]}')
        return done.stdout

    def start(self):
        if not (PROGRAMS / 'initdb').exists():
            raise CannotStart('PostgreSQL 15 is not installed; run: apt-get install postgresql-15')
        self.stop()
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.as_user:
            user = pwd.getpwnam('postgres')
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        made = not (self.folder / 'data/PG_VERSION').exists()
        if made:
            self.run('initdb', '-D', self.folder / 'data', '-U', 'pier', '-A', 'trust', '-E', 'UTF8', '--locale=C',
                     *([] if self.keep else ['--no-sync']))
        # The path of a socket must be short, and the same at each start, since it is part of the address.
        sockets = pathlib.Path('/tmp') / ('pier-pg-' + hashlib.sha256(bytes(self.folder)).hexdigest()[:12])
        shutil.rmtree(sockets, ignore_errors=True)
        sockets.mkdir(mode=0o755)
        if self.as_user:
            os.chown(sockets, user.pw_uid, user.pw_gid)
        (self.folder / 'sockets').unlink(missing_ok=True)
        (self.folder / 'sockets').symlink_to(sockets)
        with open(self.folder / 'data/pier.conf', 'w') as file:
            file.write(SETTINGS.format(sockets=sockets) + ('' if self.keep else NOT_DURABLE))
        if made:
            with open(self.folder / 'data/postgresql.conf', 'a') as file:
                file.write("include 'pier.conf'\n")
        self.resume()
        if made:
            self.query('CREATE DATABASE pier', 'postgres')
        peer = {'url': self.url('{}')}
        (self.folder / 'peer.json').write_text(json.dumps(peer) + '\n')

    def url(self, database='pier'):
        return f'postgresql://pier@/{database}?host={(self.folder / "sockets").resolve()}'

    def query(self, sql, database='pier'):
        """Rows as lists of text; for the eyes of a test, behind the program's back."""
        out = subprocess.run(['psql', '-X', '-A', '-t', '-F', '\x1f', '-R', '\x1e', '-v', 'ON_ERROR_STOP=1', '-c', sql,
                              self.url(database)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if out.returncode != 0:
            raise CannotStart(f'{sql}: {out.stderr.strip()}')
        text = out.stdout.removesuffix('\n')
        return [line.split('\x1f') for line in text.split('\x1e')] if text else []

    def process(self):
        try:
            return int((self.folder / 'data/postmaster.pid').read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return 0

    def kill(self):
        """kill -9; its children notice and go."""
        process = self.process()
        os.kill(process, signal.SIGKILL)
        while pathlib.Path(f'/proc/{process}').exists():
            time.sleep(0.02)

    def resume(self):
        log = self.folder / 'log'
        for attempt in range(20):  # children of a killed one may still hold its memory
            try:
                # Its own output must not keep the caller's pipes open.
                self.run('pg_ctl', '-D', self.folder / 'data', '-l', log, '-w', '-t', '60', 'start')
                return
            except CannotStart:
                if attempt == 19:
                    raise
                time.sleep(0.2)

    def stop(self):
        if (self.folder / 'data/postmaster.pid').exists():
            self.run('pg_ctl', '-D', self.folder / 'data', '-m', 'fast', '-w', '-t', '30', 'stop', check=False)
        sockets = (self.folder / 'sockets').resolve()
        if sockets.name.startswith('pier-pg-'):
            shutil.rmtree(sockets, ignore_errors=True)
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def watch(pid, server):
    """A process of its own that stops the server when `pid` is gone."""
    if os.fork() != 0:
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    while pathlib.Path(f'/proc/{pid}').exists():
        if not server.process():
            os._exit(0)
        time.sleep(1)
    server.stop()
    os._exit(0)


def main(words):
    watched = ''
    if len(words) == 4 and words[2] == '--watch':
        watched, words = words[3], words[:2]
    if len(words) != 2 or words[0] not in ('start', 'keep', 'stop'):
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(words[1])
    server = Server(folder, keep=words[0] == 'keep' or (folder / 'kept').exists())
    if words[0] == 'stop':
        server.stop()
        return 0
    try:
        server.start()
    except (CannotStart, OSError) as error:
        print(f'postgresql: {error}', file=sys.stderr)
        return 2
    if server.keep:
        (folder / 'kept').touch()
    if watched:
        watch(os.getppid() if watched == 'parent' else int(watched), server)
    print(f'postgresql: {server.url()} is ready')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
