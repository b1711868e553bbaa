"""A Python environment for packages that only a bench or a proof needs."""

import subprocess
import sys
from pathlib import Path

WHOLE = ".whole"
"""Marks an environment whose installation came to its end."""


def environment(place: Path, *packages: str) -> Path:
    """The interpreter of the environment in `place`, which is created if it is incomplete."""
    python = place / "bin" / "python"
    if not (place / WHOLE).exists():
        uv = str(Path(sys.executable).with_name("uv"))
        print(f"making {place}", file=sys.stderr)
        subprocess.run([uv, "venv", "-q", "--clear", "-p", sys.executable, str(place)], check=True)
        install = [uv, "pip", "install", "-q", "--python", str(python), *packages]
        subprocess.run(install, check=True)
        (place / WHOLE).touch()
    return python
