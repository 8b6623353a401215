"""How many coins went which way, and who alone did: "the other five rose", "only VN30 fell"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS
from reports.writing.verification.case import Case
from reports.writing.verification.claims import slopes
from reports.writing.verification.claims.beyond import moves_beyond
from reports.writing.verification.claims.found import Claim, change, changes, number_in
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import Motion, motions
from reports.writing.verification.reading.names import LIQUIDITY, Name
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence

_N = rf"(?:\d{{1,2}}|\x01+|{VI_WORDS}|{EN_WORDS})"
_NOUN = r"(?:coins?|tokens?|cryptocurrencies|đồng tiền(?: mã hóa| số)?|đồng|loại tiền(?: mã hóa)?)"
_TRACKED = (
    r"(?: (?:tracked|followed|listed|covered|in the table|we (?:track|follow)|được theo dõi|"
    r"theo dõi|trong bảng|lớn|chính))*"
)
_WHOLE = r"(?:out of|of|among|in|trong|trên)(?: the| số| tổng số)*"
_HEAD = re.compile(rf"(?<!\w){_WHOLE} (?P<m>{_N}) (?:major |main )?{_NOUN}{_TRACKED}(?!\w)")
_COUNT = re.compile(
    rf"(?<!\w)(?P<n>{_N}|most|nearly all|all|none|both|phần lớn|đa số|hầu hết|tất cả|cả hai|cả)"
    rf"(?: {_WHOLE})?(?: (?P<m>{_N}))?(?: (?:các|những|the|other|remaining|major|main))*"
    rf"(?P<noun> {_NOUN}(?: that)?| of them| others?|(?: ones)? that)?{_TRACKED}"
    r"(?P<rest> (?:còn lại|kia|khác|remaining))?(?: (?:đều|cùng|đã|all|both|have|were|are|had))*"
    r"(?!\w)"
)
_REST = re.compile(
    rf"(?<!\w)(?:(?:the )?rest|(?:the )?(?:remaining|other) {_NOUN}|the others|"
    rf"(?:các |những )?{_NOUN} (?:còn lại|khác)|(?:phần|số) còn lại)(?: (?:all|đều|cùng))*(?!\w)"
)
_COIN_TEXT = re.compile(rf"(?<!\w)(?:{_NOUN.replace('|đồng|', '|')}|tiền mã hóa|crypto)(?!\w)")


def coins(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Counts of coins, each counted anew: "three of the seven rose, the other four fell"."""
    if not _is_of_coins(sentence, case):
        return
    words = motions(sentence.masked, sentence.language)
    head, told = _HEAD.search(sentence.masked), None
    for match in _COUNT.finditer(sentence.masked):
        # "four coins fell and three rose": what is counted is said once
        told = match["noun"] or match["m"] or match["rest"] or told
        motion = _next(words, match.end(), sentence)
        if motion is None or not motion.way or sentence.is_hypothetical(match.start()):
            continue
        if not told and not (head and head.end() <= match.start()):
            continue
        reason = _count_fault(sentence, match, head, motion, case)
        whole = match["m"] is not None and match["noun"] is not None
        yield Claim(match.start(), motion.end, _evidence(motion), reason, figures=whole)
        text = marked(sentence)
        listed = _NAMELY.match(text, motion.end) or _WERE.search(text[: match.start()])
        if listed:
            named = {i.key for i in sentence.names if listed.start() <= i.start < listed.end()}
            did = {key for key, value in _coins(case).items() if value * _way(motion) > 0}
            if named <= set(_coins(case)):
                reason = "" if named == did else "is wrong: others did so, or these did not"
                yield Claim(listed.end() - 1, listed.end(), _evidence(motion), reason)
    for match in _REST.finditer(sentence.masked):
        motion = _next(words, match.end(), sentence)
        if motion is None or not motion.way or sentence.is_hypothetical(match.start()):
            continue
        earlier = {item.key for item in sentence.names if item.end <= match.start()}
        others = {key: value for key, value in _coins(case).items() if key not in earlier}
        fits = bool(others) and all(value * _way(motion) > 0 for value in others.values())
        reason = "" if fits else "is wrong: not all of them did that"
        yield Claim(match.start(), motion.end, _evidence(motion), reason)


