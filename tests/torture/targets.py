"""The servers under test: how each is started, and what can be asked of it.

They are started by benchmarks/compare, whose modules this uses; its `cell` means nothing here.
"""

import getpass
import pathlib
import shutil

from compare.build import Unavailable
from compare.servers import Server

ENGINES = ["sequential", "threads", "pool", "epoll", "uring"]
DESCRIPTORS_STARVED = 40  # of a server that is to run out of them
FORKED_CLIENTS_MAX = 100  # at once, of servers that start a process for each

# Not limits of speed: what only a defect exceeds, on a busy machine too.
GENEROUS = {"never-reading.memory-kib": 1024, "long-stream.memory-growth-kib": 8192,
            "starved.cpu-percent": 50}

# What most tutorials show, with the error handler that many forget: without it the first reset ends
# the process.
NODE_WRITE = ("require('net').createServer((socket) => { socket.on('error', () => {});"
              " socket.on('data', (data) => socket.write(data)); })")
NODE_PIPE = ("require('net').createServer((socket) => { socket.on('error', () => {});"
             " socket.pipe(socket); })")
NODE_LISTEN = ".listen({{host: '127.0.0.1', port: {port}, backlog: 4096}})"

XINETD = """
defaults
{{
  instances = UNLIMITED
  per_source = UNLIMITED
  cps = 1000000 1
}}
service echo
{{
  type = INTERNAL UNLISTED
  id = echo-stream
  socket_type = stream
  protocol = tcp
  wait = no
  user = {user}
  bind = 127.0.0.1
  flags = NODELAY NOLIBWRAP
  port = {port}
}}
"""


class Target(Server):
    """A server under test. `options` are the torture client's."""

    options = ()
    limits = {}
    is_ours = False
    remark = ""  # about how it is started
    can_starve = True  # it holds the connections in one process

    def plain_command(self, port, directory):
        raise NotImplementedError

    def command(self, cell, port, cpus, directory):
        return [str(word) for word in self.plain_command(port, directory)]


class Starved(Target):
    """The same server with hardly any descriptors."""

    def __init__(self, target):
        self.target = target
        self.name, self.title, self.limits = target.name, target.title, target.limits
        self.ends_by_sigterm = target.ends_by_sigterm

    def plain_command(self, port, directory):
        return ["sh", "-c", f'ulimit -n {DESCRIPTORS_STARVED} && exec "$@"', "sh",
                *self.target.plain_command(port, directory)]


class Echod(Target):
    is_ours = True
    limits = GENEROUS
    ends_by_sigterm = True

    def __init__(self, binary, engine):
        self.binary, self.engine = pathlib.Path(binary), engine
        self.name = f"echod-{engine}"
        self.title = f"echod ({engine})"
        if engine == "sequential":
            self.options = ["--one-at-a-time"]
            self.can_starve = False
        elif engine in ("threads", "pool"):
            self.remark = "`--workers 1100`, since each connected client occupies a thread"

    def prepare(self):
        if not self.binary.exists():
            raise Unavailable(f"{self.binary}: build it, or name another with --echod")

    def plain_command(self, port, directory):
        command = [self.binary, "--listen", f"tcp://127.0.0.1:{port}", "--engine", self.engine,
                   "--log-level", "off", "--drain-timeout", "100ms"]
        return command + (["--workers", "1100"] if self.remark else [])


class Program(Target):
    """A peer: an installed program with arguments."""

    def __init__(self, name, title, command, remark="", forks=True):
        self.name, self.title, self.words, self.remark = name, title, command, remark
        if forks:
            self.options = ["--clients", str(FORKED_CLIENTS_MAX)]
            self.can_starve = False

    def prepare(self):
        if not shutil.which(self.words[0]):
            raise Unavailable(f"{self.words[0]} is not installed")

    def plain_command(self, port, directory):
        configuration = directory / "configuration"
        if self.name == "xinetd":
            configuration.write_text(XINETD.format(port=port, user=getpass.getuser()))
        return [shutil.which(self.words[0])] + [
            word.format(port=port, configuration=configuration, directory=directory)
            for word in self.words[1:]]


def peers():
    listen = "TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay"
    xinetd = ["xinetd", "-dontfork", "-f", "{configuration}", "-pidfile", "{directory}/pid",
              "-filelog", "/dev/null"]
    return [
        Program("socat-pipe", "socat PIPE", ["socat", listen, "PIPE"], "`fork`"),
        Program("socat-cat", "socat EXEC:cat", ["socat", listen, "EXEC:/bin/cat"], "`fork`"),
        Program("ncat-cat", "ncat -e cat", [
            "ncat", "--nodns", "--listen", "--keep-open", "--max-conns", "2000", "--exec",
            "/bin/cat", "127.0.0.1", "{port}"], "`--keep-open --max-conns 2000`"),
        Program("xinetd", "xinetd echo", xinetd, "its built-in echo service, with `cps`, "
                "`instances` and `per_source` unlimited"),
        Program("node-write", "Node write", [
            "node", "-e", NODE_WRITE.replace("{", "{{").replace("}", "}}") + NODE_LISTEN],
            "`socket.on('data', (data) => socket.write(data))`, with an error handler",
            forks=False),
        Program("node-pipe", "Node pipe", [
            "node", "-e", NODE_PIPE.replace("{", "{{").replace("}", "}}") + NODE_LISTEN],
            "`socket.pipe(socket)`, with an error handler", forks=False),
    ]


def all_targets(echod):
    """Every server, in the order of the tables."""
    return [Echod(echod, engine) for engine in reversed(ENGINES)] + peers()
