"""The findings of a part of the proof: sentences that hold or do not, and figures."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """The findings of one part, printed as they come."""

    part: str
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: object, sentence: str) -> None:
        """The sentence is true, or found wrong."""
        if not holds:
            self.wrong.append(sentence)
        print(f"{self.part}: {'ok   ' if holds else 'FOUND'} {sentence}", flush=True)

    def figure(self, sentence: str) -> None:
        """A number that was measured."""
        print(f"{self.part}:       {sentence}", flush=True)
