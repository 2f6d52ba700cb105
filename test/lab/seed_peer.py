"""The two programs of seed 001 as their documentation describes them, faults included: the independent side of our interoperation tests.

Usage: seed_peer.py server PORT | seed_peer.py client HOST PORT
Written from the protocol's description, not from the programs; set NATPUNCH_SEED_001 to a folder to run those instead.
"""
import random
import socket
import string
import sys
import time


def text(address):
    return ("%s:%d" % address).encode()


def server(port):
    """One pair, then the end. Any datagram registers, even a second one of the same client."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inbox:
        inbox.bind(("0.0.0.0", port))
        print("listening", flush=True)
        first = inbox.recvfrom(1024)[1]
        second = inbox.recvfrom(1024)[1]
        inbox.sendto(text(first), second)
        inbox.sendto(text(second), first)


def client(host, port):
    """REGISTER once, one KNOCK after 2 to 5 s, then chat for ever with whoever spoke last, the server to begin with."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.sendto(b"REGISTER", (host, port))
    data, speaker = link.recvfrom(1024)
    peer_host, peer_port = data.decode().split(":")
    print("peer", data.decode(), flush=True)
    time.sleep(random.randint(2, 5))
    link.sendto(b"KNOCK", (peer_host, int(peer_port)))
    name = "".join(random.sample(string.ascii_letters, 8))
    link.settimeout(5)
    said = 0
    while True:
        try:
            data, speaker = link.recvfrom(1024)
            print(speaker, "=>", data.decode(), flush=True)
        except TimeoutError:
            print("silence", flush=True)
        link.sendto(("%s: %d" % (name, said)).encode(), speaker)
        said += 1
        time.sleep(1)


if __name__ == "__main__":
    if sys.argv[1] == "server":
        server(int(sys.argv[2]))
    else:
        client(sys.argv[2], int(sys.argv[3]))
