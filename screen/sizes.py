"""The sizes of a screen: a layout for each, and one sentence where the terminal is too small."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from screen.primitives import (
    DIM,
    LARGE,
    MEDIUM,
    SMALL,
    Block,
    Frame,
    Glyphs,
    Size,
    restyled,
    stacked,
    too_small,
)

V = TypeVar("V")
Layout = Callable[[V, Size, Glyphs], Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes(Generic[V]):
    """A screen: its header above the layout for the size. `dim` is True when its facts are old."""

    headline: Callable[[V, Glyphs], str]
    header: Callable[[V, int, Glyphs], Block]
    small: Layout[V]
    medium: Layout[V]
    large: Layout[V]
    dim: Callable[[V], bool] = lambda _: False

    def __call__(self, view: V, size: Size, glyphs: Glyphs) -> Frame:
        """The screen at exactly this size."""
        if not size.holds(SMALL):
            return too_small(self.headline(view, glyphs), size, SMALL, glyphs)
        layout = (
            self.large if size.holds(LARGE) else self.medium if size.holds(MEDIUM) else self.small
        )
        body = layout(view, Size(size.columns, size.rows - 1), glyphs)
        head = self.header(view, size.columns, glyphs)
        return Frame(size, stacked(head, restyled(body, DIM) if self.dim(view) else body))
