"""Diagnosis of bytes that form no telegram, in one sentence that helps."""

import re
from collections.abc import Mapping

from base.language import phrase
from p1.framing import Counts, Reason
from p1.values import printable

# So many of the last bytes are enough to judge by: the largest legal telegram fits.
SAMPLE_BYTES = 8192

OBIS = re.compile(rb"\d-\d:\d+\.\d+\.\d+\(")
COMPLEMENT = bytes(255 - byte for byte in range(256))
SEVEN_BITS = bytes(byte & 0x7F for byte in range(256))
TEXT = bytes([*range(0x20, 0x7F), *b"\r\n\t"])
NOT_TEXT = bytes(set(range(256)) - set(TEXT))

# Serial numbers and EANs are long runs of hex digits, times twelve digits and a letter, numbers
# have a point. In a damaged telegram nothing else tells them apart.
_ID = re.compile(r"(?<![0-9A-Fa-f.])(?!\d{12}[SW])[0-9A-Fa-f]{7,}")

NO_DATA = phrase(
    "No data at all. Is the P1 port activated (myfluvius.be; an arrow above P1 on the meter's "
    "screen), and does the cable put 5 V on the Data Request line?"
)
INVERTED = phrase(
    "The signal is inverted: every bit of the telegrams is reversed. Use a cable made for P1,"
    " or set the cable's chip to invert RX (FT_PROG for FTDI)."
)
SEVEN_BIT = phrase(
    "These are telegrams with a parity bit: 7E1 read as 8N1. A Belgian meter sends 115200 8N1, "
    "so set the reader in between (ser2net, gateway) to that."
)
CR_STRIPPED = phrase(
    "The telegrams arrive without carriage returns, so their CRC can never match. A device or"
    " program in between turns CR LF into LF: set it to raw (stty raw; ser2net tcp, not telnet)."
)
NO_CRC = phrase(
    "The telegrams have no CRC, so errors cannot be detected: they are not used. The meter is"
    " older than DSMR 4, or a gateway omits the CRC."
)
CRC = phrase(
    "{bad} of {all} telegrams ({percent} %) fail their CRC: bytes are lost or damaged on the way. "
    "Try a shorter or shielded cable, or one with a pull-up resistor (Landis+Gyr E360)."
)
CUT = phrase(
    "Telegrams begin but are never complete: the next one starts before the end. Does another"
    " program read the same port?"
)
TOO_LONG = phrase("A telegram begins but never ends: this is not a P1 port, or its speed is wrong.")
NOISE = phrase(
    "{count} bytes of noise and no telegram: the speed is wrong (it must be 115200 baud), or the "
    "cable does not invert the signal."
)
OTHER_TEXT = phrase('Text arrives, but no telegram: "{text}". Is this another device?')
UNFINISHED = phrase("A telegram has begun but is not complete yet: {count} bytes so far.")


def shown(raw: bytes) -> str:
    """A damaged telegram for a log or a screen: every id in it masked, odd bytes escaped."""
    text = _ID.sub(_masked, raw.decode("latin-1")).replace("\r\n", "\n")
    return "\n".join(map(printable, text.split("\n")))


def sentence(sample: bytes, counts: Counts) -> str:
    """Fault and remedy, judged by the last SAMPLE_BYTES and the counts of the framer."""
    if counts.good:
        return _ratio(counts.good, counts.rejected)
    if not sample:
        return NO_DATA
    return _by_reason(counts.rejected) or _by_bytes(sample)


def _ratio(good: int, rejected: Mapping[Reason, int]) -> str:
    bad = rejected.get(Reason.CRC, 0)
    if not bad:
        return f"All is well: {good} good telegrams."
    return CRC.format(bad=bad, all=good + bad, percent=round(100 * bad / (good + bad)))


def _by_reason(rejected: Mapping[Reason, int]) -> str | None:
    """The most telling of the framer's reasons; one with a known remedy has priority."""
    bad = rejected.get(Reason.CRC, 0)
    remedies = {
        Reason.CR_STRIPPED: CR_STRIPPED,
        Reason.SEVEN_BIT: SEVEN_BIT,
        Reason.NO_CRC: NO_CRC,
        Reason.CRC: CRC.format(bad=bad, all=bad, percent=100),
        Reason.CUT: CUT,
    }
    return next((text for reason, text in remedies.items() if rejected.get(reason)), None)


def _by_bytes(sample: bytes) -> str:
    """Diagnosis of bytes in which the framer found nothing."""
    if OBIS.search(sample.translate(COMPLEMENT)):
        return INVERTED
    if OBIS.search(sample):
        begun = len(sample) < SAMPLE_BYTES
        return UNFINISHED.format(count=len(sample)) if begun else TOO_LONG
    if OBIS.search(sample.translate(SEVEN_BITS)):
        return SEVEN_BIT
    text = sample.translate(None, NOT_TEXT)
    if len(text) < 0.9 * len(sample):
        return NOISE.format(count=len(sample))
    return OTHER_TEXT.format(text=" ".join(text.decode("ascii").split())[:60])


def _masked(found: re.Match[str]) -> str:
    return f"{found[0][:2]}…"
