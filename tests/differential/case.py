"""One difference, with what the rules look at. Everything is read off the bytes themselves, so that
a rule does not take our decoder's word for what is wrong with them."""

import re
from typing import NamedTuple

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"


class Case(NamedTuple):
    data: bytes
    ours: dict
    theirs: dict
    kind: str  # this and the next are from differences.first_difference()
    our_side: object
    their_side: object
    index: int  # of the message

    @property
    def we_reject(self):
        return self.our_side == "rejected"

    @property
    def they_reject(self):
        return self.their_side == "rejected"

    @property
    def begin(self):
        """Where the message begins, empty lines before it left out."""
        at = self.ours["messages"][self.index - 1]["end"] if self.index > 0 else 0
        while self.data[at:at + 2] == b"\r\n":
            at += 2
        return at

    @property
    def request(self):
        return self.data[self.begin:]

    @property
    def at(self):
        return self.ours["at"]

    @property
    def bad(self):
        """The byte at which we stopped; empty: at the end."""
        return self.data[self.at:self.at + 1]

    @property
    def before(self):
        """The line up to that byte."""
        begin = max(self.begin, self.data.rfind(b"\n", 0, self.at) + 1)
        return self.data[begin:self.at]

    @property
    def line(self):
        """The whole line that a rejection came at the end of, without its end."""
        return self.data[:self.at].rstrip(b"\n").rsplit(b"\n", 1)[-1].rstrip(b"\r")

    @property
    def value(self):
        """Of the field in that line."""
        return self.line.partition(b":")[2].strip(b" \t")

    @property
    def head(self):
        """The message up to where we stopped."""
        return self.data[self.begin:self.at]

    @property
    def request_line(self):
        return self.request.split(b"\n", 1)[0].rstrip(b"\r")

    def rejected_for(self, part, status=400):
        """Whether we rejected it, with this status, for what dump.h's "why" calls `part`."""
        return (self.we_reject and self.ours["status"] == status
                and self.ours["why"].lower() == part.lower())

    def has_field(self, name, value=rb"[^\r\n]*"):
        return re.search(rb"(?i)\n" + name + rb":" + value + rb"(\r|\n|$)", self.head) is not None
