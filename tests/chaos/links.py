"""Links that can be cut and frozen: each is a listener that passes bytes on to a server, as a network would."""
import collections
import contextlib
import os
import selectors
import socket
import threading
import time

MOST_HELD = 1 << 20  # bytes that wait for a slow side
CHUNK = 1 << 16


def connected(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    side = socket.socket(family)
    try:
        side.settimeout(2)
        side.connect(address)
        side.setblocking(False)
    except OSError:
        side.close()
        raise
    return side


class Pipe:
    """One direction of a connection: what was read from `source` waits here for `sink`."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.held = bytearray()
        self.ended = False
        self.is_near = False


class Link:
    """`address` is where the programs connect: a path, or (host, port) with port 0 for a free one."""

    def __init__(self, network, name, address, upstream):
        self.network, self.name, self.upstream = network, name, upstream
        self.listener = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        if isinstance(address, str):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(address)
        else:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(address)
        if isinstance(address, str):
            os.chmod(address, 0o666)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.address = self.listener.getsockname()
        self.state = "open"  # or "cut", "frozen"
        self.pipes = {}  # socket it is read from -> Pipe
        self.passed = 0  # bytes from the programs to the server


class Network:
    """All links, served by one thread."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.wishes = collections.deque()
        self.wake, self.woken = socket.socketpair()
        self.woken.setblocking(False)
        self.selector.register(self.woken, selectors.EVENT_READ, None)
        self.links = {}
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.running = True
        self.thread.start()

    def link(self, name, address, upstream):
        made = Link(self, name, address, upstream)
        self._wish(lambda: self._add(made))
        return made

    def cut(self, name):
        self._wish(lambda: self._cut(self.links[name]))

    def freeze(self, name):
        self._wish(lambda: self._set(self.links[name], "frozen"))

    def mend(self, name):
        self._wish(lambda: self._set(self.links[name], "open"))

    def close(self):
        self.running = False
        self.wake.send(b"x")
        self.thread.join(10)
        for link in self.links.values():
            self._cut(link)
            link.listener.close()

    def _wish(self, wish):
        self.wishes.append(wish)
        self.wake.send(b"x")

    def _add(self, link):
        self.links[link.name] = link
        self.selector.register(link.listener, selectors.EVENT_READ, link)

    def _cut(self, link):
        link.state = "cut"
        for source in list(link.pipes):
            self._drop(link, source)

    def _set(self, link, state):
        link.state = state
        for pipe in list(link.pipes.values()):
            self._watch(link, pipe.source)

    def _drop(self, link, source):
        pipe = link.pipes.pop(source, None)
        if not pipe:
            return
        link.pipes.pop(pipe.sink, None)
        for side in (pipe.source, pipe.sink):
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(side)
            side.close()

    def _watch(self, link, side):
        """What has to be waited for at a socket: it may be read from, and another pipe's bytes written to it."""
        incoming = link.pipes.get(side)
        if not incoming:
            return
        outgoing = link.pipes[incoming.sink]
        events = 0
        if link.state == "open":
            if len(incoming.held) < MOST_HELD and not incoming.ended:
                events |= selectors.EVENT_READ
            if outgoing.held:
                events |= selectors.EVENT_WRITE
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(side)
        if events:
            self.selector.register(side, events, link)

    def _accept(self, link):
        try:
            near, _ = link.listener.accept()
        except OSError:
            return
        if link.state == "cut":
            near.close()
            return
        try:
            far = connected(link.upstream)
        except OSError:
            near.close()
            return
        near.setblocking(False)
        for side in (near, far):
            if side.family == socket.AF_INET:
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.pipes[near], link.pipes[far] = Pipe(near, far), Pipe(far, near)
        link.pipes[near].is_near = True
        self._watch(link, near)
        self._watch(link, far)

    def _read(self, link, pipe):
        try:
            data = pipe.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._drop(link, pipe.source)
            return
        if not data:
            pipe.ended = True
        pipe.held += data
        self._write(link, pipe)

    def _write(self, link, pipe):
        if pipe.held:
            try:
                sent = pipe.sink.send(pipe.held)
                del pipe.held[:sent]
                link.passed += sent if pipe.is_near else 0
            except BlockingIOError:
                pass
            except OSError:
                self._drop(link, pipe.source)
                return
        if pipe.ended and not pipe.held:
            self._drop(link, pipe.source)
            return
        self._watch(link, pipe.source)
        self._watch(link, pipe.sink)

    def _serve(self):
        while self.running:
            for key, events in self.selector.select(1):
                if key.data is None:
                    with contextlib.suppress(BlockingIOError):
                        key.fileobj.recv(4096)
                elif key.fileobj is key.data.listener:
                    self._accept(key.data)
                else:
                    self._pass_on(key.data, key.fileobj, events)
            while self.wishes:
                self.wishes.popleft()()

    def _pass_on(self, link, side, events):
        if events & selectors.EVENT_WRITE and side in link.pipes:
            self._write(link, link.pipes[link.pipes[side].sink])
        if events & selectors.EVENT_READ and side in link.pipes:
            self._read(link, link.pipes[side])


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
