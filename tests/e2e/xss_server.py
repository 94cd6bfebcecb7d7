"""The test's own server: what an attacker has, and the witness.

  /host        a page that opens frames, as many at a time as the browser likes
  /relay/N     echod's answer to request N of `requests`, its very bytes
  /bare/N      document N of `documents`, as a careless server would send it: it runs
  /ran/N       what a payload that runs navigates to; N is added to `ran`
"""

import asyncio
import threading

HOST_PAGE = b"""<!doctype html><title>host</title><body><script>
"use strict";
const AT_A_TIME = 16, KEPT = 16;  // frames; those that are loaded stay a while, for what runs late
const waiting = [], kept = [], frames = new Map();
let finished = 0;
function finish(url) {
  const frame = frames.get(url);
  if (!frame) return;
  frames.delete(url);
  finished += 1;
  kept.push(frame);
  if (kept.length > KEPT) kept.shift().remove();
  open_more();
}
function open_more() {
  while (frames.size < AT_A_TIME && waiting.length) {
    const [kind, url] = waiting.shift();
    const frame = document.createElement(kind);
    frame.onload = frame.onerror = () => finish(url);
    frame.width = 60;
    frame.height = 30;
    frame[kind === "object" ? "data" : "src"] = url;
    frames.set(url, frame);
    document.body.append(frame);
  }
}
function open_all(list) { waiting.push(...list); open_more(); }
</script>"""


def answer(body, content_type=b"text/html", *fields):
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: " + content_type,
             b"Content-Length: %d" % len(body), b"Cache-Control: no-store", *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Attacker:
    def __init__(self, target_port):
        self.target_port = target_port
        self.requests = []   # bytes
        self.documents = []  # answers, as bytes
        self.ran = []        # numbers, in the order the payloads ran in
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    @property
    def beacon(self):
        return self.url + "/ran/"

    def relayed(self, request):
        """The address of the answer to `request`."""
        self.requests.append(request)
        return f"{self.url}/relay/{len(self.requests) - 1}"

    def bare(self, *document):
        self.documents.append(answer(*document))
        return f"{self.url}/bare/{len(self.documents) - 1}"

    async def relay(self, request):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        try:
            writer.write(request)
            writer.write_eof()
            return await reader.read(-1)
        finally:
            writer.close()

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            _, kind, *number = head.split(b" ")[1].split(b"/")
            if kind == b"host":
                writer.write(answer(HOST_PAGE))
            elif kind == b"ran":
                self.ran.append(int(number[0]))
                writer.write(answer(b"", b"text/plain"))
            elif kind == b"bare":
                writer.write(self.documents[int(number[0])])
            elif kind == b"relay":
                writer.write(await self.relay(self.requests[int(number[0])]))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, IndexError):
            pass  # a browser that asks for something else, or went away, gets no answer
        finally:
            writer.close()
