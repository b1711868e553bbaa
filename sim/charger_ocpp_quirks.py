"""Deviations of charging stations in the field, and the makers that are known for them."""

from collections.abc import Mapping
from enum import StrEnum


class Quirk(StrEnum):
    """Deviations of stations in the field."""

    STACK_ZERO = "takes stack level 0 only"
    RELATIVE = "takes relative profiles only"
    NO_SESSION = "refuses profiles of a transaction"
    ONE_PERIOD = "takes one period without an end"
    REFUSES = "refuses every profile: its energy manager is not to be controlled from outside"
    DEAF = "accepts every profile and does nothing"
    WATTS = "takes set-points in W only"
    FORGETS = "forgets its profiles when its line drops, and gives its maximum"
    NO_TRIGGER = "knows no TriggerMessage"
    VAIN_TRIGGER = "accepts TriggerMessage and sends nothing"
    SLOW_METER = "sends meter values each 30 s at most"
    SHORT_WISH = "refuses to measure what it offers"
    CARD = "waits for a card, or a start from outside"
    LOCKED = "after its own restart waits until the car is unplugged"
    HISTORY = "sends days of kept messages at first contact"
    ODD = "sends long serials, unknown units and measurands, numbers for texts"
    CALLS_ALL_CHARGING = "says Charging as long as there is a transaction"
    SWITCHES = "switches between one and three phases"
    ONE_TOTAL = "measures only total power and energy"
    RELATIVE_TOLD = "takes relative profiles only, and counts from when they came"
    NO_COMPOSITE = "knows no GetCompositeSchedule"
    TWICE = "dials a second time while its first line is open"
    WISH_REBOOTS = "restarts when its measurands are changed, and forgets the change"
    FULL_AFTER_PAUSE = "gives its maximum after a pause, until it is told once more"
    NO_IDLE_POWER = "leaves its power out while nothing flows"
    LATE_REDIAL = "dials again ten minutes after its line dropped"
    UPSET = "restarts when its availability is changed"
    BOOTS_EACH_LINE = "says that it started on each line, though it did not"


MAKERS: Mapping[str, frozenset[Quirk]] = {
    "ABB": frozenset({Quirk.STACK_ZERO, Quirk.WISH_REBOOTS}),
    "Alfen": frozenset({Quirk.HISTORY}),
    "Autel": frozenset({Quirk.CARD}),
    "Easee": frozenset({Quirk.CARD, Quirk.SHORT_WISH, Quirk.SLOW_METER}),
    "EN+": frozenset({Quirk.UPSET, Quirk.ODD}),
    "EVBox": frozenset({Quirk.SHORT_WISH, Quirk.NO_SESSION}),
    "FoxESS": frozenset({Quirk.LATE_REDIAL}),
    "go-e": frozenset({Quirk.FORGETS, Quirk.FULL_AFTER_PAUSE}),
    "Huawei": frozenset({Quirk.WATTS}),
    "Mennekes": frozenset({Quirk.NO_IDLE_POWER}),
    "Wallbox": frozenset({Quirk.RELATIVE, Quirk.LOCKED}),
}
"""The known deviations of each maker; one that refuses everything is left out."""
