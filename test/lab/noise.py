"""Foreign traffic behind a NAT: new UDP flows at a mean rate, as from other people's machines on the same LAN.

For: making the port counter of a sequential NAT move between a measurement and its use.
Never: waits for an answer, and never sends to an address that exists.

usage: noise.py SOURCE_ADDRESS FLOWS_PER_SECOND SEED
Ends when stdin closes.
"""

import os
import random
import select
import socket
import sys
import time

NOWHERE = "198.18.250.%d"
FIRST_PORT, LAST_PORT = 1024, 65535


def main(source, rate, seed):
    chance = random.Random(seed)
    stdin = sys.stdin.fileno()
    port, due = FIRST_PORT, time.monotonic()
    print("ready", flush=True)
    while True:
        due += chance.expovariate(rate)
        wait = due - time.monotonic()
        if select.select([stdin], [], [], max(0.0, wait))[0] and not os.read(stdin, 4096):
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flow:
            flow.bind((source, port))
            flow.sendto(b"noise", (NOWHERE % chance.randint(1, 254), chance.randint(1024, 65535)))
        port = port + 1 if port < LAST_PORT else FIRST_PORT


main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
