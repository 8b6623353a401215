"""Claims in words: figures by another name. Each is proven from facts and closes, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reports.writing.verification import (
    advice,
    breadth,
    chances,
    comparisons,
    counts,
    courses,
    edges,
    levels,
    members,
    ranks,
    records,
    rivals,
    sides,
    streaks,
    tallies,
    together,
    unprovable,
    zones,
)
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim
from reports.writing.verification.sentences import Sentence

Finder = Callable[[Sentence, Case], Iterator[Claim]]

# In order: where two overlap, the earlier one has the say.
FINDERS: tuple[Finder, ...] = (
    unprovable.absurd,
    advice.recommendations,
    advice.causes,
    advice.reasons,
    levels.meetings,
    records.none_beyond,
    tallies.tallies,
    streaks.longest,
    streaks.streaks,
    records.records,
    breadth.per_one,
    comparisons.to_one,
    comparisons.multiples,
    ranks.likeliest,
    chances.likelier,
    chances.framed,
    chances.favoured,
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
    breadth.majorities,
    breadth.limits,
    members.placed,
    members.sided,
    levels.relations,
    levels.fates,
    levels.liquidity,
    edges.edges,
    edges.middles,
    courses.second_derivatives,
    zones.zones,
    together.one_of_two,
    together.together,
    counts.averages,
    counts.frames,
    counts.number_words,
    unprovable.unprovable,
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
