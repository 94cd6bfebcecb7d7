"""What parsers make of bytes: our decoder and llhttp by their dump programs, h11 in this process.
A view is a dictionary, as dump.h describes it."""

import json
import struct
import subprocess

import h11

TIMEOUT_S = 600


def dumped(program, inputs):
    """The views of a dump program, one for each input."""
    given = b"".join(struct.pack("<I", len(data)) + data for data in inputs)
    result = subprocess.run([program], input=given, stdout=subprocess.PIPE, check=True,
                            timeout=TIMEOUT_S)
    return [json.loads(line) for line in result.stdout.splitlines()]


def text_of(data):
    return bytes(data).decode("latin-1")


def new_message(request):
    return {
        "method": text_of(request.method), "target": text_of(request.target),
        "version": text_of(request.http_version),
        "fields": [[text_of(name), text_of(value)] for name, value in request.headers.raw_items()],
        "body": "", "chunks": [], "keep_alive": False, "end": -1,
    }


class H11View:
    """One connection's bytes, given to h11 in one piece."""

    def __init__(self, data):
        self.data = data
        self.connection = h11.Connection(h11.SERVER)
        self.view = {"messages": [], "verdict": "done", "at": 0, "why": "", "status": 0}
        self.chunked = False
        self.chunk_size = 0  # of the chunk being read

    def read(self):
        self.connection.receive_data(self.data)
        try:
            while self.take(self.connection.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self.view.update(verdict="rejected", why=str(error),
                             status=error.error_status_hint)
        return self.view

    def take(self, event):
        """Notes an event; returns whether to go on."""
        messages = self.view["messages"]
        if isinstance(event, h11.Request):
            messages.append(new_message(event))
            self.chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
        elif isinstance(event, h11.Data):
            messages[-1]["body"] += text_of(event.data)
            self.chunk_size += len(event.data) if self.chunked else 0
            if event.chunk_end and self.chunked:
                messages[-1]["chunks"].append(self.chunk_size)
                self.chunk_size = 0
        elif isinstance(event, h11.EndOfMessage):
            return self.end(messages[-1])
        else:  # NEED_DATA, PAUSED
            unread = bool(self.connection.trailing_data[0])
            begun = self.connection.their_state is h11.SEND_BODY or unread
            self.view["verdict"] = "incomplete" if begun else "done"
            return False
        return True

    def end(self, message):
        # Refused, so that neither CONNECT nor Upgrade makes it another protocol.
        self.connection.send(h11.Response(status_code=400, headers=[("Content-Length", "0")]))
        self.connection.send(h11.EndOfMessage())
        message["end"] = len(self.data) - len(self.connection.trailing_data[0])
        again = self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE
        message["keep_alive"] = again
        if message["method"] == "CONNECT" or not again:
            return False
        self.connection.start_next_cycle()
        return True


def h11_views(inputs):
    return [H11View(data).read() for data in inputs]


def all_views(inputs, build):
    """Of each parser there is: its name, and its views. `build` is where the dump programs are."""
    views = {"ours": dumped(build / "http1_dump_ours", inputs)}
    if (build / "http1_dump_llhttp").exists():
        views["llhttp"] = dumped(build / "http1_dump_llhttp", inputs)
    views["h11"] = h11_views(inputs)
    return views
