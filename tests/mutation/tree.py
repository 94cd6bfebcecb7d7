"""The copy of the source that bugs are planted in, and its build, both under build/mutation.

The copy is kept from one run to the next, so a build compiles only what changed. ccache is told to
forget where the tree lies, so it also knows what was compiled in the original.
"""

import fcntl
import hashlib
import os
import pathlib
import signal
import subprocess

from table import ROOT, planted

WORK = ROOT / "build" / "mutation"
TREE = WORK / "tree"
BUILD = TREE / "build" / "release"
BUILD_SECONDS_MAX = 1800


def environment():
    return dict(os.environ, CCACHE_BASEDIR=str(TREE), CCACHE_NOHASHDIR="1",
                PYTHONDONTWRITEBYTECODE="1", ECHOD=str(BUILD / "echod"))


def lock():
    """A file that no other run holds while it is open, or None."""
    WORK.mkdir(parents=True, exist_ok=True)
    file = open(WORK / ".lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def own_files():
    """What belongs to the source: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def write_if_changed(path, content, mode):
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    path.chmod(mode)


def copy_tree():
    """Makes the copy equal to the source, leaving alone what is equal already."""
    names = own_files()
    for name in names:
        source = ROOT / name
        write_if_changed(TREE / name, source.read_bytes(), source.stat().st_mode)
    wanted = {TREE / name for name in names}
    for folder, folders, files in os.walk(TREE):
        if pathlib.Path(folder) == TREE and "build" in folders:
            folders.remove("build")
        for name in files:
            path = pathlib.Path(folder, name)
            if path not in wanted:
                path.unlink()


def is_product(name):
    built = name.startswith("src/") or name in ("CMakeLists.txt", "CMakePresets.json")
    return built and "_test" not in name


def digest(wanted=lambda name: True):
    """Of the content of the files whose names are `wanted`."""
    total = hashlib.sha256()
    for name in own_files():
        if wanted(name):
            content = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
            total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()[:16]


def configure():
    with open(WORK / "configure.log", "wb") as log:
        subprocess.run(
            ["cmake", "--preset", "release"],
            cwd=TREE, env=environment(), stdout=log, stderr=log, check=True)


def build(target, jobs):
    """Whether `target` could be built; the log is in build.log. No compiler outlives this: it would
    write its object later than the source is put right again, and so hide that it is out of date.
    """
    with open(WORK / "build.log", "ab") as log:
        ninja = subprocess.Popen(["ninja", "-C", str(BUILD), "-j", str(jobs), target],
                                 env=environment(), stdout=log, stderr=log, start_new_session=True)
        try:
            return ninja.wait(timeout=BUILD_SECONDS_MAX) == 0
        except BaseException:
            os.killpg(ninja.pid, signal.SIGKILL)
            ninja.wait()
            raise


class Planted:
    """`with Planted(bug):` the copy has the bug."""

    def __init__(self, bug):
        file, text = planted(bug)
        self.path = TREE / file
        self.content = text.encode()
        self.original = (ROOT / file).read_bytes()

    def __enter__(self):
        self.path.write_bytes(self.content)

    def __exit__(self, *_):
        self.path.write_bytes(self.original)
