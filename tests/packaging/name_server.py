"""name_server.py ROOT: starts ROOT/echod in that root with names that /etc/hosts, DNS and nobody
know, and prints what it says. Runs in a network namespace of its own, where it is the name server:
by-dns.test is 127.0.0.9, and there are no other names."""

import os
import socket
import subprocess
import sys
import threading

ADDRESS = bytes([127, 0, 0, 9])
NAME = b"\x06by-dns\x04test\x00"


def answer(query):
    end = query.index(b"\x00", 12) + 5  # of the question
    name, kind = query[12:end - 4], query[end - 4:end - 2]
    known = name.lower() == NAME
    records = b""
    if known and kind == b"\x00\x01":  # A; of AAAA there is none
        records = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + ADDRESS
    flags = b"\x81\x80" if known else b"\x81\x83"  # NXDOMAIN
    counts = b"\x00\x01" + (b"\x00\x01" if records else b"\x00\x00") + b"\x00\x00\x00\x00"
    return query[:2] + flags + counts + query[12:end] + records


def serve(server):
    while True:
        query, peer = server.recvfrom(1500)
        server.sendto(answer(query), peer)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    for name in ("by-hosts.test", "by-dns.test", "nobody.test"):
        process = subprocess.Popen(["chroot", sys.argv[1], "/echod", "--listen", f"{name}:0"],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(process.stdout.readline(), flush=True)
        process.terminate()
        process.communicate()
    os._exit(0)


main()
