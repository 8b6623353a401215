"""What a model server answers of itself: schema-true JSON, from the facts that the prompt lists.

The JSON schema of the request decides what is asked for (a section, a headline, a translation), and
not the wording of the prompt, but for the news, which must cite.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from zlib import crc32

from market.formats import index_name

# A fact stands on a line of its own: its key, as it is or in braces, and whatever tells its value.
FACT_LINE = re.compile(r"^[^\w\n]{0,6}([a-z][a-z0-9_]*\.[a-z0-9_]+)\b([^\n]*)", re.MULTILINE)
FACT = re.compile(r"\b[a-z][a-z0-9_]*\.[a-z0-9_]+\b")
HEADING = re.compile(r"^#+ ([^\n(]+) \((\w+)\)", re.MULTILINE)
FACTS = re.compile(r"<facts>(.*?)</facts>", re.DOTALL)
NUMBER = re.compile(r"[-\u2212+]?\d[\d.,]*")
TOKENS = re.compile(
    r"\{\{[^{}]+\}\}|\[\[\w+\]\]|VN-Index|HNX-Index|UPCoM-Index|VN30|HNX30|Bitcoin|Ethereum|[\d.,]*\d|tăng|giảm",
    re.IGNORECASE,
)
NEWS_FIRST = re.compile(r'\A[^\n]*"Tin đáng chú ý"')
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
WORDS = {"tăng": "rose", "giảm": "fell"}
NAMES = frozenset({"id", "key", "kind"})

# Each in Vietnamese and English; <n> is an index's name, <k> its key.
ROSE = ("<n> tăng {{<k>.change|abs}} điểm.", "<n> rose {{<k>.change|abs}} points.")
FELL = ("<n> giảm {{<k>.change|abs}} điểm.", "<n> fell {{<k>.change|abs}} points.")
CLOSED = ("<n> đóng cửa ở {{<k>.close}} điểm.", "<n> closed at {{<k>.close}} points.")
REFERENCE = (
    "Giá tham chiếu của <n> là {{<k>.previous_close}} điểm.",
    "The previous close of <n> was {{<k>.previous_close}} points.",
)
RANGE = (
    "<n> dao động từ {{<k>.low}} đến {{<k>.high}} điểm.",
    "<n> moved between {{<k>.low}} and {{<k>.high}} points.",
)
VOLUME = (
    "Khối lượng giao dịch của <n> là {{<k>.volume}}.",
    "The volume of <n> was {{<k>.volume}}.",
)
PRICE = ("<n> giao dịch quanh {{<k>.price}}.", "<n> traded around {{<k>.price}}.")
STANDFIRST = (
    "Bài viết này dựa trên số liệu của <n> ở {{<k>.close}} điểm.",
    "This report rests on the figures of <n> at {{<k>.close}} points.",
)
NOTHING = (
    "Thị trường đang chờ thêm thông tin.",
    "The market is waiting for more information.",
)
TOLD = ("Tin trong ngày có thêm một nguồn [[<i>]].", "The day's news had one more source [[<i>]].")
SENTENCES = (TOLD, ROSE, FELL, CLOSED, REFERENCE, RANGE, VOLUME, PRICE, STANDFIRST, NOTHING)


def answer(text: str, schema: Mapping[str, Any] | None) -> str:
    """The text of the model's answer: JSON by the schema, or a paragraph without one."""
    found = list(_json_values(text))
    asked = schema or next((item for item in found if _is_schema(item)), None)
    facts, names = _facts(text), {match[2]: match[1] for match in HEADING.finditer(text)}
    seed = crc32(text.encode())
    if asked is None:
        return " ".join(_paragraphs(facts, names, seed))
    fields = asked.get("properties", {})
    if "blocks" in fields:
        told = _news(found) if NEWS_FIRST.search(text) else _paragraphs(facts, names, seed)
        blocks = [{"kind": "paragraph", "text": item} for item in told]
        value: Any = {"blocks": blocks, "figures": []}
    elif {"title", "standfirst"} <= set(fields):
        value = _headline(facts, names)
    else:
        value = _translation(asked, [item for item in found if not _is_schema(item)])
    return json.dumps(fitted(value, asked), ensure_ascii=False)


def _news(data: list[Any]) -> list[str]:
    """One sentence on each of the first items, which it cites."""
    items = [item for item in data if isinstance(item, dict) and {"id", "source"} <= set(item)]
    told = [TOLD[0].replace("<i>", str(item["id"])) for item in items[:2]]
    return told or [NOTHING[0]]


def _facts(text: str) -> dict[str, str]:
    """The listed facts by key, with what follows each on its line."""
    block = FACTS.search(text)
    text = block[1] if block else text
    lines = {match[1]: match[2] for match in FACT_LINE.finditer(text)}
    return lines or {match[0]: "" for match in FACT.finditer(text)}


def _paragraphs(facts: Mapping[str, str], names: Mapping[str, str], seed: int) -> list[str]:
    """Two or three, on the first index and on others, which depend on the prompt."""
    keys = list(dict.fromkeys(key.partition(".")[0] for key in facts))
    told = [text for key in keys if (text := " ".join(_sentences(key, facts, names)))]
    if not told:
        return [NOTHING[0]]
    first, *rest = told
    start = seed % len(rest) if rest else 0
    return [first, *rest[start:], *rest[:start]][:3]


