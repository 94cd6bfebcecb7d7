"""Stopping under HTTP load: no client that follows Connection: close loses a request."""

import http.client
import signal
import threading

import pytest

from support import FULL, PATIENCE_S

CLIENTS = 8
REQUESTS = 10_000 if FULL else 3_000


class Client(threading.Thread):
    """Sends requests on a kept connection. One whose connection ends before the first byte of its
    answer is sent again on a new one, as RFC 9110 section 9.2.2 lets clients do."""

    def __init__(self, server, count, listeners_close):
        super().__init__()
        self.listeners_close = listeners_close
        self.server = server
        self.left = count
        self.lost = []
        self.refused = False
        self.closes = 0

    def run(self):
        connection = None
        while self.left > 0 and not self.refused:
            kept = connection is not None
            if not kept:
                connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                        timeout=PATIENCE_S)
            try:
                connection.request("POST", "/", b"hello")
                response = connection.getresponse()
                if response.read() != b"hello":
                    self.lost.append("another body")
                if response.headers.get("Connection") == "close":
                    self.closes += 1
                    connection = None
            except ConnectionRefusedError:
                self.refused = True  # it has stopped
                return
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
                if not kept and self.listeners_close:
                    self.refused = True  # it was in the queue of a listener that closed
                    return
                if not kept:
                    self.lost.append(repr(error))
                connection = None
                continue
            except Exception as error:  # an answer that was cut
                self.lost.append(repr(error))
                connection = None
            self.left -= 1


def load(server, total, listeners_close=False):
    clients = [Client(server, total // CLIENTS, listeners_close) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    return clients


@pytest.mark.parametrize("engine", ["threads", "epoll", "uring"])
def test_nothing_is_lost_while_the_listeners_stay_open(echod, engine):
    server = echod("--engine", engine, "--drain-delay", "1h", "--log-level", "off")
    clients = load(server, REQUESTS)
    while sum(client.left for client in clients) > REQUESTS // 2:
        clients[0].join(0.001)
    server.signal(signal.SIGTERM)
    for client in clients:
        client.join(PATIENCE_S)
    assert [client.lost for client in clients] == [[]] * CLIENTS
    assert not any(client.refused for client in clients)
    assert sum(client.left for client in clients) == 0
    assert sum(client.closes for client in clients) > 0, "connections end from the signal on"
    server.signal(signal.SIGTERM)  # at once
    assert server.wait() == 128 + signal.SIGTERM


@pytest.mark.parametrize("engine", ["threads", "epoll", "uring"])
def test_no_answer_is_cut_where_they_close(echod, engine):
    server = echod("--engine", engine, "--log-level", "off")
    clients = load(server, 10 * REQUESTS, listeners_close=True)
    while sum(client.left for client in clients) > 10 * REQUESTS - 500:
        clients[0].join(0.001)
    assert server.stop() == 0
    for client in clients:
        client.join(PATIENCE_S)
    assert [client.lost for client in clients] == [[]] * CLIENTS
    assert all(client.refused for client in clients)
