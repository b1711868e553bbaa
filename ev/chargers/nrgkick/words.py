"""States and refusals of an NRGkick, as sentences that tell the owner what to do.

Source: the vendor's JSON API page (codes, texts). An unknown code is shown as its number.
"""

from base.language import clause, phrase

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
    1: phrase("the socket has no protective earth: have an electrician look at it"),
    2: phrase("its blackout protection limits the charging"),
    3: phrase("its energy limit is reached: set it higher, or to none, in the NRGkick app"),
    4: phrase("the car does not follow the charging standard"),
    5: phrase("the car requests a charging mode that is not available"),
    6: phrase("no plug attachment found: click the attachment in again"),
    7: phrase("no connection with its Type 2 attachment: click the attachment in again"),
    16: phrase("it is getting hot and charges slower"),
    17: phrase("its housing is getting hot and it charges slower: keep it out of the sun"),
    18: phrase("its attachment is getting hot and it charges slower: check the socket"),
    19: phrase("the domestic plug is getting hot and it charges slower: check the socket"),
}
ERRORS = {
    1: clause("has a general error: unplug the car and plug it in again"),
    2: clause("has a 32 A attachment on a 16 A unit: use a 16 A attachment"),
    3: clause("measures a voltage drop under load: check the socket and its cable"),
    4: clause("was unplugged under load"),
    5: clause("is not authorised at the Type 2 socket"),
    16: clause("detects a residual current: unplug the car and look for damage or water"),
    32: clause("gets a wrong pilot voltage from the car: unplug the car and plug it in again"),
    33: clause("gets an impermissible pilot signal from the car: unplug it and plug it in again"),
    34: clause("detects a faulty diode in the car: have the car checked"),
    48: clause("failed its earth self-test: check the socket's earth"),
    49: clause(
        "failed its residual current self-test: unplug it from the wall and plug it in again"
    ),
    50: clause("failed its relay self-test: unplug it from the wall and plug it in again"),
    51: clause("failed its earth and residual current self-tests: check the socket's earth"),
    52: clause("failed its earth and relay self-tests: check the socket's earth"),
    53: clause("failed its residual current and relay self-tests: plug it in again"),
    54: clause("failed all its self-tests: check the socket's earth"),
    64: clause("measures a wrong supply voltage"),
    65: clause("measures a wrong phase shift: check the socket's wiring"),
    66: clause("measures too high a voltage"),
    67: clause("measures too low a voltage"),
    68: clause("measures too high a voltage and no earth: have an electrician check the socket"),
    69: clause("measures too low a voltage and no earth: have an electrician check the socket"),
    70: clause("measures too low a grid frequency"),
    71: clause("measures too high a grid frequency"),
    72: clause("does not support this grid frequency"),
    73: clause("does not support this type of grid"),
    80: clause("is too hot: let it cool"),
    81: clause("reports that its housing is too hot: keep it out of the sun"),
    82: clause("reports that its attachment is too hot: check the socket"),
    83: clause("reports that its domestic plug is too hot: check the socket"),
}


def notice(error: int | None, rcd: int | None, warning: int | None) -> str:
    """The worst fault that it reports, to be read after its name; "" when healthy or unknown."""
    if error:
        unlisted = clause("reports error {code}, which its manual does not list", code=error)
        return f"{ERRORS.get(error, unlisted)}."
    if rcd:
        text = RCDS.get(rcd) or phrase("code {code}", code=rcd)
        return clause("switched off because of a residual current ({text}): check it.", text=text)
    if warning:
        text = WARNINGS.get(warning) or phrase("code {code}, not in its manual", code=warning)
        return clause("warns: {text}.", text=text)
    return ""


def refusal(text: str, path: str) -> str:
    """The reason for refusing `path`, to be read after its name, and the button to press."""
    if text == DISABLED:
        return clause("refuses access: in the NRGkick app switch on Extended, Local API, JSON API.")
    if SOLAR in text:
        return clause(
            "runs its own solar charging: switch it off in the NRGkick app; this program cannot"
            " ({text}).",
            text=text,
        )
    if "phase_count" in path:
        return clause("does not switch phases: allow it in the NRGkick app ({text}).", text=text)
    return clause("refuses {path}: {text}.", path=path, text=text)


UNAUTHORISED = clause(
    "refuses the user or password: copy those of Extended, Local API, Authentication (JSON) in"
    " the NRGkick app to secrets.json."
)
