"""read.js in the browser translates each sentence as Language.read does in the programs.

Both translate the same sentences: each sentence of the catalogue, filled in several ways, in Dutch
and French. The test needs node and fails without it.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from base.catalogue import language
from base.language import CODES, Language, phrase
from tests.locales.sources import CLAUSE, marked, travelling
from web.site import STATIC, reasons_told

TRANSLATED = [code for code in CODES if code != "en"]
TEXTS = ("q4", "the car of my aunt", "192.168.1.50:502", "Fri 07:30", "6 Jan 17:15", "Jan 2026")
REASONS = (
    "a later hour is cheaper",
    "main does not answer at 192.168.1.50:502.",
    "waiting: 1.2 kW is left under the main fuse; q4 cannot be reached: it closed the connection",
    "nobody knows this: 12.5 kW, 3 h; from Fri 07:30",
)
NUMBERS = (0.0, -0.05, 1.2, 1234.5678, 12345678.9, 7.0)
ASK = """
import { readFileSync } from 'node:fs';
import { known, translated } from './read.js';
const words = known(JSON.parse(readFileSync('told.json', 'utf8')));
const sentences = JSON.parse(readFileSync('sentences.json', 'utf8'));
console.log(JSON.stringify(sentences.map((each) => translated(words, each, 0))));
"""


def filled(message: str) -> Iterator[str]:
    """The sentence filled with names, times, numbers of each size, and other sentences."""
    others = (*TEXTS, *REASONS)
    for case in (0, 3):
        values: dict[str, object] = {}
        for at, (_, name, spec, _) in enumerate(Formatter().parse(message), case):
            if name is None:
                continue
            number = NUMBERS[at % len(NUMBERS)]
            if (spec or "").endswith("d"):
                values[name] = round(number)
            elif (spec or "").endswith(("f", "g")):
                values[name] = number
            else:
                values[name] = others[at % len(others)]
        yield phrase(message, **values)


def sentences() -> list[str]:
    """Each sentence of the catalogue: alone, with a full stop, and joined with others."""
    told = [each for message in (*travelling(), *marked(CLAUSE)) for each in filled(message)]
    stopped = [f"{each}." for each in told[::2]]
    joined = [
        f"{one}{joint}{other}"
        for joint in ("; ", ": ", ", ", ". ")
        for one, other in zip(told[::7], told[3::7], strict=False)
    ]
    return [*told, *stopped, *joined, *REASONS, *TEXTS]


def read_in_node(told: Language, given: list[str], folder: Path) -> list[str]:
    """Translations made by read.js under node."""
    node = shutil.which("node")
    assert node, "this test needs node: sudo apt-get install nodejs"
    for file in STATIC.glob("*.js"):
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "ask.js").write_text(ASK)
    (folder / "told.json").write_text(json.dumps(reasons_told(told)))
    (folder / "sentences.json").write_text(json.dumps(given))
    done = subprocess.run(
        [node, "ask.js"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: list[str] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_browser_reads_a_sentence_as_the_programs_do(code: str, tmp_path: Path) -> None:
    told, given = language(code), sentences()
    assert len(given) > 3 * len(travelling())
    theirs = read_in_node(told, given, tmp_path)
    assert len(theirs) == len(given)
    other = [
        (sentence, ours, read)
        for sentence, read in zip(given, theirs, strict=True)
        if (ours := told.read(sentence)) != read
    ]
    assert not other
