"""Whose a cited figure is, which way money went, on which exchange, and what a run counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.results import Source

_CUTS = re.compile(
    r"[.;:](?=\s|$)|,(?=\s)|(?<!\w)(?:while|whereas|as|but|and|còn|và|trong khi|trong lúc|nhưng|"
    r"song)(?!\w)"
)
_AGAINST = re.compile(r"(?<!\w)(?:while|whereas|but|còn|trong khi|trong lúc|nhưng|song|;)$")
_TICKER = re.compile(r"(?<![\w&])[A-Z]{3}(?![\w&])")
_NO_TICKER = frozenset(("USD", "VND", "PMI", "GDP", "CPI", "ETF", "RSI", "CEO", "FED", "SJC"))
_EXCHANGE = re.compile(r"(?<!\w)(?P<name>hose|hsx|hnx|upcom)(?![\w-])")
IN_TURN = re.compile(r"(?<!\w)(?:lần lượt|tương ứng|respectively)(?!\w)")
_PERIOD = re.compile(
    r"(?<!\w)(?:(?P<quarter>trong quý|quý này|(?:in|for) the quarter|quarterly)|trong tháng|"
    r"tháng này|(?:in|for) the month|monthly)(?!\w)"
)
# Money that goes in or comes out: bought or sold, injected or drained, taken in or withdrawn.
_WAYS = (
    {
        1: re.compile(r"(?<!\w)(?:lãi(?! suất)|lợi nhuận|profits?|earned|net income)(?!\w)"),
        -1: re.compile(
            r"(?<!\w)(?:lỗ|(?:an?|its|the|pre-tax|net|quarterly|"
            r"heavy) loss(?:es)?(?! of \w+ points)|"
            r"lost (?:about |vnd |\$)*[\d.,]+ (?:m|b|tr)illion)(?!\w)"
        ),
    },
    {
        1: re.compile(
            r"(?<!\w)(?:mua ròng|net[ -](?:buy\w*|bought|purchas\w+)|"
            r"(?:bought|buy\w*)(?: an?)? net|net foreign buy\w*)(?!\w)"
        ),
        -1: re.compile(
            r"(?<!\w)(?:bán ròng|net[ -](?:sell\w*|sold|sales?)|(?:sold|sell\w*)(?: an?)? net|"
            r"net foreign sell\w*)(?!\w)"
        ),
    },
    {
        1: re.compile(
            r"(?<!\w)(?:bơm(?: ròng)?|(?:net )?inject\w*|pump(?:s|ed|ing)?|suppl(?:y|ied) a net)"
            r"(?!\w)"
        ),
        -1: re.compile(
            r"(?<!\w)(?:hút (?:ròng|về|bớt)|drain\w*|(?:net )?withdr[ae]w\w*|mopp\w+ up|absorbed)"
            r"(?!\w)"
        ),
    },
    {
        1: re.compile(
            r"(?<!\w)(?:(?<!net )inflows?|took in|taken in|tak(?:es|ing) in|attract\w*|drew|"
            r"flow(?:ed|ing|s)? in(?:to)?|hút(?! (?:ròng|về|bớt))|thu hút|đón|nhận|chảy vào|đổ vào|"
            r"vào ròng)(?!\w)"
        ),
        -1: re.compile(
            r"(?<!\w)(?:(?<!net )outflows?|flow(?:ed|ing|s)? out|pulled (?:out|from)|"
            r"(?:bị )?rút (?:ra|khỏi|ròng|đi)|(?:có|bị) [^.,;]{0,30}rút|chảy ra|dòng tiền ra|"
            r"mất|lost|lose|losing|le(?:ave|aving|ft)|exit\w*)(?!\w)"
        ),
    },
)
_NET = _WAYS[1]


def fault(sentence: Sentence, figure: Figure, item: Source, position: int) -> str:
    """Why the item's figure at a position is another than the sentence's, or nothing."""
    other = f"stands in {item.id}, but of something else"
    turned = f"stands in {item.id} with the other direction"
    whole = f"{item.title}. {item.summary}"
    if len(whole.lower()) != len(whole):
        return ""
    opens, closes = _part(whole.lower(), position)
    part = whole[opens:closes]
    near, around = _own(sentence, figure)
    said = _tickers(sentence.text[near[0] : near[1]]) or _tickers(
        sentence.text[around[0] : around[1]]
    )
    told = set() if IN_TURN.search(part) else _tickers(part)
    if said and told and not said & told:
        return other
    if _exchange_of(sentence.low[around[0] : around[1]], whole.lower()):
        return other
    base, told_base = (
        _bases(sentence.low[near[0] : around[1]]),
        _bases(sentence_of(whole, position)),
    )
    if base and told_base and not base & told_base:
        return other
    own_span, told_span = _periods(sentence.low[around[0] : around[1]]), _periods(whole.lower())
    if own_span and told_span and not own_span & told_span:
        return other
    for ways in _WAYS:
        way = _way(sentence.low[near[0] : near[1]], ways)
        if not way and not _AGAINST.search(sentence.low[: near[0]]):
            way = _way(sentence.low[: near[1]], ways)
        real = _way(part.lower(), ways)
        if way and real and way != real:
            return turned
    return turned if _wrong_step(sentence, figure, whole.lower(), position) else ""


def _part(text: str, position: int) -> tuple[int, int]:
    opens, closes = 0, len(text)
    for cut in _CUTS.finditer(text):
        if cut.end() <= position:
            opens = cut.end()
        elif cut.start() > position:
            closes = cut.start()
            break
    return opens, closes


def _own(sentence: Sentence, figure: Figure) -> tuple[tuple[int, int], tuple[int, int]]:
    """The figure's part, and the stretch to the figures on either side."""
    others = [item for item in sentence.figures if item.start != figure.start and not item.fact]
    left = max([0, *(item.end for item in others if item.end <= figure.start)])
    right = min([len(sentence.low), *(item.start for item in others if item.start >= figure.end)])
    opens, closes = _part(sentence.low, figure.start)
    return (max(opens, left), min(closes, right)), (left, right)


