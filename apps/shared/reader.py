"""The language and the glyphs in which a program writes to its householder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from apps.shared.settings import Settings, load_settings
from base.catalogue import chosen, language
from base.checked import ConfigError
from base.language import Language

if TYPE_CHECKING:
    from screen.primitives import Glyphs


def language_of(settings: Settings, environ: Mapping[str, str]) -> Language:
    """The householder's language, with its catalogues read."""
    return language(chosen(settings.language, environ))


def reader_of(config: Path, environ: Mapping[str, str]) -> Language:
    """The language of the setup commands: the householder's, or that of the locale where the
    settings cannot be read."""
    try:
        setting: str = load_settings(config).language
    except ConfigError:
        setting = "auto"
    return language(chosen(setting, environ), setup=True)


def glyphs_of(settings: Settings, environ: Mapping[str, str]) -> "Glyphs":
    """The glyphs of the terminal, with the householder's language."""
    from screen.primitives import GLYPHS  # and with it rich: who has no screen does not load it

    return replace(GLYPHS[settings.glyphs], language=language_of(settings, environ))
