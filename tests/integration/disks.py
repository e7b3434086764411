"""File systems of a test's own, small enough to be full."""

import contextlib
import subprocess
import unittest


@contextlib.contextmanager
def tmpfs(path, options):
    """A file system of its own at `path`; a visible skip where mounting is not allowed."""
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"tmpfs cannot be mounted here: {done.stderr.decode().strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def resize(path, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", path], check=True)


def fill(path, step):
    """Writes until the disk is full."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(step)) == step:
            pass


def without(path):
    """What starts a program for which the folder is empty, as a mount that is not there on its machine."""
    hide = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs "$1" && shift && exec "$@"', "sh", str(path))
    if subprocess.run([*hide, "true"], capture_output=True, check=False).returncode != 0:
        raise unittest.SkipTest("mounts cannot be hidden here")
    return hide
