"""States and refusals of an NRGkick, as sentences that tell the owner what to do.

Source: the vendor's JSON API page (codes, texts). An unknown code is shown as its number.
"""

DISABLED = "API must be enabled within the NRGkick App"
SOLAR = "blocked by solar-charging"

RCDS = {
    1: "30 mA AC",
    2: "60 mA AC",
    3: "150 mA AC",
    4: "6 mA DC",
    5: "-6 mA DC",
}
WARNINGS = {
    1: "the socket has no protective earth: have an electrician look at it",
    2: "its blackout protection holds the charging back",
    3: "its energy limit is reached: set it higher, or to none, in the NRGkick app",
    4: "the car does not keep to the charging standard",
    5: "the car wants a charging mode it does not have",
    6: "it finds no plug attachment: click the attachment in again",
    7: "it cannot talk with its Type 2 attachment: click the attachment in again",
    16: "it is getting hot and charges slower",
    17: "its housing is getting hot and it charges slower: keep it out of the sun",
    18: "its attachment is getting hot and it charges slower: check the socket",
    19: "the domestic plug is getting hot and it charges slower: check the socket",
}
ERRORS = {
    1: "has a general error: unplug the car and plug it in again",
    2: "has a 32 A attachment on a 16 A unit: use a 16 A attachment",
    3: "sees the voltage drop under load: check the socket and its cable",
    4: "saw its plug pulled under load",
    5: "is not authorised at the Type 2 socket",
    16: "sees a residual current: unplug the car and look for damage or water",
    32: "gets a wrong pilot voltage from the car: unplug the car and plug it in again",
    33: "gets an impermissible pilot signal from the car: unplug it and plug it in again",
    34: "sees a faulty diode in the car: have the car looked at",
    48: "failed its earth self-test: check the socket's earth",
    49: "failed its residual current self-test: unplug it from the wall and plug it in again",
    50: "failed its relay self-test: unplug it from the wall and plug it in again",
    51: "failed its earth and residual current self-tests: check the socket's earth",
    52: "failed its earth and relay self-tests: check the socket's earth",
    53: "failed its residual current and relay self-tests: plug it in again",
    54: "failed all its self-tests: check the socket's earth",
    64: "sees a wrong supply voltage",
    65: "sees a wrong phase shift: check the socket's wiring",
    66: "sees too high a voltage",
    67: "sees too low a voltage",
    68: "sees too high a voltage and no earth: have an electrician look at the socket",
    69: "sees too low a voltage and no earth: have an electrician look at the socket",
    70: "sees too low a grid frequency",
    71: "sees too high a grid frequency",
    72: "does not know this grid frequency",
    73: "does not know this kind of grid",
    80: "is too hot: let it cool",
    81: "has too hot a housing: keep it out of the sun",
    82: "has too hot an attachment: check the socket",
    83: "has too hot a domestic plug: check the socket",
}


def notice(error: int | None, rcd: int | None, warning: int | None) -> str:
    """The worst fault that it reports, to be read after its name; "" when healthy or unknown."""
    if error:
        return ERRORS.get(error, f"reports error {error}, which its manual does not list") + "."
    if rcd:
        return f"switched off at a residual current ({RCDS.get(rcd, f'code {rcd}')}): look at it."
    if warning:
        return f"warns: {WARNINGS.get(warning, f'code {warning}, not in its manual')}."
    return ""


def refusal(text: str, path: str) -> str:
    """The reason for refusing `path`, to be read after its name, and the button to press."""
    if text == DISABLED:
        return "is closed to us: in the NRGkick app switch on Extended, Local API, JSON API."
    if SOLAR in text:
        return (
            "charges by the sun on its own: in the NRGkick app switch off solar charging, "
            f"which cannot be done from here ({text})."
        )
    if "phase_count" in path:
        return f"does not switch phases: allow it in the NRGkick app ({text})."
    return f"refuses {path}: {text}."


UNAUTHORISED = (
    "needs another user and password: those of Extended, Local API, Authentication (JSON) in the "
    "NRGkick app belong in secrets.json."
)
