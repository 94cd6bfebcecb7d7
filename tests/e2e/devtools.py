"""Chromium without a window, driven by the DevTools protocol over a pair of pipes: commands and
events are JSON, each ended by a zero byte (chromium's --remote-debugging-pipe).

Nothing here waits for a fixed time; what does not come within support.PATIENCE_S fails the test.
"""

import itertools
import json
import os
import select
import shutil
import subprocess
import time

from support import PATIENCE_S

CHROMIUM = shutil.which("chromium")

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio",
    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions",
    "--disable-component-update", "--disable-sync", "--no-proxy-server", "--disable-breakpad",
    "--disable-back-forward-cache",
    # A process for each site takes time, and makes no difference to what a document may do.
    "--disable-site-isolation-trials", "--disable-features=IsolateSandboxedIframes",
    "--remote-debugging-pipe",
]


class DevToolsError(Exception):
    """What chromium says of a command that it refuses."""


class Browser:
    """One browser process. Its pages are closed with it."""

    def __init__(self, directory):
        commands, self.commands = os.pipe()
        self.messages, messages = os.pipe()

        def descriptors():  # in the new process, which reads commands from 3 and writes to 4
            high = [os.dup2(fd, 10 + i, False) for i, fd in enumerate((commands, messages))]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.log = open(directory / "chromium.log", "wb")
        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={directory / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, close_fds=False,
            preexec_fn=descriptors)
        os.close(commands)
        os.close(messages)
        self.numbers = itertools.count(1)
        self.received = b""
        self.events = []  # (session, method, parameters), in the order they came
        self.answers = {}

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(PATIENCE_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            os.close(self.commands)
            os.close(self.messages)
            self.log.close()

    def call(self, method, session=None, **parameters):
        """Runs one command, and returns its result."""
        number = next(self.numbers)
        command = {"id": number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        deadline = time.monotonic() + PATIENCE_S
        while number not in self.answers:
            assert self.take(deadline - time.monotonic()), f"no answer to {method}"
        answer = self.answers.pop(number)
        if "error" in answer:
            raise DevToolsError(f"{method}: {answer['error']}")
        return answer["result"]

    def take(self, timeout_s):
        """Takes in what has come. Returns whether anything came in time."""
        ready, _, _ = select.select([self.messages], [], [], max(timeout_s, 0))
        if not ready:
            return False
        more = os.read(self.messages, 1 << 20)
        assert more, "chromium has ended"
        *messages, self.received = (self.received + more).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append((message.get("sessionId"), message["method"],
                                    message["params"]))
        return True

    def wait_event(self, method, session=None, matches=lambda parameters: True):
        """The parameters of the next such event, which is taken out of `events`."""
        deadline = time.monotonic() + PATIENCE_S
        seen = 0
        while True:
            for index in range(seen, len(self.events)):
                its_session, its_method, parameters = self.events[index]
                if (its_session, its_method) == (session, method) and matches(parameters):
                    del self.events[index]
                    return parameters
            seen = len(self.events)
            assert self.take(deadline - time.monotonic()), f"no {method}"

    def page(self, quiet=False):
        """A new tab. One that is quiet has no events, so takes less time."""
        return Page(self, quiet)


class Page:
    """A tab."""

    def __init__(self, browser, quiet):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target,
                                    flatten=True)["sessionId"]
        for domain in () if quiet else ("Page", "Runtime", "Log", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def navigate(self, url):
        """Goes to `url`, and returns when it is loaded."""
        self.forget()
        outcome = self.call("Page.navigate", url=url)
        assert "errorText" not in outcome, f"{url}: {outcome['errorText']}"
        self.browser.wait_event("Page.loadEventFired", self.session)

    def forget(self):
        """Drops the events that came so far."""
        self.browser.events = [event for event in self.browser.events if event[0] != self.session]

    def evaluate(self, expression):
        """The value of JavaScript, awaited where it is a promise."""
        outcome = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                            returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in outcome, f"{expression}: {outcome['exceptionDetails']}"
        return outcome["result"].get("value")

    def wait(self, expression):
        """The first true value of JavaScript that is evaluated again and again."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {expression}"
            self.browser.take(0.005)

    def refusal(self):
        """The directive of the page's policy by which the browser refuses something next."""
        issue = self.browser.wait_event("Audits.issueAdded", self.session)["issue"]
        return issue["details"]["contentSecurityPolicyIssueDetails"]["violatedDirective"]

    def complaints(self):
        """What the console, the log, uncaught exceptions and the page's policy said since the last
        navigation."""
        self.evaluate("0")  # so that what was on its way has come
        told = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                "Audits.issueAdded")
        return [(method, parameters) for session, method, parameters in self.browser.events
                if session == self.session and method in told]
