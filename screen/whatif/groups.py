"""The reading order of the lines of a bill, and their receivers."""

from rates.bill import Line

GROUPS = {
    "supplier": ("energy", "energy day", "energy night", "certificates", "fixed fee"),
    "grid": (
        "distribution",
        "transport",
        "connection fee",
        "data management",
        "grid fixed",
        "power term",
        "public service",
    ),
    "peak": ("capacity", "maximum tariff"),
    "levies": ("excise", "energy contribution", "energy fund"),
    "injection": ("injection", "injection day", "injection night"),
}
_GROUP = {name: group for group, names in GROUPS.items() for name in names}
_PLACE = {name: place for place, name in enumerate(_GROUP)}
ENERGIES = ("electricity", "gas", "water", None)


def group_of(line: Line) -> str:
    """Receivers of the money: supplier, grid, peak, levies; injection; gas and water as a whole."""
    if line.energy in ("gas", "water"):
        return line.energy
    return _GROUP.get(line.name, "other")


def place_of(line: Line) -> tuple[int, int]:
    """The position of a line on any bill."""
    return ENERGIES.index(line.energy), _PLACE.get(line.name, len(_PLACE))
