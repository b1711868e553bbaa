"""Every marked sentence is translated, and every sentence in a message is recognised."""

from string import Formatter

import pytest

from base.catalogue import (
    CLAUSES,
    LOCALES,
    REASONS,
    SCREENS,
    SETTINGS,
    SETUP,
    chosen,
    entries,
    language,
    translations,
)
from base.language import CODES, ENGLISH, Language, phrase, reasons
from tests.locales.sources import SETTING, TRAVELLING, catalogues, marked, travelling

TRANSLATED = [code for code in CODES if code != "en"]
CATALOGUES = (SCREENS, REASONS, CLAUSES, SETTINGS, SETUP)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize("name", CATALOGUES)
def test_every_sentence_is_translated(name: str, code: str) -> None:
    """The catalogue has exactly the sentences marked in the code."""
    told = entries((LOCALES / code / name).read_text(encoding="utf-8"))
    found = catalogues()[name]
    missing = {key: where for key, where in found.items() if key not in told}
    assert not missing, "run locales/update.sh and translate these"
    assert not set(told) - set(found) - {""}


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize("name", CATALOGUES)
def test_a_translation_has_the_placeholders_of_its_sentence(name: str, code: str) -> None:
    """A missing placeholder loses a number; a misspelt one fails on the screen."""
    told = entries((LOCALES / code / name).read_text(encoding="utf-8"))
    wrong = [
        (key, text)
        for key, text in told.items()
        for form in text.split("\0")
        if key and placeholders(form) != placeholders(key.rpartition("\0")[2])
    ]
    assert not wrong


def test_each_sentence_that_travels_is_read_back() -> None:
    """A filled sentence is recognised as itself, not as a similar one."""
    travels = {*travelling(), *marked(SETTING), *marked(TRAVELLING, ("setup",))}
    known, lost = reasons(travels), []
    for message in sorted(travels):
        values: dict[str, object] = {}
        for place, (_, name, spec, _) in enumerate(Formatter().parse(message)):
            if name:
                numeric = (spec or "").endswith(("f", "d", "g"))
                values[name] = place + 2 if numeric else f"Xyz{place}"
        told = Language("en", translations({message: "found " + message}), known)
        if not told.read(phrase(message, **values)).startswith("found "):
            lost.append(message)
        clause = message.removeprefix("{subject} ")
        if clause != message:
            told = Language("en", translations({message: "{subject} found"}), known)
            bare = phrase(clause, **values)
            if (told.read(bare), told.read(f"my car {bare}")) != ("found", "my car found"):
                lost.append(clause)
    assert not lost


def test_a_number_is_written_as_belgians_write_it() -> None:
    """Dutch and French use 1.234,56; the thousands separator needs enough width."""
    dutch = language("nl")
    assert dutch.number(1234.56) == "1.234,56"
    assert dutch.number(1234.56, 8) == " 1234,56"
    assert dutch.number(-0.001, 6) == "  0,00"
    assert dutch.number(None, 6) == "     -"
    assert ENGLISH.number(1234.56) == "1234.56"
    assert dutch.say("{kw:.2f} kW to spare", kw=0.5) == "0,50 kW over"


def test_plurals_follow_the_language() -> None:
    """Zero is plural in Dutch and singular in French."""
    assert language("nl").many("{count} day", "{count} days", 0) == "0 dagen"
    assert language("fr").many("{count} day", "{count} days", 0) == "0 jour"
    assert language("fr").many("{count} day", "{count} days", 2) == "2 jours"


def test_a_sentence_within_a_sentence_is_read_too() -> None:
    """Numbers, days and inner sentences are translated; unknown text is left as it is."""
    known = reasons(["{car} waits: {reason}", "{kw:.2f} kW is free"])
    table = {
        "{car} waits: {reason}": "{car} wacht: {reason}",
        "{kw:.2f} kW is free": "{kw} kW vrij",
    }
    dutch = Language("nl", translations(table), known)
    assert dutch.read("q4 waits: 1.25 kW is free") == "q4 wacht: 1,25 kW vrij"
    assert dutch.read("q4 waits: because, from Fri 07:30") == "q4 wacht: because, from vr 07:30"
    assert dutch.read("hello <b>; 1.25 kW is free") == "hello <b>; 1,25 kW vrij"
    assert dutch.read("192.168.1.50 at v0.2.0") == "192.168.1.50 at v0.2.0"


@pytest.mark.parametrize(
    ("setting", "environ", "code"),
    [
        ("fr", {"LANG": "nl_BE.UTF-8"}, "fr"),
        ("auto", {"LANG": "nl_BE.UTF-8"}, "nl"),
        ("auto", {"LC_ALL": "fr_BE", "LANG": "nl_BE"}, "fr"),
        ("auto", {"LANG": "de_BE.UTF-8"}, "en"),
        ("auto", {}, "en"),
    ],
)
def test_auto_is_the_locale_of_the_machine(
    setting: str, environ: dict[str, str], code: str
) -> None:
    """A locale that is not one of the three gives English."""
    assert chosen(setting, environ) == code


def test_a_catalogue_is_read_as_translators_leave_it() -> None:
    """Wrapped lines, escapes and comments are read; fuzzy and empty entries are ignored."""
    told = entries(
        'msgid ""\nmsgstr "Language: nl\\n"\n\n# why\n#: a.py\nmsgid ""\n"one "\n"\\"two\\""\n'
        'msgstr "een \\"twee\\""\n\n#, fuzzy\nmsgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstr ""\n'
    )
    assert told == {"": "Language: nl\n", 'one "two"': 'een "twee"'}
