"""Import rules of the architecture, and the forbidden accesses of pure modules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEVELS = [
    {"base", "config"},
    {"p1"},
    {"rates", "peak", "sun", "ev", "bs", "plan", "notify"},
    {"my_socket", "apps", "store", "screen", "sim", "backtest", "web"},
    {"dm", "ev_app", "bs_app", "mqtt_app", "whatif", "bench", "setup"},
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# Within a level a room imports no other, except these.
SIDEWAYS = {
    ("apps", "my_socket"),  # a program's parts answer requests of a connection
    ("apps", "screen"),  # and fill the view for the screen
    ("apps", "sim"),  # a simulated device stands in for a real one by configuration
    ("apps", "store"),  # and store data that must survive a restart
    ("web", "my_socket"),  # the answers to plain HTTP
    ("bench", "ev_app"),  # a benchmark measures the whole program
}
# Rooms that may run on another machine: they import only the ground floor of this project.
ALONE = {"ev", "bs"}

# The edge modules of the deciding rooms: their docstrings name the other end of their connection.
# Every other module of p1, rates, peak and sun is pure.
EDGES = (
    "bs/devices/",
    "ev/calendars/",
    "ev/cars/",
    "ev/chargers/alfen/driver.py",
    "ev/chargers/charger.py",
    "ev/chargers/device.py",
    "ev/chargers/driver.py",
    "ev/chargers/goe/driver.py",
    "ev/chargers/heidelberg/driver.py",
    "ev/chargers/homeassistant/driver.py",
    "ev/chargers/http_wire.py",
    "ev/chargers/keba/driver.py",
    "ev/chargers/modbus_registers.py",
    "ev/chargers/nrgkick/driver.py",
    "ev/chargers/ocpp/calls.py",
    "ev/chargers/ocpp/central.py",
    "ev/chargers/ocpp/default_profile.py",
    "ev/chargers/ocpp/driver.py",
    "ev/chargers/ocpp/first_contact.py",
    "ev/chargers/ocpp/line.py",
    "ev/chargers/peblar/driver.py",
    "ev/chargers/registry.py",
    "notify/senders/",
    "plan/worker.py",
    "rates/catalogue/files.py",
    "rates/files.py",
    "p1/source/",
    "p1/__main__.py",
    "rates/prices/fetch.py",
    "rates/prices/service.py",
    "sun/service.py",
)
PURE_ROOMS = ("p1", "rates", "peak", "sun", "ev", "bs", "plan", "notify")
IMPURE_MODULES = {
    "asyncio", "socket", "random", "time", "os", "subprocess", "threading", "aiohttp",
    "serial", "serial_asyncio", "sqlite3",
}  # fmt: skip
IMPURE_CALLS = {"open", "now", "utcnow", "today", "input", "print"}


def modules() -> list[Path]:
    rooms = [ROOT / f"{room}.py" for room in LEVEL] + [
        path for room in LEVEL for path in sorted((ROOT / room).glob("**/*.py"))
    ]
    return sorted(path for path in rooms if path.exists())


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def syntax(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


@cache
def imports(path: Path) -> frozenset[str]:
    found = set[str]()
    for node in syntax(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def offence(own: str, name: str) -> str | None:
    """The reason that room `own` may not import room `name`; None if it may."""
    if own == name:
        return None
    if LEVEL[name] > LEVEL[own]:
        return f"{own} imports {name} from above"
    if LEVEL[name] == LEVEL[own] and (own, name) not in SIDEWAYS:
        return f"{own} imports {name} sideways"
    if own in ALONE and name != "base":
        return f"{own} imports {name}, and may run without it"
    return None


def test_imports_only_from_below() -> None:
    """A room imports itself, the rooms below it, and the rooms that SIDEWAYS lists."""
    offences = {
        f"{path.relative_to(ROOT)}: {found}"
        for path in modules()
        for name in imports(path) & set(LEVEL)
        if (found := offence(room_of(path), name))
    }
    assert not offences


@pytest.mark.parametrize(
    ("own", "name"),
    [("ev", "plan"), ("ev", "sun"), ("store", "screen"), ("store", "apps"), ("screen", "sim")],
)
def test_a_planted_import_fails(tmp_path: Path, own: str, name: str) -> None:
    """Each forbidden import is detected in a module that contains it."""
    module = tmp_path / "planted.py"
    module.write_text(f"from {name} import anything\n", encoding="utf-8")
    assert [offence(own, found) for found in imports(module)] != [None]


def test_no_permission_without_use() -> None:
    """An unused sideways permission must be removed from the list."""
    used = {(room_of(path), name) for path in modules() for name in imports(path)}
    assert used >= SIDEWAYS


def pure_modules() -> list[Path]:
    return [
        path
        for path in modules()
        if room_of(path) in PURE_ROOMS and not str(path.relative_to(ROOT)).startswith(EDGES)
    ]


def touched(path: Path) -> Iterator[str]:
    """The accesses of this module to clock, files, network or randomness."""
    yield from sorted(imports(path) & IMPURE_MODULES)
    for node in syntax(path):
        if isinstance(node, ast.AsyncFunctionDef):
            yield f"a coroutine, line {node.lineno}"
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in IMPURE_CALLS:
                yield f"{name}(), line {node.lineno}"


def test_pure_modules_touch_nothing() -> None:
    """A deciding module has no clock, file, socket, coroutine or randomness."""
    found = {
        f"{path.relative_to(ROOT)}: {each}" for path in pure_modules() for each in touched(path)
    }
    assert not found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import time\n", "time"),
        ("async def wait():\n    pass\n", "a coroutine, line 1"),
        ("x = datetime.now()\n", "now(), line 1"),
    ],
)
def test_a_planted_touch_is_found(tmp_path: Path, text: str, found: str) -> None:
    module = tmp_path / "planted.py"
    module.write_text(text, encoding="utf-8")
    assert list(touched(module)) == [found]


def test_every_top_level_name_has_a_level() -> None:
    """A new room needs a level before it is used."""
    known = set(LEVEL) | {"tests", "docs"}
    found = {path.stem for path in ROOT.glob("*.py")} | {
        path.parent.name for path in ROOT.glob("*/__init__.py")
    }
    assert found <= known
