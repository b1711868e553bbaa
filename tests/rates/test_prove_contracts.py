"""The comparison with the other calculator: equal bills pass, one cent on a line is found."""

from random import Random

from tests.prove.contracts import LINES, differences, house, ours


def test_a_house_is_compared_line_by_line() -> None:
    """The other side has this program's lines, with one changed and one unknown."""
    mine = ours(house(Random(1)))
    same = {name: sum(mine.get(line, 0.0) for line in lines) for name, lines in LINES.items()}
    same["taxes.total.total"] = mine["VAT"]
    assert differences(same, mine) == []
    for name, eur in same.items():
        (found,) = differences(same | {name: eur + 0.01}, mine)
        assert found.startswith(f"{name} ")
    assert differences(same | {"fees.fixed.new": 3.0}, mine) == [
        "fees.fixed.new 3.0000: not compared"
    ]
    assert differences({"error": "it failed"}, mine) == ["it failed"]