# "three rose: A, B and C", with their figures or without
_NAMELY = re.compile(
    r"(?: (?:are|were|là|gồm)|:| \()(?: (?:the|namely))* ?\x03+(?: \([^()]*\))?"
    r"(?:(?:,? (?:and|và)|,) \x03+(?: \([^()]*\))?)*(?=[.;,)]|$)"
)


_WERE = re.compile(r"\x03+(?:(?:,|,? and|,? và) \x03+)* (?:are|were|là)(?: (?:the|những|các))? $")


def _is_of_coins(sentence: Sentence, case: Case) -> bool:
    named = {item.key for item in sentence.names}
    if case.section == "crypto" or named & set(CRYPTO_SUBJECTS):
        return True
    told = holds(sentence.masked, ("tiền", "coin", "token", "crypto"))
    return told and bool(_COIN_TEXT.search(sentence.masked))


def _coins(case: Case) -> dict[str, Decimal]:
    found = {key: change(case.sheet, key) for key in CRYPTO_SUBJECTS if key != "crypto"}
    return {key: value for key, value in found.items() if value is not None}


def _way(motion: Motion) -> int:
    return -motion.way if motion.negated else motion.way


def _next(words: Sequence[Motion], position: int, sentence: Sentence) -> Motion | None:
    """The word of motion of the same part that only small words keep from the count."""
    found = next((item for item in words if item.start >= position), None)
    if found is None:
        return None
    between = sentence.masked[position : found.start]
    return found if re.fullmatch(r"[^,.;:\x01]{0,24}", between) else None


def _evidence(motion: Motion) -> str:
    return f"crypto.{'advances' if _way(motion) > 0 else 'declines'}, crypto.coins"


def _count_fault(
    sentence: Sentence,
    match: re.Match[str],
    head: re.Match[str] | None,
    motion: Motion,
    case: Case,
) -> str:
    name = f"crypto.{'advances' if _way(motion) > 0 else 'declines'}"
    real, every = case.sheet.value(name), case.sheet.value("crypto.coins")
    if real is None or every is None:
        return "is wrong, or no fact counts the coins"
    wholes = [number_in(sentence, match, "m")] if match["m"] else []
    wholes += [number_in(sentence, head, "m")] if head else []
    if any(whole != every for whole in wholes):
        return "is wrong, or no fact counts the coins"
    word = match["n"]
    if word in {"most", "phần lớn", "đa số"}:
        return "" if real * 2 > every else f"is wrong: {real} of {every} did that"
    if word in {"nearly all", "hầu hết"}:
        return "" if real * 4 >= every * 3 else f"is wrong: {real} of {every} did that"
    if word in {"both", "cả hai"}:
        return _both_fault(sentence, match, motion, case)
    if word == "none" or (word in {"all", "cả"} and not match["noun"]):
        return "is wrong, or no fact counts the coins"
    wanted = every if word in {"all", "tất cả", "cả"} else number_in(sentence, match, "n")
    return "" if wanted == real else f"is wrong: {real} of {every} did that"


def _both_fault(sentence: Sentence, match: re.Match[str], motion: Motion, case: Case) -> str:
    """Both of the two that the sentence names before, or Bitcoin and Ethereum."""
    values = _coins(case)
    named = {i.key for i in sentence.names if i.end <= match.start()} & set(values)
    pair = named if len(named) == 2 else {"btc", "eth"}
    fits = pair <= set(values) and all(values[key] * _way(motion) > 0 for key in pair)
    return "" if fits else "is wrong: not all of them did that"


