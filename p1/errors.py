"""Errors of the P1 port, split by who must act.

Wrong bytes are no error: they are counted and dropped (p1.framing). A bad field is None.
"""


class P1Error(Exception):
    """Base of the errors of the P1 port, a sentence for the householder."""


class SettingError(P1Error, ValueError):
    """The householder must act: `serial_port` names nothing that can be opened. Do not retry."""


class LineError(P1Error):
    """No action needed: the line is busy, lost or silent now. Retry, with a growing pause."""