def _tickers(text: str) -> set[str]:
    return set(_TICKER.findall(text)) - _NO_TICKER


def _exchange_of(said: str, text: str) -> bool:
    """Whether they name exchanges, and none that both name."""
    own = {match["name"].replace("hsx", "hose") for match in _EXCHANGE.finditer(said)}
    told = {match["name"].replace("hsx", "hose") for match in _EXCHANGE.finditer(text)}
    return bool(own and told) and not own & told


def _periods(text: str) -> set[bool]:
    return {match["quarter"] is not None for match in _PERIOD.finditer(text)}


# Against what a change is measured: a year before, the end of last year, the month before.
_BASES = (
    re.compile(
        r"(?<!\w)(?:cùng kỳ|year[- ](?:on|over)[- ]year|a year (?:earlier|ago|before))(?!\w)"
    ),
    re.compile(
        r"(?<!\w)(?:(?:từ|so với|tính từ) đầu năm|(?:so với )?cuối năm (?:trước|ngoái)|"
        r"year to date|"
        r"since (?:the (?:start|beginning) of the year|january)|(?:the )?end of last year|so far "
        r"this year)(?!\w)"
    ),
    re.compile(
        r"(?<!\w)(?:so với tháng (?:trước|liền trước)|month[- ]on[- ]month|(?:a|the previous|the "
        r"month) (?:month )?(?:earlier|before)|from the previous month)(?!\w)"
    ),
)


def _bases(text: str) -> set[int]:
    return {at for at, words in enumerate(_BASES) if words.search(text)}


def sentence_of(text: str, position: int) -> str:
    """The sentence of an item that holds a position."""
    opens = max((m.end() for m in re.finditer(r"[.;](?=\s)", text[:position])), default=0)
    closes = re.compile(r"[.;](?=\s)").search(text, position)
    return text[opens : closes.start() if closes else len(text)].lower()


def _way(text: str, ways: dict[int, re.Pattern[str]]) -> int:
    """The one way that a text tells; 0 when it tells none or both."""
    found = [way for way, words in ways.items() if words.search(text)]
    return found[0] if len(found) == 1 else 0


_STEP = re.compile(
    r"(?<!\w)(?:(?P<up>lên|rose to|up to)|(?P<down>xuống|fell to|down to))(?: (?:mức|còn|tới|đến))?"
    r" (?:\$|usd )?$"
)
_UP = re.compile(r"(?<!\w)(?:tăng|lên|ris(?:es|ing)|rose|gain(?:s|ed)|climb(?:s|ed)|added)(?!\w)")
_DOWN = re.compile(
    r"(?<!\w)(?:giảm|xuống|về|f[ae]ll(?:s|ing)?|slipped|eased|dropp?(?:s|ed)|lost|declined)(?!\w)"
)


def _wrong_step(sentence: Sentence, figure: Figure, text: str, position: int) -> bool:
    """Whether "down to 51.2" stands in the item as a rise: the words since its last full stop."""
    step = _STEP.search(sentence.low[: figure.start])
    if step is None:
        return False
    opens = max((m.end() for m in re.finditer(r"[.;](?=\s)", text[:position])), default=0)
    before = text[opens:position]
    up, down = bool(_UP.search(before)), bool(_DOWN.search(before))
    return up is not down and up is not bool(step["up"])


_N = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{VI_WORDS}|{EN_WORDS})"
_COUNT = re.compile(
    rf"(?<!\w)(?:(?P<buy>mua ròng )?(?P<sell>bán ròng )?(?:phiên|ngày|tuần|tháng|quý)?"
    rf" ?thứ {_N} (?:liên tiếp|liên tục)|"
    rf"{_N}[ -](?:straight |consecutive |successive )(?:session|day|week|month|quarter)|"
    rf"{_N} (?:session|day|week|month|quarter)s? (?:running|in a row)|"
    rf"(?P<least>ít|thấp|nhỏ)? ?nhất(?: trong(?: vòng)?)? {_N} (?:phiên|ngày|tuần|tháng|quý|năm)|"
    rf"(?:most|least|highest|lowest|largest|smallest|biggest) in {_N} "
    r"(?:session|day|week|month|quarter|year)s?)(?!\w)"
)


