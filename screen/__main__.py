"""Draws the example house: `python -m screen [SCREEN] [--size 120x40] [--language nl]`.

With --pictures it writes the pictures of the documents into docs/images/.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from base.catalogue import language
from base.language import CODES
from screen.battery import layout as battery
from screen.battery import sample as battery_sample
from screen.charging import layout as charging
from screen.charging.sample import charging_example
from screen.meter import layout as meter
from screen.meter import sample
from screen.picture import to_svg
from screen.primitives import GLYPHS, UNICODE, Frame, Glyphs, Size
from screen.terminal import ansi

SCREENS = ("meter", "charging", "battery")
TITLES = {"meter": "tmux a -t dm", "charging": "tmux a -t ev", "battery": "tmux a -t bs"}
PICTURES = {"meter": Size(120, 40), "charging": Size(80, 24), "battery": Size(80, 24)}
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"


def frame_of(screen: str, size: Size, glyphs: Glyphs) -> Frame:
    """The example of this screen, at this size."""
    match screen:
        case "charging":
            return charging.render(charging_example(), size, glyphs)
        case "battery":
            return battery.render(battery_sample.example(), size, glyphs)
        case _:
            return meter.render(sample.example(), size, glyphs)


def pictures() -> dict[Path, str]:
    """The pictures of the documents, by file."""
    return {
        FOLDER / f"{name}.svg": to_svg(frame_of(name, size, UNICODE), TITLES[name])
        for name, size in PICTURES.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m screen", description=__doc__)
    parser.add_argument("screen", nargs="?", choices=SCREENS, default="meter")
    parser.add_argument("--size", type=_size, default=Size(120, 40), help="columns x rows")
    parser.add_argument("--glyphs", choices=sorted(GLYPHS), default="unicode")
    parser.add_argument("--language", choices=CODES, default="en")
    parser.add_argument("--pictures", action="store_true", help="write docs/images/")
    given = parser.parse_args()
    if given.pictures:
        for path, svg in pictures().items():
            path.write_text(svg, encoding="utf-8")
        return
    glyphs = replace(GLYPHS[given.glyphs], language=language(given.language))
    frame = frame_of(given.screen, given.size, glyphs)
    if not sys.stdout.isatty():
        print(frame.text)
        return
    for row in frame.rows:
        print(ansi(row, colour=not os.environ.get("NO_COLOR")))


def _size(text: str) -> Size:
    columns, _, rows = text.partition("x")
    return Size(int(columns), int(rows))


if __name__ == "__main__":
    main()
