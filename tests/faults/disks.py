"""Disks that fail while dm runs: an SD card that turns read-only, a full disk under the log.

The faults need root, mkfs.ext4 and mounts; they are skipped where these are missing.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.fault import CannotError, Fault, Outcome
from tests.faults.kills import MOMENTS, books, disturbed, evening, undisturbed, usage
from tests.faults.stage import Stage, now_s, stage

READ_ONLY_FROM = 60
UNWRITTEN = b"quarters.db cannot be written now"
UNLOGGED = b"The log cannot be written now"


def tool(*command: str) -> str:
    """The output of a tool. CannotError if it is missing or failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotError(f"{command[0]}: {getattr(error, 'stderr', '') or error}") from None


class Card:
    """A small ext4 file system in a file, mounted as Raspberry Pi OS mounts its SD card."""

    def __init__(self, folder: Path) -> None:
        self.place, self._image = folder / "card", folder / "card.img"
        self.place.mkdir()
        with self._image.open("wb") as image:
            image.truncate(16 << 20)
        tool("mkfs.ext4", "-q", "-F", str(self._image))
        self._mount()

    def fail(self) -> None:
        """Make the kernel find an error and mount it read-only, as on a worn card."""
        device = tool("findmnt", "-no", "SOURCE", str(self.place))
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")
        with suppress(OSError):
            (self.place / "x").touch()
            raise CannotError("ext4: the disk can still be written")

    def repair(self) -> None:
        """Check and mount it again, as a reboot does."""
        tool("umount", str(self.place))
        subprocess.run(["e2fsck", "-p", str(self._image)], capture_output=True, check=False)
        self._mount()

    def _mount(self) -> None:
        tool("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.place))


@contextmanager
def card(folder: Path) -> Iterator[Card]:
    """Mount the card inside the context."""
    made = Card(folder)
    try:
        yield made
    finally:
        tool("umount", "--lazy", str(made.place))


async def _fails(folder: Path) -> Outcome:
    """The card turns read-only before the quarter closes; after a restart everything is booked."""
    start = MOMENTS["quarter"]
    said, kept = await undisturbed(start, folder / "peace")
    with card(folder) as disk:
        data = disk.place / "data"
        async with stage(data) as it:
            await it.good(*evening(start)[:READ_ONLY_FROM])
            disk.fail()
            await it.good(*evening(start)[READ_ONLY_FROM:])
            assert await usage(it) == said, "it did not count on"
            code = await it.dm.end()
            assert code == 0, b"".join(it.dm.said[-20:])
            told_once(it, UNWRITTEN, UNLOGGED)
        disk.repair()
        began = now_s()
        async with stage(data) as it:
            await it.good(*evening(start))  # the last minutes are sent again
            recovered_s = now_s() - began
            assert await usage(it) == said, "the usage differs"
            await it.dm.end()
        assert books(data) == kept, "the books differ"
    return Outcome(
        "counting continued, logged once; after a restart books and usage equal to the last digit",
        recovered_s,
    )


def told_once(it: Stage, *sentences: bytes) -> None:
    """Check that each sentence was logged once, and no traceback."""
    for sentence in sentences:
        times = sum(sentence in line for line in it.dm.said)
        assert times == 1, f"{sentence.decode()}: said {times} times"
    assert not any(b"Traceback" in line for line in it.dm.said), b"".join(it.dm.said[-20:])


async def _frozen(folder: Path) -> Outcome:
    """Make every file and folder in it immutable inside the context, open or not."""
    data = folder / "war"

    async def freeze(it: Stage) -> Callable[[], None]:
        tool("chattr", "-R", "+i", str(data))
        return lambda: thaw(it)

    def thaw(it: Stage) -> None:
        tool("chattr", "-R", "-i", str(data))
        told_once(it, UNWRITTEN)

    try:
        return await disturbed(freeze, "written when it could be again", folder)
    finally:
        if data.exists():
            tool("chattr", "-R", "-i", str(data))


async def _log_full(folder: Path) -> Outcome:
    """Only the log's disk is full: the log reports it elsewhere, and booking continues."""
    log = folder / "data" / "log"
    log.mkdir(parents=True)
    tool("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(log))
    try:
        async with stage(folder / "data") as it:
            await it.good(*evening(MOMENTS["quarter"])[:60])
            filled = _filled(log / "other")
            _filled(log / "log_info.log")  # the rest of its last page
            await _lost(it)
            await it.good(*evening(MOMENTS["quarter"])[60:])
            told_once(it, UNLOGGED)
            filled.unlink()
            await _lost(it)
            await it.says("written again")
            said = await usage(it)
            await it.dm.end()
        peace, kept = await undisturbed(MOMENTS["quarter"], folder / "peace")
        assert said == peace, "the usage differs"
        assert books(folder / "data") == kept, "the books differ"
    finally:
        tool("umount", "--lazy", str(log))
    return Outcome("reported once on screen and terminal; the books as usual; logged again after")


def _filled(path: Path) -> Path:
    """Fill the disk."""
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(b"\n"):
            pass
    return path


async def _lost(it: Stage) -> None:
    """Break and restore the connection, which causes log lines."""
    it.feed.hang_up()
    await it.feed.called_again()


FAULTS = (
    Fault(
        source="promise 4",
        injected="an error on the card: the kernel makes it read-only while dm runs",
        promised="counting continues, logged once; nothing lost after a restart",
        play=_fails,
    ),
    Fault(
        source="promise 4",
        injected="no file of dm can be written for a while",
        promised="counting continues, logged once; written when possible",
        play=_frozen,
    ),
    Fault(
        source="promise 4",
        injected="the disk of the log alone is full",
        promised="reported once, beside the log; the books continue",
        play=_log_full,
    ),
)
