"""n4's two programs as their documentation describes them, faults included: the independent side of our interoperation tests.

Usage: n4_peer.py -s [-l PORT] [-a IDENT] | n4_peer.py -c -h HOST [-p PORT] [-a IDENT] [-b FIRST_PORT] [-n PORTS] [-o OFFSET]
Written from the protocol's description; set NATPUNCH_N4 to the file of the original to run that instead.
Every message is 8 bytes: a command, a zero, and 6 bytes of data. What the client has won is printed as a line with "nc -u -p".
"""
import contextlib
import getopt
import select
import socket
import struct
import sys
import time

HELLO, READY, EXCHANGE, PEERINFO, PUNCH = 1, 2, 3, 4, 5


def message(command, data):
    return bytes([command, 0]) + data


def expect(command, data):
    """The six bytes of a message; an end of the stream or anything else is fatal, as it is for the original."""
    if len(data) != 8 or data[0] != command:
        raise SystemExit("invalid packet: %r" % data)
    return data[2:]


def bound(kind, port):
    link = socket.socket(socket.AF_INET, kind)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        link.setsockopt(socket.SOL_SOCKET, option, 1)
    link.bind(("0.0.0.0", port))
    return link


def drain(observer):
    while select.select([observer], [], [], 0)[0]:
        observer.recvfrom(65535)


def serve_pair(port, ident):
    """Two clients, one after the other; what each sends by UDP tells the other where it is. Without a limit of time."""
    with contextlib.ExitStack() as stack:
        door = stack.enter_context(bound(socket.SOCK_STREAM, port))
        door.listen(5)
        observer = stack.enter_context(bound(socket.SOCK_DGRAM, port))
        print("listening", flush=True)
        guests = []
        while len(guests) < 2:
            guest = stack.enter_context(door.accept()[0])
            heard = guest.recv(8) if select.select([guest], [], [], 60)[0] else b""
            if heard == message(HELLO, ident):
                guests.append(guest)
            else:
                guest.close()
        drain(observer)
        for guest in guests:
            guest.send(message(READY, bytes(6)))
        unseen = [0, 1]
        while unseen:
            heard, (host, seen_port) = observer.recvfrom(65535)
            if expect(EXCHANGE, heard) != ident:
                continue
            # By address alone, and the first one first.
            for which in unseen:
                if guests[which].getpeername()[0] == host:
                    unseen.remove(which)
                    guests[1 - which].send(message(PEERINFO, socket.inet_aton(host) + struct.pack("!H", seen_port)))
                    break


def sweep(server, ident, first, count, offset):
    """One round: the partner's address and our port, or nothing after ten seconds of silence."""
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(socket.create_connection(server))
        pool = [stack.enter_context(bound(socket.SOCK_DGRAM, first and first + n)) for n in range(count)]
        line.send(message(HELLO, ident))
        expect(READY, line.recv(8))
        for _ in range(3):
            pool[0].sendto(message(EXCHANGE, ident), server)
        where = expect(PEERINFO, line.recv(8))
        host, port = socket.inet_ntoa(where[:4]), struct.unpack("!H", where[4:])[0]
        print("peer %s:%d" % (host, port), flush=True)
        for _ in range(5):
            for link in pool:
                link.sendto(message(PUNCH, ident), (host, port + offset))
        late = time.monotonic() + 10
        while True:
            ready = select.select(pool, [], [], late - time.monotonic())[0]
            if not ready:
                return None
            heard, source = ready[0].recvfrom(65535)
            if heard == message(PUNCH, ident) and source[0] == host:
                break
        for _ in range(10):
            ready[0].sendto(message(PUNCH, ident), source)
            time.sleep(0.2)
        return source, ready[0].getsockname()[1]


def main():
    given = dict(getopt.getopt(sys.argv[1:], "scl:h:p:a:b:n:o:")[0])
    ident = given.get("-a", "n4n4n4").encode("ascii").ljust(6)
    if "-s" in given:
        while True:
            serve_pair(int(given.get("-l", 1721)), ident)
    first, count = int(given.get("-b", 30000)), int(given.get("-n", 25))
    server = (given["-h"], int(given.get("-p", 1721)))
    while True:
        won = sweep(server, ident, first, count, int(given.get("-o", 20)))
        if won:
            (host, port), own = won
            print("[ WIN ]\n> nc -u -p %d %s %d" % (own, host, port), flush=True)
            return
        print("[ LOSE ]", flush=True)
        first += count


if __name__ == "__main__":
    main()
