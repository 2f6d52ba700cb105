"""A delay line: whole IP packets, held for a fixed time, in order.

For: giving a link of the kernel lab a latency where the kernel has no netem.
Never: loses, reorders or changes a packet by its own choice; never sleeps while a packet is due.

usage: delay.py NEAR:FAR:MILLISECONDS ...
Makes two TUN devices per argument in the network namespace it is started in and says "ready" on stdout; the caller moves
and configures them. A packet that leaves through one device arrives from the other MILLISECONDS later. Ends when stdin closes.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x1001
LARGEST_PACKET = 65536
BATCH = 64


def open_tun(name):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_WITHOUT_HEADER))
    return tun


class Way:
    """One direction of one link."""

    def __init__(self, source, sink, delay):
        self.source, self.sink, self.delay = source, sink, delay
        self.held = collections.deque()

    def take(self):
        for _ in range(BATCH):
            try:
                packet = os.read(self.source, LARGEST_PACKET)
            except (BlockingIOError, OSError):
                return
            self.held.append((time.monotonic() + self.delay, packet))

    def give(self, now):
        while self.held and self.held[0][0] <= now:
            try:
                os.write(self.sink, self.held.popleft()[1])
            except OSError:
                pass  # the far device is down, as with an unplugged cable


def main(arguments):
    ways = {}
    for argument in arguments:
        near_name, far_name, delay = argument.split(":")
        near, far, seconds = open_tun(near_name), open_tun(far_name), float(delay) / 1000
        ways[near] = Way(near, far, seconds)
        ways[far] = Way(far, near, seconds)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass  # only less exact on a busy machine
    print("ready", flush=True)
    stdin = sys.stdin.fileno()
    watched = [stdin, *ways]
    while True:
        due = min((way.held[0][0] for way in ways.values() if way.held), default=None)
        wait = None if due is None else max(0.0, due - time.monotonic())
        ready = select.select(watched, [], [], wait)[0]
        for file in ready:
            if file == stdin:
                if not os.read(stdin, 4096):
                    return
            else:
                ways[file].take()
        now = time.monotonic()
        for way in ways.values():
            way.give(now)


main(sys.argv[1:])
