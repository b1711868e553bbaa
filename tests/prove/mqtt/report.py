"""The findings of a part of the proof: checked sentences, and figures."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """The findings of one part, printed as they come."""

    part: str
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: object, sentence: str) -> None:
        """Print the sentence, as held or as failed."""
        if not holds:
            self.wrong.append(sentence)
        print(f"{self.part}: {'ok   ' if holds else 'FOUND'} {sentence}", flush=True)

    def figure(self, sentence: str) -> None:
        """Print a measured number."""
        print(f"{self.part}:       {sentence}", flush=True)
