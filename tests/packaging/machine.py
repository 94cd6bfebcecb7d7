"""A bare Debian: a directory that mmdebstrap fills, and systemd as process 1 over it, in namespaces
of its own (mounts, processes, control groups, IPC, host name, network). No virtual machine and no
container engine: what it needs is root, unshare(1) and nsenter(1).
"""

import os
import pathlib
import shutil
import subprocess
import time

PATIENCE_S = 240
ROOT = pathlib.Path(__file__).resolve().parents[2]

# systemd to run the service and logrotate to rotate its logs; everything else has to come as a
# dependency. Documentation is left out, since it is half of the time.
MMDEBSTRAP = ["mmdebstrap", "--variant=minbase", "--include=systemd,logrotate",
              "--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/locale/*",
              "--skip=cleanup/apt/lists,cleanup/reproducible", "bookworm"]

BOOT = r"""
set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"  # PrivateDevices= wants it
ln -s /proc/self/fd "$root/dev/fd"
cd "$root"
pivot_root . mnt
exec chroot . env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  sh -c 'umount -l /mnt; exec /lib/systemd/systemd --unit=basic.target --log-target=console \
         --show-status=0' </dev/null
"""


def archive():
    """The bare Debian as an archive; made once, and kept with the build."""
    path = ROOT / "build/packaging/bookworm.tar"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new.tar")
        subprocess.run([*MMDEBSTRAP, str(new)], check=True, timeout=1500,
                       stdin=subprocess.DEVNULL)
        new.rename(path)
    return path


class Machine:
    def __init__(self, directory):
        self.root = pathlib.Path(directory)
        self.process = None
        self.failed_before = None  # for tests that use the machine in steps
        self.init = None  # systemd's process id, as the host sees it
        subprocess.run(["tar", "-xf", str(archive()), "-C", str(self.root)], check=True,
                       timeout=PATIENCE_S)
        # Debian's installer writes it.
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")

    def files(self):
        """Every path of the machine's disk."""
        paths = set()
        for directory, folders, names in os.walk(self.root):
            paths.update(os.path.join(directory, name) for name in [*folders, *names])
        return {path.removeprefix(str(self.root)) for path in paths}

    def chroot(self, *command, **options):
        """Runs a command before the machine is booted, with the host's network."""
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        script = 'mount -t proc proc "$0/proc"; root=$0; exec chroot "$root" "$@"'
        return subprocess.run(["unshare", "--mount", "sh", "-c", script, str(self.root), *command],
                              check=True, timeout=600, stdin=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"],
                                   "DEBIAN_FRONTEND": "noninteractive"}, **options)

    def boot(self):
        log = open(self.root.parent / "boot.log", "wb")
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--net", "--fork",
             "--kill-child", "sh", "-c", BOOT, "boot", str(self.root)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.init = self.wait(lambda: children.read_text().split(), "systemd")[0]
        self.wait(lambda: self.is_running(), "systemd to start")

    def is_running(self):
        state = self.run("systemctl", "is-system-running", check=False)
        assert self.process.poll() is None, (self.root.parent / "boot.log").read_text()
        return state.stdout.strip() in ("running", "degraded")

    def run(self, *command, check=True, timeout=PATIENCE_S):
        """Runs a command inside, as root."""
        done = subprocess.run(
            ["nsenter", "--target", self.init, "--mount", "--pid", "--cgroup", "--ipc", "--uts",
             "--net", "--root", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
             "DEBIAN_FRONTEND=noninteractive", *command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def on_network(self, *command):
        """The command line of a program of the host on the machine's network."""
        return ["nsenter", "--target", self.init, "--net", *command]

    def show(self, unit, name):
        return self.run("systemctl", "show", "-P", name, unit).stdout.strip()

    def log(self, unit="echod"):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit).stdout

    def wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
            time.sleep(0.05)

    def close(self):
        if self.process is None:
            return
        self.process.kill()  # unshare takes its child, and that the namespace, with it
        self.process.wait()
