"""Fixtures: servers that are gone when the test is over, and the engines to run them on."""

import functools
import itertools

import pytest

import devtools
import support


# Of the engines other than epoll, where all are asked for under sanitizers: one of so many tests.
SAMPLE_STEP = 25


def pytest_collection_modifyitems(config, items):
    """A sanitizer finds errors of memory and of order, and takes its time. The tests that share a
    server are thousands, and differ in what the protocols do with bytes, which is one code for all
    engines: so they run on epoll, and on the other engines a sample of them does."""
    if not support.SANITIZED:
        return
    others = [item for item in items
              if "shared_engine" in getattr(item, "fixturenames", ())
              and item.callspec.params["shared_engine"] != "epoll"]
    left_out = set(others) - set(others[::SAMPLE_STEP])
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def echod(tmp_path):
    """Starts servers: echod("--engine", "pool", listen=["tcp://127.0.0.1:0"]). Those the test did
    not stop are stopped at its end, and must end with exit status 0."""
    servers = []
    numbers = itertools.count()

    def start(*arguments, **options):
        directory = tmp_path / f"echod{next(numbers)}"
        directory.mkdir()
        # Short, for tests that fail while a connection is open.
        arguments = ("--drain-timeout", "2s") + arguments
        server = support.Server(directory, *arguments, **options)
        servers.append(server)
        return server

    yield start
    problems = []
    for server in servers:
        try:
            server.close()
        except Exception as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


@functools.cache
def uring_missing(directory):
    server = support.Server(directory, "--engine", "auto")
    try:
        return "" if "uring" in server.engine_line.split()[1] else server.engine_line
    finally:
        server.close()


def available(engine, tmp_path_factory):
    if engine == "uring":
        reason = uring_missing(tmp_path_factory.getbasetemp())
        if reason:
            pytest.skip(reason)
    return engine


@pytest.fixture(params=support.ENGINES)
def engine(request, tmp_path_factory):
    """Every engine in turn; uring where the kernel allows it."""
    return available(request.param, tmp_path_factory)


@pytest.fixture(params=support.LOOPS)
def loop(request, tmp_path_factory):
    """An engine of each loop in turn."""
    return available(request.param, tmp_path_factory)


@pytest.fixture(params=support.SOME_ENGINES)
def some_engine(request, tmp_path_factory):
    """Two engines in turn, for what an engine has no part in."""
    return available(request.param, tmp_path_factory)


@pytest.fixture(params=[*support.ENGINES, "auto"])
def any_engine(request, tmp_path_factory):
    """The same, and auto."""
    return available(request.param, tmp_path_factory)


@pytest.fixture(scope="module", params=support.SOME_ENGINES)
def shared_engine(request, tmp_path_factory):
    """The same as some_engine, for servers that all the tests of a file share."""
    return available(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def shared_server(shared_engine, tmp_path_factory):
    """One server for all the tests of a file, for those that take less time than its start; on
    two engines in turn. It must be alive at the end. Its second listener is for HTTP alone."""
    server = support.Server(tmp_path_factory.mktemp(shared_engine), "--engine", shared_engine,
                            "--drain-timeout", "2s",
                            listen=("127.0.0.1:0", "http://127.0.0.1:0"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def default_server(tmp_path_factory):
    """The same on the default engine alone."""
    server = support.Server(tmp_path_factory.mktemp("default"), "--drain-timeout", "2s")
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One chromium for all the tests of a file."""
    if not devtools.CHROMIUM:
        pytest.skip("needs chromium")
    running = devtools.Browser(tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()
