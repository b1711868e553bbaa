"""Errors of a file that was given."""

SHOWN = 60


class FileError(ValueError):
    """A file with wrong contents: the file, the line, its content, and what is allowed."""

    def __init__(self, source: str, line: int, what: str, value: str | None = None) -> None:
        said = "" if value is None else f" (it says {value[:SHOWN]!r})"
        super().__init__(f"{source}, line {line}: {what}{said}")
        self.line = line
        self.value = value
