"""Claims in words: figures by another name. Each is proven from facts and closes, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reports.writing.verification import comparisons, counts, levels, records, shapes, sides
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim
from reports.writing.verification.sentences import Sentence

Finder = Callable[[Sentence, Case], Iterator[Claim]]

# In order: where two overlap, the earlier one has the say.
FINDERS: tuple[Finder, ...] = (
    shapes.absurd,
    records.none_beyond,
    records.streaks,
    records.records,
    counts.per_one,
    comparisons.multiples,
    comparisons.leaders,
    comparisons.between_indices,
    comparisons.framed,
    sides.pairs,
    sides.volatilities,
    counts.coins,
    counts.tallies,
    counts.majorities,
    levels.relations,
    levels.liquidity,
    shapes.edges,
    shapes.second_derivatives,
    shapes.zones,
    shapes.one_of_two,
    shapes.together,
    counts.averages,
    counts.number_words,
    shapes.unprovable,
    records.unproven,
)


def check(sentence: Sentence, case: Case) -> list[Claim]:
    """The claims of a sentence in order, without overlaps."""
    kept: list[Claim] = []
    for finder in FINDERS:
        for claim in finder(sentence, case):
            if all(claim.end <= other.start or claim.start >= other.end for other in kept):
                kept.append(claim)
    return sorted(kept, key=lambda item: item.start)
