"""The servers that are compared: how each is started, and in which cells it can take part."""

import getpass
import pathlib
import shutil
import subprocess

from compare import build
from compare.build import Unavailable
from compare.cells import APART, TOGETHER

OURS, MAIN, OTHER, MINOR = range(4)  # how much a server matters when time is short

HTTP_BODY = "0123456789abcdef" * 4  # of 64 bytes, which nginx returns

NGINX_CONFIGURATION = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log crit;
worker_processes {threads};
worker_cpu_affinity {affinity};
worker_rlimit_nofile 20000;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 2000000000;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096;
    location / {{ return 200 "{body}"; }}
  }}
}}
"""

# Not its built-in echo service, which asks the name server about every client.
XINETD_CONFIGURATION = """
defaults
{{
  instances = UNLIMITED
  per_source = UNLIMITED
  cps = 1000000 1
}}
service cat
{{
  type = UNLISTED
  socket_type = stream
  protocol = tcp
  wait = no
  user = {user}
  server = /bin/cat
  bind = 127.0.0.1
  flags = NODELAY NOLIBWRAP
  port = {port}
}}
"""


class Server:
    """One way to echo. `start_directory` in the methods is an empty directory of its own."""

    name = ""
    title = ""
    rank = OTHER
    protocols = ("tcp",)
    placements = (APART, TOGETHER)
    connections_max = 1_000_000
    in_matrix = True  # takes part in cells that no target names
    spins = False
    ends_by_sigterm = False

    def prepare(self):
        """Builds or finds what it needs. Raises Unavailable."""

    def command(self, cell, port, cpus, directory):
        raise NotImplementedError

    def threads(self, cell):
        return 2 if cell.placement == TOGETHER else 1

    def takes(self, cell):
        return (cell.protocol in self.protocols and cell.placement in self.placements
                and cell.connections <= self.connections_max)


class Echod(Server):
    rank = OURS
    protocols = ("tcp", "http")
    ends_by_sigterm = True  # orderly, since the kernel tears a ring down long after its process

    def __init__(self, binary, engine, options=()):
        self.binary, self.engine, self.options = pathlib.Path(binary), engine, list(options)
        self.name = f"echod-{engine}"
        self.title = f"**echod ({engine})**"

    def prepare(self):
        if not self.binary.exists():
            raise Unavailable(f"{self.binary}: build it, or name another with --echod")

    def command(self, cell, port, cpus, directory):
        command = [str(self.binary), "--listen", f"{cell.protocol}://127.0.0.1:{port}"]
        command += ["--engine", self.engine, "--workers", str(self.threads(cell))]
        return command + ["--log-level", "off", "--drain-timeout", "100ms", *self.options]


class EchodWithoutSpinning(Echod):
    """What remains of the advantage where the processor may not be spent on waiting."""

    rank = OTHER
    protocols = ("tcp",)
    placements = (APART,)
    in_matrix = False

    def __init__(self, binary, engine):
        super().__init__(binary, engine, ["--spin", "off"])
        self.name += "-nospin"
        self.title += " `--spin off`"

    def prepare(self):
        super().prepare()
        if "--spin" not in self.help():
            raise Unavailable("this echod has no --spin")

    def help(self):
        text = ""
        for command in (["--help"], ["serve", "--help"]):
            run = subprocess.run([str(self.binary), *command], capture_output=True, text=True,
                                 timeout=20, check=False)
            text += run.stdout
        return text


class Built(Server):
    """A peer of benchmarks/peers."""

    def __init__(self, program, title, rank=OTHER, **attributes):
        self.program = program
        self.name = program.replace("_", "-")
        self.title, self.rank = title, rank
        self.fixed_threads = attributes.pop("fixed_threads", 0)
        for name, value in attributes.items():
            setattr(self, name, value)

    def prepare(self):
        self.binary = build.build(self.program)

    def threads(self, cell):
        return self.fixed_threads or super().threads(cell)

    def command(self, cell, port, cpus, directory):
        command = [str(self.binary), str(port)]
        threads = self.threads(cell)
        return command if threads == 1 else [*command, "--threads", str(threads)]


class Node(Server):
    name, title = "node-net", "Node (net)"
    program = "node_net.js"

    def prepare(self):
        if not shutil.which("node"):
            raise Unavailable("nodejs")

    def command(self, cell, port, cpus, directory):
        command = ["node", str(build.SOURCES / self.program), str(port)]
        threads = self.threads(cell)
        return command if threads == 1 else [*command, "--threads", str(threads)]


class NodeWs(Node):
    name, title = "node-ws", "Node (ws)"
    program = "node_ws.js"

    def prepare(self):
        super().prepare()
        if not pathlib.Path("/usr/share/nodejs/ws").exists():
            raise Unavailable("node-ws")


class ProcessPerConnection(Server):
    """They fork for every client, so they stay with few."""

    rank = MINOR
    placements = (APART,)
    connections_max = 50
    in_matrix = False

    def __init__(self, name, title, arguments):
        self.name, self.title, self.arguments = name, title, arguments

    def prepare(self):
        if not shutil.which(self.name):
            raise Unavailable(self.name)

    def command(self, cell, port, cpus, directory):
        configuration = directory / "configuration"
        if self.name == "xinetd":
            configuration.write_text(XINETD_CONFIGURATION.format(
                port=port, user=getpass.getuser()))
        return [shutil.which(self.name)] + [
            argument.format(port=port, configuration=configuration, directory=directory)
            for argument in self.arguments]


class Nginx(Server):
    name, title = "nginx", "nginx (fixed body)"
    rank = MAIN
    protocols = ("http",)
    ends_by_sigterm = True

    def prepare(self):
        if not self.binary():
            raise Unavailable("nginx")

    def takes(self, cell):
        return super().takes(cell) and not cell.verify

    @staticmethod
    def binary():
        return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

    def command(self, cell, port, cpus, directory):
        threads = self.threads(cell)
        masks = [f"{1 << cpu:b}" for cpu in cpus[:threads]]
        configuration = directory / "nginx.conf"
        configuration.write_text(NGINX_CONFIGURATION.format(
            directory=directory, threads=threads, affinity=" ".join(masks), port=port,
            body=HTTP_BODY))
        return [self.binary(), "-p", str(directory), "-c", str(configuration)]


def all_servers(echod):
    """Every server, in the order of the tables."""
    epoll_shared = Built("epoll", "plain epoll (2 threads, hash)", MAIN, placements=(TOGETHER,),
                         fixed_threads=2)
    epoll_shared.name = "epoll-hash"
    return [
        Echod(echod, "uring"),
        Echod(echod, "epoll"),
        EchodWithoutSpinning(echod, "uring"),
        EchodWithoutSpinning(echod, "epoll"),
        Built("epoll", "plain epoll (1 thread)", OURS, fixed_threads=1),
        epoll_shared,
        Built("floor", "bare loop", MAIN, placements=(APART,), spins=True),
        Built("asio_callbacks", "Asio (callbacks)", MAIN),
        Built("asio_coroutines", "Asio (coroutines)"),
        Built("libuv", "libuv", MAIN),
        Built("libevent", "libevent"),
        Built("go_net", "Go (net)", MAIN),
        Node(),
        ProcessPerConnection("socat", "socat", [
            "TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay", "PIPE"]),
        ProcessPerConnection("ncat", "ncat (/bin/cat)", [
            "--nodns", "--listen", "--keep-open", "--max-conns", "200", "--exec", "/bin/cat",
            "127.0.0.1", "{port}"]),
        ProcessPerConnection("xinetd", "xinetd (/bin/cat)", [
            "-dontfork", "-f", "{configuration}", "-pidfile", "{directory}/pid", "-filelog",
            "/dev/null"]),
        Nginx(),
    ]


def websocket_servers():
    """Those of processor_time.py alone, which has a load of WebSocket messages."""
    return [
        Built("ws_floor", "plain epoll, WebSocket"),
        Built("libwebsockets", "libwebsockets"),
        NodeWs(),
    ]


def prepared(servers, label="name"):
    """(those that can run, {their `label`: the reason} of those that cannot)."""
    usable, missing = [], {}
    for server in servers:
        try:
            server.prepare()
            usable.append(server)
        except Unavailable as reason:
            missing[getattr(server, label)] = str(reason)
    return usable, missing
