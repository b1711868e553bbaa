"""Errors of a device on its wire, split by who must act. Each is a clause that follows
the device's name: "does not answer at 192.168.1.30:502".
"""


class DeviceError(Exception):
    """Something is wrong; set-points are tried again after `again_s`."""

    again_s = 60.0


class TransientError(DeviceError):
    """It passes by itself: no answer, no connection, busy."""

    again_s = 1.0


class RefusedError(DeviceError):
    """The device says no; the text says what its owner can do. `code` is Modbus' or HTTP's."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class NonsenseError(DeviceError):
    """The device says what cannot be."""


class IgnoredError(DeviceError):
    """The device accepts a set-point and does not keep it, or does not do it."""

    again_s = 300.0


class OverruledError(DeviceError):
    """Another program controls the device too: it is left alone for a while."""

    again_s = 600.0