def _sentences(key: str, facts: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    chosen = []
    if f"{key}.close" in facts:
        chosen = [CLOSED, *_moves(facts.get(f"{key}.change"))]
    pairs = ((("previous_close",), REFERENCE), (("low", "high"), RANGE), (("volume",), VOLUME))
    if chosen:
        chosen += [pair for needed, pair in pairs if all(f"{key}.{n}" in facts for n in needed)]
    elif f"{key}.price" in facts:
        chosen = [PRICE]
    return [_filled(pair[0], key, names) for pair in chosen]


def _moves(line: str | None) -> list[tuple[str, str]]:
    """The sentence on the change, where its sign can be read."""
    number = NUMBER.search(line or "")
    if number is None or not re.search(r"[1-9]", number[0]):
        return []
    return [FELL if number[0][0] in "-\u2212" else ROSE]


def _headline(facts: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    keys = [key.removesuffix(".close") for key in facts if key.endswith(".close")]
    if not keys:
        return {"title": NOTHING[0].rstrip("."), "standfirst": NOTHING[0], "figures": []}
    title = _filled(CLOSED[0], keys[0], names).rstrip(".")
    return {"title": title, "standfirst": _filled(STANDFIRST[0], keys[0], names), "figures": []}


def _filled(template: str, key: str, names: Mapping[str, str]) -> str:
    return template.replace("<n>", names.get(key, index_name(key.upper()))).replace("<k>", key)


def _translation(schema: Mapping[str, Any], data: list[Any]) -> Any:
    """The prompt's texts in English, wrapped as the schema has it: JSON with its fields, or the
    longest.
    """
    fields = schema.get("properties", {})
    fitting = [item for item in data if isinstance(item, dict) and set(item) & set(fields)]
    texts = english(max(fitting or data, key=lambda item: len(json.dumps(item)), default=[]))
    if isinstance(texts, dict) and set(texts) & set(fields):
        return texts
    wanted = next((name for name in fields if name != "figures"), "texts")
    kind = str(fields.get(wanted, {}).get("type", "")).lower()
    if kind == "array" and isinstance(texts, dict):
        texts = [{"id": name, "text": text} for name, text in texts.items()]
    return {wanted: texts}


def english(value: Any) -> Any:
    """Every text in it translated; names of things stay."""
    if isinstance(value, str):
        return " ".join(_english_sentence(part) for part in SENTENCE_END.split(value) if part)
    if isinstance(value, list):
        return [english(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key in NAMES else english(item) for key, item in value.items()}
    return value


def _english_sentence(text: str) -> str:
    for vietnamese, translated in SENTENCES:
        for ending in (vietnamese, vietnamese.rstrip(".")):
            found = re.fullmatch(_pattern(ending), text)
            if found:
                return _rebuilt(translated, found, ending.endswith("."))
    words = [WORDS.get(word.lower(), word) for word in TOKENS.findall(text)]
    return f"In short: {' '.join(words)}." if words else "In short, as the original has it."


def _rebuilt(template: str, found: re.Match[str], ended: bool) -> str:
    text = template
    for mark, value in found.groupdict().items():
        text = text.replace(f"<{mark}>", value)
    return text if ended else text.rstrip(".")


def _pattern(template: str) -> str:
    """The template as an expression: the first <n> and <k> are taken, later ones must agree."""
    pattern = re.escape(template)
    for mark, shape in (("n", r"[\w -]+?"), ("k", r"[a-z0-9_]+")):
        head, found, tail = pattern.partition(f"<{mark}>")
        if found:
            pattern = f"{head}(?P<{mark}>{shape}){tail.replace(f'<{mark}>', f'(?P={mark})')}"
    return pattern


def fitted(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value as the schema wants it: what it forbids left out, what it requires made up."""
    variants = schema.get("anyOf") or schema.get("oneOf")
    if variants:
        return fitted(value, _variant(value, variants))
    kind = str(schema.get("type", "")).lower()
    if kind == "object" or isinstance(value, dict):
        return _fitted_object(value if isinstance(value, dict) else {}, schema)
    if kind == "array":
        given = value if isinstance(value, list) else []
        return [fitted(item, schema.get("items", {})) for item in given]
    allowed = schema.get("enum")
    if allowed:
        return value if value in allowed else allowed[0]
    if kind == "string":
        return value if isinstance(value, str) else ""
    return {"integer": 0, "number": 0, "boolean": False}.get(kind) if value is None else value


def _fitted_object(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    fields = schema.get("properties", {})
    kept = {name: fitted(value[name], fields[name]) for name in fields if name in value}
    extra = {} if fields else dict(value)
    absent = [name for name in schema.get("required", ()) if name not in kept | extra]
    return kept | extra | {name: fitted(None, fields.get(name, {})) for name in absent}


def _variant(value: Any, variants: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    kind = value.get("kind") if isinstance(value, dict) else None
    for variant in variants:
        asked = variant.get("properties", {}).get("kind", {})
        if kind and kind in (asked.get("const"), *asked.get("enum", ())):
            return variant
    return variants[0]


def _is_schema(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind.lower() == "object" and "properties" in value


def _json_values(text: str) -> Iterator[Any]:
    """The JSON objects and lists that stand in a text, outermost first."""
    decoder, position = json.JSONDecoder(parse_float=Decimal), 0
    for match in re.finditer(r"[{\[]", text):
        if match.start() < position:
            continue
        try:
            value, position = decoder.raw_decode(text, match.start())
        except ValueError:
            continue
        if value:
            yield value
