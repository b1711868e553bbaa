"""Easter and the public holidays, on the real dates."""

from base.holidays import easter, holidays


def test_easter_falls_where_the_church_puts_it() -> None:
    """Known dates of Easter, with the earliest and the latest in use."""
    known = ("2008-03-23", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25")
    assert [easter(int(day[:4])).isoformat() for day in known] == list(known)


def test_belgium_has_ten_public_holidays() -> None:
    """2026: the seven fixed days, Easter Monday, Ascension and Whit Monday."""
    assert {f"{day:%m-%d}" for day in holidays(2026)} == {
        *("01-01", "05-01", "07-21", "08-15", "11-01", "11-11", "12-25"),
        *("04-06", "05-14", "05-25"),
    }
