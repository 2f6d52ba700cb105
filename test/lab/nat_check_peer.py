"""The three roles of seed 001's NAT check as their documentation describes them, faults included: the independent side of our interoperation tests.

Usage: nat_check_peer.py server IP:PORT | assist IP:PORT SERVER | client SERVER ASSIST
Written from the protocol's description, not from the program; set NATPUNCH_SEED_001 to a folder to run that instead.
"""
import socket
import sys

PATIENCE = 5


def endpoint(word):
    host, port = word.split(":")
    return host, int(port)


def text(address):
    return b"%s:%d" % (address[0].encode(), address[1])


def fresh():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def bound(word):
    inbox = fresh()
    inbox.bind(endpoint(word))
    print("bound", word, flush=True)
    return inbox


def server(listen):
    """One client, then the end. Steps follow the order of arrival; neither words nor senders are looked at."""
    inbox = bound(listen)
    first = inbox.recvfrom(1024)[1]
    inbox.sendto(text(first), first)
    inbox.sendto(inbox.recvfrom(1024)[0], first)
    tests = inbox.recvfrom(1024)[1]
    inbox.sendto(b"TEST FOR FULL-CONE NAT", endpoint(inbox.recvfrom(1024)[0].decode()))
    inbox.recvfrom(1024)
    inbox.sendto(b"TEST FOR Restricted NAT", (tests[0], tests[1] - 1))
    inbox.recvfrom(1024)
    inbox.sendto(b"TEST FOR Restricted-Port NAT", tests)


def assist(listen, report_to):
    """Two registrations of one client, then the end."""
    inbox = bound(listen)
    for _ in range(2):
        inbox.sendto(text(inbox.recvfrom(1024)[1]), endpoint(report_to))


def hears(link):
    link.settimeout(PATIENCE)
    try:
        return bool(link.recv(1024))
    except TimeoutError:
        return False


def client(server_word, assist_word):
    main, helper = endpoint(server_word), endpoint(assist_word)
    throwaway = fresh()
    throwaway.connect(main)
    own = throwaway.getsockname()[0]
    link = fresh()
    link.sendto(b"register", main)
    link.sendto(b"register", helper)
    seen = link.recv(1024).decode()
    if seen.split(":")[0] == own:
        return "Open Internet"
    if link.recv(1024).decode() != seen:
        return "Symmetric NAT"
    tests, cone = fresh(), fresh()
    tests.sendto(b"register", main)
    cone.sendto(b"register", helper)
    if hears(cone):
        return "Full-Cone NAT"
    for verdict in ("Restricted NAT", "Restricted-Port NAT"):
        tests.sendto(b"NEXT", main)
        if hears(tests):
            return verdict
    return "Unknown, something error"


if __name__ == "__main__":
    role, *words = sys.argv[1:]
    verdict = {"server": server, "assist": assist, "client": client}[role](*words)
    if verdict:
        print("[%s]" % verdict, flush=True)