_LEAST = re.compile(r"(?<!\w)(?:(?:ít|thấp|nhỏ) nhất|least|lowest|smallest)(?!\w)")
_FOREIGN = re.compile(
    r"(?<!\w)(?:khối ngoại|nhà đầu tư nước ngoài|foreign(?: investors|ers)?)"
    r"(?: (?!mua|bán|net|bought|sold)\w+){0,2}? (?:(?:mua|bán) ròng|net (?:buy|sell)\w*)"
    r"(?= (?:on|in|trên|trong|phiên|for|\x01|\x04)|[.,;]| *$)"
)


def flows(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """That foreign investors bought or sold on the whole: as the title of the cited item has it."""
    items = sources.cited(sentence, case) if sentence.cited else []
    titled = {way for item in items if (way := _way(item.title.lower(), _NET))}
    if len(titled) != 1:
        return
    for found in _FOREIGN.finditer(sentence.masked):
        way = _way(found[0], _NET)
        beside = "\x01" in sentence.masked[found.end() : found.end() + 2]  # judged by its figure
        if way and way not in titled and not beside:
            yield Claim(found.start(), found.end(), "", sources.UNPROVEN, figures=False)


def runs(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A run or a record of a cited item's, told of another number or unit than it has."""
    items = sources.cited(sentence, case)
    if not items:
        return
    for found in _COUNT.finditer(sentence.masked):
        start, end = sentence.clause(found.start())
        spoken = [sentence.low[i.start : i.end] for i in sentence.names if start <= i.start < end]
        if any(not _EXCHANGE.search(name) for name in spoken):
            continue  # an index's own run
        begin = max(0, found.start() - 12)
        said = sources.spans_of(sentence.masked[begin : found.end()])
        told = set().union(*(sources.spans_of(sources.text_of(item)) for item in items))
        units = {unit for _, unit in told}
        ways = [_way(found[0], ways) for ways in (_NET,)]
        wrong = bool(told) and any(
            (number, unit) not in told for number, unit in said if unit in units
        )
        wrong = wrong or bool(told and said and not any(unit in units for _, unit in said))
        wrong = wrong or (
            bool(_LEAST.search(found[0]))
            and not any(_LEAST.search(sources.text_of(item)) for item in items)
        )
        wrong = wrong or (ways[0] != 0 and _other_run(items, ways[0]))
        if wrong:
            yield Claim(found.start(), found.end(), "", sources.UNPROVEN, figures=False)
    yield from _focus(sentence, items)


_RUN_OF = re.compile(
    r"(?:mua|bán) ròng thứ|(?:session|day|week)s? of net (?:buy|sell)\w*", re.IGNORECASE
)


def _other_run(items: list[Source], way: int) -> bool:
    """Whether the items tell such a run, of the other way only."""
    rows = [match[0] for item in items for match in _RUN_OF.finditer(sources.text_of(item))]
    return bool(rows) and all(_way(row, _NET) == -way for row in rows)


_FOCUS = re.compile(
    r"(?<!\w)(?:tập trung (?:vào|ở)|concentrat\w+ (?:in|on)|focus\w* (?:in|on))"
    r"(?: (?:các|hai|mã|cổ phiếu|the|stocks|shares|of))* "
    r"(?P<row>[a-z]{3}(?:(?:, | và | and )[a-z]{3}(?!\w))*)"
)


def _focus(sentence: Sentence, items: list[Source]) -> Iterator[Claim]:
    """The stocks that trades are told to centre on, where an item names other ones."""
    for found in _FOCUS.finditer(sentence.masked):
        said = _tickers(sentence.text[found.start("row") : found.end("row")])
        rows = [
            _tickers(match["row"].upper())
            for item in items
            for match in _FOCUS.finditer(sources.text_of(item))
        ]
        if said and rows and not any(said <= row for row in rows):
            yield Claim(found.start(), found.end(), "", sources.UNPROVEN, figures=False)


_SAYS = (
    r"(?: [^\s.,;]+){0,4}? (?:đưa tin|cho biết|ghi nhận|dẫn(?! đầu)|viết|said|says|reported|"
    r"reports|wrote|noted)(?!\w)"
)
_FROM = r"(?:theo|dẫn|according to|per|citing|reported by)(?: the)?"


def attributed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Who is said to report, where it is the source of other items and not of those cited."""
    items = sources.cited(sentence, case)
    own = {item.source.lower() for item in items}
    if not all(own):
        return
    told = " ".join(map(sources.text_of, items))
    for name in {item.source.lower() for item in case.items.values()} - own:
        word = rf"(?<!\w){re.escape(name)}(?!\w)"
        if name not in sentence.low or re.search(word, told):
            continue
        for found in re.finditer(rf"{_FROM} {word}|{word}{_SAYS}", sentence.low):
            yield Claim(found.start(), found.end(), "", sources.UNPROVEN, figures=False)
