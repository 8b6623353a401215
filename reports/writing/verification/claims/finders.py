"""Claims in words: figures by another name. Each is proven from facts and closes, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.cited import held, ranked, reported, sources
from reports.writing.verification.claims import (
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
    follows,
    leaders,
    levels,
    lopsided,
    members,
    mismatches,
    moods,
    nearby,
    opposed,
    orders,
    outdone,
    promises,
    ranks,
    records,
    rivals,
    sidings,
    slopes,
    spanned,
    splits,
    streaks,
    tallies,
    together,
    trading,
    unprovable,
    zones,
)
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.figures import sides, windows
from reports.writing.verification.reading.sentences import Sentence

Finder = Callable[[Sentence, Case], Iterator[Claim]]

# In order: where two overlap, the earlier one has the say. These hold whatever a sentence is about.
OF_ANYTHING: tuple[Finder, ...] = (
    unprovable.absurd,
    reported.flows,
    reported.attributed,
    advice.recommendations,
    advice.causes,
    advice.reasons,
    causes.causes,
    promises.promises,
    ranked.superlatives,
    ranked.runs,
    held.ways,
    held.members,
    held.causes,
    reported.runs,
    together.one_of_two,
    together.together,
)
# These hold what is said against the sheet.
OF_THE_SHEET: tuple[Finder, ...] = (
    spanned.spans,
    spanned.horizons,
    nearby.meetings,
    nearby.amounts,
    nearby.nearer,
    records.none_beyond,
    orders.gauges,
    streaks.longest,
    follows.outcomes,
    follows.coins,
    follows.urged,
    outdone.ways,
    outdone.placed,
    outdone.scenarios,
    outdone.sizes,
    outdone.strangers,
    outdone.swings,
    mismatches.traded,
    mismatches.new_edges,
    mismatches.opened,
    mismatches.turned,
    mismatches.halves,
    mismatches.averages,
    mismatches.crossed,
    mismatches.returns,
    tallies.tallies,
    tallies.known,
    splits.split,
    streaks.streaks,
    streaks.ended,
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
    outdone.coins,
    members.alone,
    lopsided.against,
    lopsided.framed,
    rivals.within,
    rivals.between_indices,
    rivals.framed,
    rivals.alone,
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
    sidings.leanings,
    sidings.correlations,
    members.placed,
    members.sided,
    windows.sides,
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
    counts.averages,
    counts.frames,
    counts.number_words,
    unprovable.unprovable,
    records.unproven,
)


def check(sentence: Sentence, case: Case) -> list[Claim]:
    """The claims of a sentence in order, without overlaps."""
    kept: list[Claim] = []
    for claim in _found(sentence, case):
        if all(claim.end <= other.start or claim.start >= other.end for other in kept):
            kept.append(claim)
    return sorted(sources.backed(kept, sentence, case), key=lambda item: item.start)


def _found(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What all finders find; the sheet has nothing to say of what only a cited item tells."""
    for finder in OF_ANYTHING:
        yield from finder(sentence, case)
    cites = case.section == sources.NEWS and bool(sentence.cited)
    for finder in OF_THE_SHEET:
        for claim in finder(sentence, case):
            if not cites or held.is_ours(sentence, claim.start, case):
                yield claim
