"""Errors of a device on its wire, split by who must act. Each is a clause that follows
the device's name: "does not answer at 192.168.1.30:502".
"""


class DeviceError(Exception):
    """A fault of the device; set-points are retried after `again_s`."""

    again_s = 60.0


class TransientError(DeviceError):
    """A transient fault: no answer, no connection, busy."""

    again_s = 1.0


class RefusedError(DeviceError):
    """The device refuses; the text advises its owner. `code` is that of Modbus or HTTP."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class NonsenseError(DeviceError):
    """The device reports an impossible value."""


class IgnoredError(DeviceError):
    """The device accepts a set-point and does not keep or follow it."""

    again_s = 300.0


class OverruledError(DeviceError):
    """Another program controls the device too: it is left alone for a while."""

    again_s = 600.0
