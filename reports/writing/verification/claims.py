"""Claims in words: figures by another name. Each is proven from facts and closes, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reports.writing.verification import (
    advice,
    apart,
    appositions,
    breadth,
    causes,
    chances,
    coins,
    comparisons,
    counts,
    courses,
    edges,
    leaders,
    levels,
    lopsided,
    members,
    moods,
    nearby,
    opposed,
    orders,
    promises,
    ranks,
    records,
    rivals,
    sides,
    slopes,
    sources,
    streaks,
    tallies,
    together,
    trading,
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
    causes.causes,
    promises.promises,
    levels.meetings,
    nearby.amounts,
    records.none_beyond,
    orders.gauges,
    streaks.longest,
    tallies.tallies,
    tallies.known,
    streaks.streaks,
    records.records,
    breadth.per_one,
    coins.sides,
    coins.limits,
    coins.shares,
    coins.traded,
    comparisons.to_one,
    comparisons.multiples,
    ranks.likeliest,
    chances.likelier,
    chances.framed,
    chances.favoured,
    orders.ordinals,
    ranks.extremes,
    ranks.seconds,
    ranks.led_by,
    leaders.leaders,
    members.alone,
    lopsided.against,
    lopsided.framed,
    rivals.within,
    rivals.between_indices,
    rivals.framed,
    appositions.rounds,
    appositions.named,
    apart.further,
    apart.together,
    slopes.ranked,
    slopes.leanings,
    sides.pairs,
    sides.gaps,
    sides.volatilities,
    members.coins,
    members.exceptions,
    members.rest,
    breadth.majorities,
    breadth.limits,
    members.placed,
    members.sided,
    levels.relations,
    edges.closed_at,
    levels.fates,
    trading.liquidity,
    trading.usual,
    edges.edges,
    edges.middles,
    courses.second_derivatives,
    courses.faded,
    zones.zones,
    moods.moods,
    opposed.one_by_one,
    opposed.apart,
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
    return sorted(sources.backed(kept, sentence, case), key=lambda item: item.start)
