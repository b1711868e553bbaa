# mypy: ignore-errors
"""A Heidelberg Energy Control by its maker's register table, on PyPI pyModbusTCP.

Run by tests/prove/charger_expiry.py in a separate environment; imports nothing of this project.
Argument: a port. The connected car draws all that is allowed. Every request feeds its watchdog
(257, ms); when that expires, its failsafe current (262) replaces its maximum (261). Prints a line
of JSON whenever the allowed current changes, in A, with the seconds since the last request and the
writes.
"""

import json
import sys
import threading
import time

from pyModbusTCP.server import DataBank, ModbusServer

MOST, WATCHDOG, STANDBY, LOCK, LIMIT, FAILSAFE = 100, 257, 258, 259, 261, 262
LAYOUT, STATE, CURRENTS, EXTERNAL, POWER = 4, 5, (6, 7, 8), 13, 14
HOLDING = (WATCHDOG, STANDBY, LOCK, LIMIT, FAILSAFE)
INPUT = (*range(4, 19), 100, 101)
ASKS_LOCKED, ASKS, FAULT = 6, 7, 10


class Follower(DataBank):
    """Its registers; a missing address is refused."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.held = {WATCHDOG: 15000, STANDBY: 0, LOCK: 1, LIMIT: 160, FAILSAFE: 60}
        self.heard = time.monotonic()
        self.written = []

    def allowed(self):
        """The allowed current now, in tenths of an A."""
        silent_ms = 1000 * (time.monotonic() - self.heard)
        over = 0 < self.held[WATCHDOG] <= silent_ms
        return self.held[FAILSAFE if over else LIMIT]

    def inputs(self):
        allowed = self.allowed()
        shown = dict.fromkeys(INPUT, 0) | {LAYOUT: 0x108, EXTERNAL: 1, MOST: 16, 101: 6}
        shown |= dict.fromkeys(CURRENTS, allowed) | {POWER: allowed * 3 * 23}
        return shown | {STATE: ASKS if allowed else ASKS_LOCKED}

    def get_holding_registers(self, address, number=1, srv_info=None):
        return self.answered(self.held, address, number)

    def get_input_registers(self, address, number=1, srv_info=None):
        return self.answered(self.inputs(), address, number)

    def answered(self, registers, address, number):
        wanted = range(address, address + number)
        if not set(wanted) <= set(registers):
            return None
        with self.lock:
            self.heard = time.monotonic()
        return [registers[each] for each in wanted]

    def set_holding_registers(self, address, words, srv_info=None):
        (value,) = words
        amperes = address in (LIMIT, FAILSAFE)
        if address not in self.held or (amperes and value and not 60 <= value <= 160):
            return None
        with self.lock:
            self.heard = time.monotonic()
            self.held[address] = value
            self.written.append([address, value])
        return True


def main():
    bank = Follower()
    server = ModbusServer(host="127.0.0.1", port=int(sys.argv[1]), data_bank=bank, no_block=True)
    server.start()
    last = None
    while True:
        with bank.lock:
            allowed, silent_s = bank.allowed(), time.monotonic() - bank.heard
            written, bank.written = bank.written, []
        if allowed != last or written:
            line = {"allows": allowed / 10, "silent_s": silent_s, "written": written}
            print(json.dumps(line), flush=True)
            last = allowed
        time.sleep(0.05)


if __name__ == "__main__":
    main()
