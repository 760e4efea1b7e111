"""The sentence that is spoken, and the rule by which what was heard counts as it.

The rule and the error rates behind its numbers: docs/adr/0070-how-smoke-proves-the-sentence.md.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

WORDS = {
    "0": "zero",
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "9": "nine",
}
"""The digits and how they are said. Eight is left out: it is heard where a voice only breathes."""

LENGTH = 8
DECOYS = 10
MOST_WRONG = 2


@dataclass(frozen=True)
class Sentence:
    """Digits to be spoken one by one."""

    digits: str

    @property
    def text(self) -> str:
        """What the speech server is given: English words, a pause after each."""
        return ", ".join(WORDS[digit] for digit in self.digits).capitalize() + "."


@dataclass(frozen=True)
class Verdict:
    """How near what was heard is to what was said."""

    spoken: str
    heard: str
    before: str
    """Digits heard before it: what the words sound like that announce it."""

    wrong: int
    """Edit distance between the two, in digits."""

    nearest_decoy: int
    """Edit distance between what was heard and the nearest sentence that was not said."""

    @property
    def proven(self) -> bool:
        """Whether what was heard is the sentence and no other."""
        return self.wrong <= MOST_WRONG and self.wrong < self.nearest_decoy


def draw(source: random.Random) -> Sentence:
    """A sentence of LENGTH random digits."""
    return Sentence("".join(source.choices(list(WORDS), k=LENGTH)))


def judge(spoken: Sentence, heard: str, decoys: Sequence[Sentence], *, announced: bool = False) -> Verdict:
    """Compare the digits `heard` with those `spoken` and with sentences that were not.

    Where the sentence was `announced`, each is compared with the nearest end of what was heard: what the
    announcement sounds like counts neither for nor against it.
    """
    wrong, start = _nearest(spoken, heard, announced=announced)
    return Verdict(
        spoken=spoken.digits,
        heard=heard[start:],
        before=heard[:start],
        wrong=wrong,
        nearest_decoy=min(_nearest(decoy, heard, announced=announced)[0] for decoy in decoys),
    )


def _nearest(sentence: Sentence, heard: str, *, announced: bool) -> tuple[int, int]:
    """By how many digits the sentence differs from the nearest end of what was heard, and its start."""
    if not announced:
        return edit_distance(sentence.digits, heard), 0
    # Read backwards, every end is a beginning, and one pass compares with all beginnings.
    distances = _distances(sentence.digits[::-1], heard[::-1])
    return min((distance, len(heard) - length) for length, distance in enumerate(distances))


def draw_decoys(source: random.Random, spoken: Sentence) -> list[Sentence]:
    """DECOYS sentences other than the one spoken."""
    decoys: list[Sentence] = []
    while len(decoys) < DECOYS:
        decoy = draw(source)
        if decoy != spoken:
            decoys.append(decoy)
    return decoys


def edit_distance(first: str, second: str) -> int:
    """The fewest insertions, deletions and substitutions that turn one into the other (Levenshtein)."""
    return _distances(first, second)[-1]


def _distances(first: str, second: str) -> list[int]:
    """How far `first` is from each beginning of `second`, the empty one first."""
    previous = list(range(len(second) + 1))
    for row, left in enumerate(first, 1):
        current = [row]
        for column, right in enumerate(second, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (left != right)))
        previous = current
    return previous
