"""A TCP relay on loopback between the program and a peer, whose network can be cut and comes back."""

import contextlib
import socket
import threading


class Relay:
    """`target`: (host, port), or the path of a Unix socket. `address`: where it listens."""

    def __init__(self, target):
        self.target = target
        self.lock = threading.Lock()
        self.connections = set()
        self.refusing = False
        self.passing = threading.Event()
        self.passing.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def cut(self, silent=True):
        """Silent: what is on its way stays there and nobody hears of it, as when a cable is pulled. Else connections
        are reset and new ones closed, as when a router says no."""
        self.refusing = not silent
        self.passing.clear()
        if not silent:
            self.drop()

    def heal(self):
        self.refusing = False
        self.passing.set()

    def close(self):
        self.listener.close()
        self.passing.set()
        self.drop()

    def drop(self):
        with self.lock:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        self.passing.wait(None if not self.refusing else 0)
        if self.refusing:
            near.close()
            return
        try:
            if isinstance(self.target, tuple):
                far = socket.create_connection(self.target)
            else:
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self.target))
        except OSError:
            near.close()
            return
        with self.lock:
            self.connections |= {near, far}
        other = threading.Thread(target=self.pump, args=(far, near), daemon=True)
        other.start()
        self.pump(near, far)
        other.join()
        with self.lock:
            self.connections -= {near, far}
        near.close()
        far.close()

    def pump(self, source, sink):
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                self.passing.wait()
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
