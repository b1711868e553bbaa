"""The checksum of a telegram: CRC-16/ARC. Source: eMUCS-P1 5.2.3, DSMR 5.0.2 P1 5.2.3."""

from fastcrc import crc16


def crc(data: bytes) -> int:
    """The CRC-16/ARC of `data`, 0 to 65535. For a telegram: over `/` up to and including `!`."""
    return crc16.arc(data)
