"""Reception of telegrams: decodes the bytes of the line, and measures its quality.

Times are seconds of any steady clock (`now_s`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from base import messages
from base.limits import STALE_S
from p1 import diagnosis
from p1.decoder import Decoded, Decoder
from p1.framing import Rejected


class Reception:
    """The data received over the line of one meter."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._sample = b""
        self._note = ""
        self._heard_s: float | None = None
        self._last_bad: tuple[Rejected, datetime] | None = None
        self._clock_ahead_s: float | None = None

    def decoded(self, chunk: bytes, now_s: float) -> Iterator[Decoded]:
        """The valid telegrams in the bytes that came."""
        self._sample = (self._sample + chunk)[-diagnosis.SAMPLE_BYTES :]
        for found in self._decoder.feed(chunk):
            now = datetime.now(UTC)
            if not isinstance(found, Decoded):
                self._last_bad = found, now
                continue
            self._heard_s = now_s
            if (time := found.reading.time) is not None:
                self._clock_ahead_s = round((time - now).total_seconds(), 1)
            yield found

    def note(self, sentence: str) -> None:
        """State of the line; while no valid telegram arrives, with a diagnosis of the bytes."""
        if not self._decoder.counts.good and self._sample:
            sentence = f"{sentence}. {diagnosis.sentence(self._sample, self._decoder.counts)}"
        self._note = sentence

    def health(self, now_s: float) -> messages.Health:
        """State of the meter's line."""
        counts = self._decoder.counts
        age_s = None if self._heard_s is None else now_s - self._heard_s
        state = "silent" if age_s is None else "fresh" if age_s < STALE_S else "stale"
        note = "" if state == "fresh" else self._note
        values = {"state": state, "age_s": age_s, "good": counts.good, "note": note}
        return messages.Health.model_validate({**values, "rejected": counts.rejected.total()})

    @property
    def wire(self) -> messages.Wire:
        """The line in numbers, and the last bad telegram."""
        counts = self._decoder.counts
        bad, seen = counts.rejected.total(), counts.rejected.total() + counts.good
        return messages.Wire(
            good=counts.good,
            rejected={reason.value: count for reason, count in counts.rejected.items()},
            error_pct=round(100 * bad / seen, 2) if seen else None,
            garbage_bytes=counts.garbage_bytes,
            last_bad=_bad_telegram(*self._last_bad) if self._last_bad else None,
            clock_ahead_s=self._clock_ahead_s,
        )


def _bad_telegram(bad: Rejected, at: datetime) -> messages.BadTelegram:
    return messages.BadTelegram(at=at, reason=bad.reason.value, text=diagnosis.shown(bad.raw))
