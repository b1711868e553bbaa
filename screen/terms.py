"""Words in the data of messages, marked for the catalogues.

The lines of a bill and of the telegram, prices, states: they are sent in English, and a screen
translates them (base.language). Whole sentences are marked in their modules.
"""

from base.language import phrase

BILL = (
    phrase("energy"), phrase("energy day"), phrase("energy night"), phrase("certificates"),
    phrase("distribution"), phrase("transport"), phrase("capacity"), phrase("maximum tariff"),
    phrase("excise"), phrase("energy contribution"), phrase("energy fund"),
    phrase("connection fee"), phrase("data management"), phrase("grid fixed"),
    phrase("power term"), phrase("public service"), phrase("fixed fee"), phrase("other"),
    phrase("electricity"), phrase("gas"), phrase("water"), phrase("water basic rate"),
    phrase("water comfort rate"), phrase("water fixed fee"),
)  # fmt: skip
TELEGRAM = (
    phrase("version"), phrase("grid"), phrase("meter"), phrase("meter time"),
    phrase("offtake total"), phrase("injection total"), phrase("tariff"), phrase("day"),
    phrase("night"), phrase("demand this quarter"), phrase("injection demand this quarter"),
    phrase("month peak"), phrase("injection month peak"), phrase("month peaks"),
    phrase("offtake"), phrase("offtake L{phase:d}"), phrase("injection L{phase:d}"),
    phrase("voltage L{phase:d}"), phrase("current L{phase:d}"), phrase("main breaker"),
    phrase("on"), phrase("off"), phrase("ready, press 5 s"), phrase("power limit"),
    phrase("current limit"), phrase("no limit"), phrase("message"), phrase("message code"),
    phrase("power failures"), phrase("long power failures"), phrase("voltage sags L{phase:d}"),
    phrase("voltage swells L{phase:d}"), phrase("relay {channel:d}"), phrase("medium {channel:d}"),
    phrase("sub-meter {channel:d}"), phrase("sub-meter EAN {channel:d}"),
    phrase("sub-meter reading {channel:d}"), phrase("valve {channel:d}"), phrase("closed"),
    phrase("open"), phrase("heat"), phrase("cold"), phrase("warm water"),
    phrase("not understood"), phrase("highest of {count:d}: {kw:.3f} kW in {month}"),
)  # fmt: skip
STATES = (
    phrase("no car"), phrase("car connected"), phrase("charging"), phrase("error"),
    phrase("unknown"), phrase("owner"), phrase("a guest"), phrase("auto"),
)  # fmt: skip
