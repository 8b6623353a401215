"""Why a figure could not be renewed, in a reader's words: short, translated, by kind.

The snapshot and the overview keep the sources' own sentences, for logs, for the API and for staff.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from market import formats

# A sentence's kind is the first that fits; one that fits none is about an answer's shape.
_KINDS: tuple[tuple[re.Pattern[str], Promise], ...] = (
    (re.compile(r"rests until"), _("rests after failures")),
    (re.compile(r"status (401|402|403|418|429|451)\b"), _("refuses to answer")),
    (
        re.compile(
            r"status 5\d\d|timed out|name cannot be resolved|cut the connection|connection failed"
            r"|failed the TLS check|body that cannot be decoded|this refresh took too long"
        ),
        _("does not answer"),
    ),
    (
        re.compile(
            r"too old|stands still|older than the last|the last answer is of|without trading"
            r"|last finished day is missing"
        ),
        _("its numbers are too old"),
    ),
    (
        re.compile(r"a move of|another scale|not positive|in the future|does not fit the price"),
        _("its numbers cannot be right"),
    ),
    (re.compile(r"not (fetched|asked) yet"), _("not asked yet")),
    (re.compile(r"no current snapshot"), _("the last refresh is too long ago")),
    (re.compile(r"no source is configured|names none"), _("no source is set up")),
    (
        re.compile(r"not one of its|not in the answer|^no |missing$|are needed$"),
        _("does not have this figure"),
    ),
)
_UNREADABLE = _("its answer cannot be read")
_SOURCE = re.compile(r"[a-z0-9_]+")


def told(error: str, language: str) -> str:
    """`vietcap: timed out; kbs: timed out` → `Vietcap, KBS: does not answer`; "" for "".

    In the language that is active, which `language` names for the sources' names.
    """
    met: dict[str, list[str]] = {}
    for part in re.split(r"; (?=[a-z0-9_]+: )", error) if error else ():
        source, sentence = _split(part)
        names = met.setdefault(str(_kind(sentence)), [])
        if source and (name := formats.source_name(source, language)) not in names:
            names.append(name)
    return "; ".join(
        f"{', '.join(names)}: {kind}" if names else kind for kind, names in met.items()
    )


def _split(part: str) -> tuple[str, str]:
    """The source and what is said of it; a sentence about no source stands alone."""
    source, _colon, sentence = part.partition(": ")
    return (source, sentence) if sentence and _SOURCE.fullmatch(source) else ("", part)


def _kind(sentence: str) -> Promise:
    return next((label for pattern, label in _KINDS if pattern.search(sentence)), _UNREADABLE)