STILL = Decimal("0.3")  # percent; what moved less may be called flat
_LIST = r"\x03+(?:(?:,| and| và|, and|, và) \x03+)*"
_ONLY = re.compile(
    r"(?<!\w)(?:only|just|chỉ(?: có| còn)?(?: riêng)?|duy nhất|riêng)(?: the)? "
    rf"(?P<names>{_LIST})(?= ?(?:\w|\())"
    rf"|(?P<names2>{_LIST}) (?:là|was|were|is|are|remains?|còn là)(?: the| những| các| hai| ba)*"
    r"(?: only| sole)?(?: two| three)? (?:index|indices|indexes|one|ones|coins?|chỉ số|đồng tiền|"
    r"đồng|đại diện)(?P<sole> duy nhất)?"
)
_SIDE = re.compile(
    r"(?<!\w)(?:(?P<up>trên|above|cao hơn)|(?P<down>dưới|below|thấp hơn))(?: (?:its|the|their|"
    r"đường|mức|cả))* ?(?:trung bình |ma ?|\x02*)?(?P<w>200|20|50)(?!\d)(?:[ -](?:phiên|session|"
    r"day))?"
)


_SOLE = re.compile(r"only|just|sole|chỉ|duy nhất|riêng")


def alone(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Who was the only one to rise, to fall, to stand above an average."""
    if not _SOLE.search(sentence.masked):
        return
    for match in _ONLY.finditer(marked(sentence)):
        if match["names2"] and not re.search(r"only|sole|duy nhất", match[0]):
            continue
        if sentence.is_hypothetical(match.start()):
            continue
        names = [item for item in sentence.names if match.start() <= item.start < match.end()]
        did = _did(sentence, match.end(), names, case)
        if did is None:
            continue
        end, members = did
        words = motions(sentence.masked, sentence.language)
        motion = next((item for item in words if item.end == end), None)
        beyond = moves_beyond(sentence, motion, case) if motion else None
        if beyond and beyond[1] is not None:
            end, members = beyond[0], beyond[1]
        elif _RELATIVE.match(sentence.masked, end):
            continue
        named = {item.key for item in names} | _left_out(sentence)
        reason = "" if named == members else "is wrong: others did so, or these did not"
        measured = beyond is not None
        yield Claim(match.start(), end, ", ".join(sorted(members)), reason, measured, measured)


# "only A fell less": of the same way as the others, and by how much is another's to tell
_RELATIVE = re.compile(r"(?: điểm)? (?:(?:nhẹ|ít|chậm|mạnh|nhiều|sâu) hơn|less|more|further)(?!\w)")
_EXCEPTION = re.compile(
    rf"(?<!\w)(?:(?:the )?(?:only |sole |lone )?exceptions?,? (?:being|was|were|is|are)|"
    rf"(?:chỉ số )?ngoại lệ(?: duy nhất)? là) (?:the |chỉ số )?(?P<names>{_LIST})"
)


def exceptions(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Who did not do what the others did: "three of the four rose, the exception being A"."""
    if not holds(sentence.masked, ("exception", "ngoại lệ")):
        return
    for match in _EXCEPTION.finditer(marked(sentence)):
        before = [
            item
            for item in motions(sentence.masked[: match.start()], sentence.language)
            if item.way
        ]
        moves = changes(case.sheet)
        names = {i.key for i in sentence.names if match.start() <= i.start < match.end()}
        if not before or not names <= set(moves) or sentence.is_hypothetical(match.start()):
            continue
        left = {key for key, value in moves.items() if value * _way(before[-1]) <= 0}
        reason = "" if names == left else "is wrong: others did so, or these did not"
        yield Claim(match.start(), match.end(), ", ".join(sorted(left)), reason, figures=False)


_OTHERS = re.compile(r"(?<!\w)(?:other|others|remaining|còn lại|khác)(?!\w)")
_BESIDES = re.compile(
    rf"(?<!\w)(?:except(?: for)?|apart from|save for|besides|aside from|other than|bar|"
    rf"(?:(?<=index )|(?<=indices )|(?<=all ))but|"
    rf"(?:ngoại )?trừ|ngoài|không tính) (?P<names>{_LIST})"
)


def others(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether a count of indices leaves some out: `rest` has the say of it."""
    near = sentence.masked[match.start() : match.end() + 10]
    return bool(_OTHERS.search(near) or _left_out(sentence))


def _left_out(sentence: Sentence) -> set[str]:
    found = _BESIDES.search(marked(sentence))
    if found is None:
        return set()
    return {i.key for i in sentence.names if found.start() <= i.start < found.end()}


_ALL_BUT = re.compile(
    rf"(?<!\w)(?:all|everything|every (?:index|one)|each(?: index)?) but (?P<names>{_LIST})"
)


def rest(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """All indices but those named: "apart from A, every index rose", "the other four fell"."""
    if not holds(marked(sentence), ("chỉ số", "index", "indices", " but ")):
        return
    words = motions(sentence.masked, sentence.language)
    text = marked(sentence)
    for match in _ALL_BUT.finditer(text):
        motion = _next(words, match.end(), sentence)
        if motion is None or sentence.is_hypothetical(match.start()):
            continue
        start, end = match.span("names")
        out = {item.key for item in sentence.names if start <= item.start < end}
        did = {k for k, v in changes(case.sheet).items() if (v > 0) - (v < 0) == _way(motion)}
        fits = did == set(changes(case.sheet)) - out
        reason = "" if fits else "is wrong: not all of them did that"
        yield Claim(match.start(), motion.end, "", reason, figures=False)
    for match in (*_QUANTIFIED.finditer(text), *_THE_OTHERS.finditer(text)):
        out, told = _left_out(sentence), _OTHERS.search(match[0])
        motion = _next(words, match.end(), sentence)
        if not (out or told) or motion is None or sentence.is_hypothetical(match.start()):
            continue
        moves, way = changes(case.sheet), _way(motion)
        beyond = moves_beyond(sentence, motion, case)
        out |= {i.key for i in sentence.names if told and i.end <= match.start()}
        out &= set(moves)  # of one without figures nothing is told
        ways = {key: (value > 0) - (value < 0) for key, value in moves.items()}
        if told and not out:
            out = _counted_before(sentence, match.start(), words, ways)
        if beyond:
            ways = {key: way if key in (beyond[1] or ()) else 0 for key in moves}
        others_did = all(ways[key] == way for key in moves if key not in out)
        apart = told or not any(ways.get(key) == way for key in out)
        count = word_value(match["n"] or "") or _leading(match[0])
        fits = others_did and apart and count in {None, len(moves) - len(out)}
        reason = "" if fits else "is wrong: not all of them did that"
        end = beyond[0] if beyond else motion.end
        yield Claim(match.start(), end, "", reason, beyond is not None, beyond is not None)


def _counted_before(
    sentence: Sentence, position: int, words: Sequence[Motion], ways: Mapping[str, int]
) -> set[str]:
    """Those that a count before the rest is of: "two of the five rose, the other three fell"."""
    counts = list(_SOME.finditer(sentence.masked, 0, position))
    motion = _next(words, counts[-1].end(), sentence) if counts else None
    if motion is None or motion.end > position:
        return set()
    return {key for key, way in ways.items() if way == _way(motion)}


def _leading(words: str) -> int | None:
    """The number that a phrase such as "the other four indices" holds."""
    found = re.search(rf"(?<!\w){_N}(?!\w)", words)
    return word_value(found[0]) if found else None


_SOME = re.compile(
    rf"(?<!\w){_N}(?: (?:(?:out )?of(?: the)?|trong(?: số| tổng số)?|trên) {_N})?"
    r" ?(?:main )?(?:chỉ số|indices|indexes|index)(?: (?:đều|cùng|have|had))*(?!\w)"
)
_QUANTIFIED = re.compile(
    rf"(?<!\w)(?:(?P<none>none of the(?: {_N})?|no|không (?:có )?chỉ số nào|không)|"
    rf"(?P<all>all(?: of)?(?: the)?(?: {_N})?|every|(?:cả|tất cả|toàn bộ)(?: {_N})?(?: các)?|mọi|"
    rf"các)|"
    rf"(?P<most>most(?: of the)?|đa số|phần lớn|hầu hết)(?: các)?|"
    rf"(?P<k>(?:the )?(?:other |remaining )?{_N})(?= (?:other |remaining )?(?:indices|"
    rf"chỉ số còn lại))|"
    rf"(?P<n>{_N})(?: (?:out )?of(?: the)?| trong(?: số| tổng số)?|/|trên) ?{_N})"
    r" ?(?:other |remaining |main |còn lại )*(?:chỉ số|indices|indexes|index)"
    r"(?: còn lại| khác| có số liệu| with figures)*"
    r"(?: (?:đều|cùng|all|have|had))*(?!\w)"
)
# "the other three lost ground", in a sentence of indices
_THE_OTHERS = re.compile(
    rf"(?<!\w)the (?:other|remaining) (?P<n>{_N})(?= (?:all )?(?:closed|ended|finished|rose|fell|"
    r"gained|lost|advanced|declined|climbed|dropped|slipped))"
)
_EXCEPT = re.compile(
    rf"(?<!\w)(?:except(?: for)?|apart from|save for|bar|(?:ngoại )?trừ|"
    rf"không tính) (?P<names>{_LIST})"
)
_ROW = re.compile(r"(?<!\x03)(?P<row>\x03+(?:(?:,| and| và|, and|, và) \x03+)+)")


_MEAN = r"(?:its|their|the|all|both|three|two|of|cả|các|hai|ba|đường|mức|trung bình)"
_MEANS = re.compile(
    rf"(?<!\w)(?:(?P<up>trên|above|cao hơn)|(?P<down>dưới|below|thấp hơn))(?: {_MEAN})*"
    rf" (?P<sizes>(?:20|50|200)-?(?:(?: phiên)?(?:,| và| and)+(?: {_MEAN})* (?:20|50|200)-?)*)"
    r"(?:[ -](?:phiên|session|day))"
)
_PLACED = re.compile(
    rf"(?<!\w)(?P<n>{_N})(?: (?:out of|of|trong|in)(?: số| the)?(?: {_N})?)? "
    r"(?:chỉ số|indices|indexes)(?P<told>[^.;:\x01\x03]+)"
)
_CROSSED = re.compile(r"(?<!\w)(?:vượt|mất|thủng|cross|broke|fell|rose|climbed|dropped|không|not)")
_NAMED = re.compile(
    rf"(?: averages?)?(?:(?:,? (?:là|gồm|namely|are)|:| \()+ ?(?P<a>{_LIST})|"
    rf", (?P<b>{_LIST})(?=[.;]|$))"
)


_WHOLE_OF = re.compile(r"(?:trong(?: số)?|of(?: the)?|among(?: the)?) $")


def placed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A number of indices above or below averages, and which when the text goes on to name them."""
    if not _WINDOW.search(sentence.masked) or not _INDICES.search(sentence.masked):
        return
    text = marked(sentence)
    for match in _PLACED.finditer(text):
        if _WHOLE_OF.search(text[: match.start()]):
            continue  # "the only one of five indices above …": no count of those above
        sides = list(_MEANS.finditer(text, match.start("told"), match.end("told")))
        if not sides or sentence.is_hypothetical(match.start()) or _CROSSED.search(match["told"]):
            continue
        did = set(changes(case.sheet))
        for side in sides:
            for size in re.findall(r"\d+", side["sizes"]):
                did &= _standing(size, side["up"] is not None, case)
        reason = ""
        if number_in(sentence, match, "n") != len(did):
            reason = f"is wrong: {len(did)} of the indices did that"
        elif listed := _NAMED.match(text, sides[-1].end()):
            named = {i.key for i in sentence.names if listed.start() <= i.start < listed.end()}
            reason = "" if named == did else "is wrong: others did so, or these did not"
        yield Claim(match.start(), sides[-1].end(), ", ".join(sorted(did)), reason)


_INDICES = re.compile("chỉ số|indices|indexes")


def _standing(size: str, above: bool, case: Case) -> set[str]:
    values = {key: case.sheet.value(f"{key}.distance_sma{size}") for key in changes(case.sheet)}
    return {k for k, v in values.items() if v is not None and v != 0 and (v > 0) is above}


_WINDOW = re.compile(r"(?<!\d)(?:20|50|200)(?!\d)")


def sided(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Several indices, all of them or a count, above or below an average."""
    if not _WINDOW.search(sentence.masked):
        return
    text = marked(sentence)
    for side in _SIDE.finditer(text):
        opens, _ = sentence.clause(side.start())
        if LIQUIDITY.search(sentence.masked, opens, side.start()):
            continue  # of trading, not of the indices
        start = max(
            (
                m.end()
                for m in re.finditer(
                    r"[.;:]|(?<!\w)(?:while|whereas|but|although|though|even though|with(?= \x03)|"
                    r"except that|only(?= \x03)|còn(?= \x03)|nhưng|song|dù|mặc dù|tuy|trong khi|"
                    r"riêng|chỉ(?= (?:có )?(?:riêng )?\x03))(?!\w)",
                    text[: side.start()],
                )
            ),
            default=0,
        )
        found = _members(sentence, text, start, side, case)
        if found is None or sentence.is_hypothetical(side.start()):
            continue
        yield Claim(side.start(), side.end(), f"distance_sma{side['w']}", found, figures=False)
        yield from slopes.furthest(sentence, side.end(), side["w"], case)


def _members(
    sentence: Sentence, text: str, start: int, side: re.Match[str], case: Case
) -> str | None:
    """Why the ones spoken of do not stand there; None when they are not several."""
    did, every = _beyond(side, case), set(changes(case.sheet))
    quantified = _QUANTIFIED.search(text, start, side.start())
    if quantified is None:
        row = _ROW.search(text, start, side.start())
        if row is None:
            return None
        keys = {i.key for i in sentence.names if row.start() <= i.start < row.end()}
        return "" if keys <= did else "is wrong: not all of them did that"
    left_out = _EXCEPT.search(text)
    out = set()
    if left_out:
        out = {i.key for i in sentence.names if left_out.start() <= i.start < left_out.end()}
    if quantified["none"]:
        return "" if did == out else f"is wrong: {len(did)} of the indices did that"
    if quantified["all"]:
        rest = every - out
        rest -= {i.key for i in sentence.names if re.search("other|còn lại|khác", quantified[0])}
        return "" if rest <= did and not out & did else "is wrong: not all of them did that"
    if quantified["most"]:
        return "" if len(did) * 2 > len(every) else f"is wrong: {len(did)} of the indices did that"
    if not quantified["n"]:
        return None
    count = word_value(quantified["n"])
    return "" if count == len(did) else f"is wrong: {len(did)} of the indices did that"


def _did(
    sentence: Sentence, position: int, names: Sequence[Name], case: Case
) -> tuple[int, set[str]] | None:
    """Where the words for it end, and all of their kind that did it."""
    stop = re.search(r"[,.;:]", sentence.masked[position:])
    until = position + stop.start() if stop else len(sentence.masked)
    side = _SIDE.search(sentence.masked, position, until)
    if side and not LIQUIDITY.search(sentence.masked, position, side.start()):
        return side.end(), _beyond(side, case)
    motion = next(
        (
            item
            for item in motions(sentence.masked, sentence.language)
            if position <= item.start < until
            and "\x01" not in sentence.masked[position : item.start]
        ),
        None,
    )
    if motion is None:
        return None
    moves = changes(case.sheet)
    if not {item.key for item in names} <= set(moves):
        moves = _coins(case)
    way = _way(motion)
    named = [abs(moves[item.key]) for item in names if item.key in moves]
    if not motion.way and named and max(named) < STILL:
        return motion.end, {key for key, value in moves.items() if abs(value) <= max(named)}
    return motion.end, {key for key, value in moves.items() if (value > 0) - (value < 0) == way}


def _beyond(side: re.Match[str], case: Case) -> set[str]:
    found = set()
    for key in changes(case.sheet):
        distance = case.sheet.value(f"{key}.distance_sma{side['w']}")
        if distance is not None and (distance > 0) is (side["up"] is not None):
            found.add(key)
    return found
