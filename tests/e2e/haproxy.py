"""HAProxy between clients and a server."""

import signal
import socket
import subprocess

from support import PATIENCE_S, curl, wait_until

# One connection to the server at a time, so that the sequential engine is no exception, and it is
# used again by whoever comes next. The listening socket is inherited: its port is surely free.
CONFIGURATION = """
global
    nbthread 1
defaults
    mode http
    timeout connect {patience}s
    timeout client {patience}s
    timeout server {patience}s
    timeout tunnel {patience}s
    timeout queue {patience}s
    http-reuse always
frontend clients
    bind fd@{descriptor}
    default_backend echo
backend echo
    server echod 127.0.0.1:{port} maxconn 1
"""


class Proxy:
    """HAProxy as a process; it has what Peer and others want of a server."""

    def __init__(self, directory, configuration=CONFIGURATION, **values):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            path = directory / "haproxy.cfg"
            path.write_text(configuration.format(patience=PATIENCE_S, descriptor=listener.fileno(),
                                                 **values))
            self.log = open(directory / "haproxy.log", "w+b")
            self.process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", path],
                                            pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL,
                                            stdout=self.log, stderr=self.log)
        wait_until(lambda: self.process.poll() is not None or self._answers(), "HAProxy")

    def _answers(self):
        return curl("--head", f"http://127.0.0.1:{self.port}/").stdout.startswith(b"HTTP/1.1 200")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def close(self):
        self.process.send_signal(signal.SIGUSR1)  # when its connections have ended
        try:
            assert self.process.wait(PATIENCE_S) == 0
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()
