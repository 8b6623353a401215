"""Claims in words: figures by another name. Each is proven from facts and closes, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reports.writing.verification import (
    advice,
    chances,
    comparisons,
    counts,
    levels,
    members,
    ranks,
    records,
    rivals,
    shapes,
    sides,
    streaks,
)
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim
from reports.writing.verification.sentences import Sentence

Finder = Callable[[Sentence, Case], Iterator[Claim]]

# In order: where two overlap, the earlier one has the say.
FINDERS: tuple[Finder, ...] = (
    shapes.absurd,
    advice.recommendations,
    advice.causes,
    advice.reasons,
    levels.meetings,
    records.none_beyond,
    counts.tallies,
    streaks.longest,
    streaks.streaks,
    records.records,
    counts.per_one,
    comparisons.to_one,
    comparisons.multiples,
    ranks.likeliest,
    chances.likelier,
    ranks.gauges,
    ranks.extremes,
    ranks.seconds,
    ranks.led_by,
    comparisons.leaders,
    rivals.between_indices,
    rivals.framed,
    sides.pairs,
    sides.gaps,
    sides.volatilities,
    members.coins,
    members.alone,
    members.rest,
    counts.majorities,
    counts.limits,
    members.placed,
    members.sided,
    levels.relations,
    levels.fates,
    levels.liquidity,
    shapes.edges,
    shapes.middles,
    shapes.second_derivatives,
    shapes.zones,
    shapes.one_of_two,
    shapes.together,
    counts.averages,
    counts.frames,
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
