"""config.py as text: changes one value, and keeps every comment and other value."""

import ast


def value_of(text: str, key: str) -> str | None:
    """Source text of the value of `key`; None when it is not set. SyntaxError for no Python."""
    node = _value(text, key)
    return None if node is None else ast.get_source_segment(text, node)


def with_value(text: str, key: str, value: str) -> str:
    """The text with this value of `key`, added at the end if missing."""
    node = _value(text, key)
    if node is None:
        return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}\n{key} = {value}\n"
    raw = text.encode()
    start = _place(raw, node.lineno, node.col_offset)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    end = _place(raw, node.end_lineno, node.end_col_offset)
    return (raw[:start] + value.encode() + raw[end:]).decode()


def _value(text: str, key: str) -> ast.expr | None:
    """The expression last given to `key` on the top level."""
    found: ast.expr | None = None
    for node in ast.parse(text).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == key:
                found = value
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if name == key:
                found = value or found
    return found


def _place(raw: bytes, line: int, column: int) -> int:
    """The byte offset of this line (from 1) and column (bytes, from 0)."""
    lines = raw.splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column
