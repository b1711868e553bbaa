"""The catalogues of locales/, read at start: .po as translators edit it, without a build step.

Edge: the files of locales/. A text becomes a catalogue of the standard library's gettext, which
chooses plurals by the rule in the file's header.
"""

import io
import json
import re
import struct
from collections.abc import Iterator, Mapping
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from base.language import CODES, ENGLISH, Language, reasons, whole

LOCALES = Path(__file__).resolve().parent.parent / "locales"
SCREENS, REASONS, CLAUSES = "screens.po", "reasons.po", "clauses.po"
SETTINGS, SETUP = "settings.po", "setup.po"
_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])? (".*")')
_MAGIC = 0x950412DE
UTF8 = "Content-Type: text/plain; charset=utf-8\n"
"""Default header of a catalogue."""


def language(code: str, *, setup: bool = False) -> Language:
    """The language with its catalogues, with that of `setup` for its commands.

    FileNotFoundError without a catalogue in locales/.
    """
    if code == "en":
        return ENGLISH
    told = entries((LOCALES / code / SCREENS).read_text(encoding="utf-8"))
    known = entries((LOCALES / code / REASONS).read_text(encoding="utf-8"))
    known |= entries((LOCALES / code / SETTINGS).read_text(encoding="utf-8"))
    clauses = entries((LOCALES / code / CLAUSES).read_text(encoding="utf-8"))
    known |= {whole(key): whole(text) for key, text in clauses.items() if key}
    if setup:
        known |= entries((LOCALES / code / SETUP).read_text(encoding="utf-8"))
    read_back = reasons(key for key in known if key and "\0" not in key)
    return Language(code, translations({**told, **known}), read_back)


def chosen(setting: str, environ: Mapping[str, str]) -> str:
    """The code of the language: the householder's, or with "auto" that of the locale."""
    if setting != "auto":
        return setting
    told = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    code = next(filter(None, told), "")[:2].lower()
    return code if code in CODES else "en"


def entries(text: str) -> dict[str, str]:
    """The translated entries of a .po text; plurals as gettext joins them, with NUL."""
    return {
        key: translated
        for key, translated in map(_entry, _paragraphs(text))
        if translated.strip("\0")
    }


def translations(told: Mapping[str, str]) -> NullTranslations:
    """The entries as a gettext catalogue. The format: GNU gettext manual, "MO Files"."""
    ids, texts = b"", b""
    table: list[tuple[int, int, int, int]] = []
    for key, text in sorted((k.encode(), t.encode()) for k, t in {"": UTF8, **told}.items()):
        table.append((len(key), len(ids), len(text), len(texts)))
        ids += key + b"\0"
        texts += text + b"\0"
    count = len(table)
    first = 7 * 4 + 16 * count
    head = struct.pack("<7I", _MAGIC, 0, count, 28, 28 + 8 * count, 0, 0)
    keys = b"".join(struct.pack("<2I", size, first + at) for size, at, _, _ in table)
    values = b"".join(struct.pack("<2I", size, first + len(ids) + at) for _, _, size, at in table)
    return GNUTranslations(io.BytesIO(head + keys + values + ids + texts))


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    """Each entry as its fields; fuzzy ones are left out."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        at = ""
        for line in paragraph.splitlines():
            if found := _LINE.fullmatch(line.strip()):
                at = found[1] + (found[2] or "")
                fields[at] = json.loads(found[3])
            elif line.startswith('"') and at:
                fields[at] += json.loads(line.strip())
            elif line.startswith("#,") and "fuzzy" in line:
                fields["fuzzy"] = ""
        if "msgid" in fields and ("fuzzy" not in fields or not fields["msgid"]):
            yield fields


def _entry(fields: Mapping[str, str]) -> tuple[str, str]:
    if "msgid_plural" in fields:
        forms = [text for name, text in sorted(fields.items()) if name.startswith("msgstr")]
        return f"{fields['msgid']}\0{fields['msgid_plural']}", "\0".join(forms)
    return fields["msgid"], fields.get("msgstr", "")
