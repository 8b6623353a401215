"""A model's text made into the object that was asked for, or a BadAnswer that says what is wrong.

Code fences and stray prose around one JSON object are forgiven, nothing else is. The check knows
the part of JSON Schema that our prompts use, and refuses a schema that says more. What it reports
names places by the schema, never by what the answer holds: reasons are logged, answers are not.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any

from reports.writing.writers.base import BadAnswer, Usage

Schema = Mapping[str, Any]

MOST_STARTS = 100  # brackets that may turn out to begin nothing, such as those of references
START = re.compile(r"[{\[]")
OBJECT = re.compile(r'\{\s*"')
# What PostgreSQL's JSON refuses, or no text needs.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
ANNOTATIONS = {"title", "description"}
KEYWORDS = {
    "type", "enum", "const", "anyOf", "properties", "required", "additionalProperties", "items",
    "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum",
}  # fmt: skip
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
SIZES: tuple[tuple[str, type[Sized], Callable[[int, int], bool], str], ...] = (
    ("minItems", list, operator.ge, "has fewer than {} items"),
    ("maxItems", list, operator.le, "has more than {} items"),
    ("minLength", str, operator.ge, "is shorter than {} characters"),
    ("maxLength", str, operator.le, "is longer than {} characters"),
)


def parsed(text: str, schema: Schema | None, usage: Usage | None = None) -> Any:
    """The object in the text, checked by the schema; None without one. Raises BadAnswer."""
    if UNWRITABLE.search(text):
        raise BadAnswer("answered with control characters", usage)
    if schema is None:
        return None
    try:
        value = only_object(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "holds JSON that cannot be read"
        raise BadAnswer(f"answered with text that {reason}", usage) from None
    problem = fault(value, schema)
    if problem:
        raise BadAnswer(f"answered with JSON that does not fit: {problem}", usage)
    return value


def only_object(text: str) -> Any:
    """The one JSON object that the text holds; ValueError says why there is none."""
    found = list(_objects(text))
    if not found:
        raise ValueError("holds no JSON object")
    if len(found) > 1:
        raise ValueError("holds more than one JSON object")
    return found[0]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost objects; a list of them is one value, and not what was asked for."""
    position, starts = 0, 0
    while (begin := START.search(text, position)) is not None:
        starts += 1
        if starts > MOST_STARTS:
            raise ValueError("holds too many braces to read")
        try:
            value, position = _DECODER.raw_decode(text, begin.start())
        except json.JSONDecodeError:
            if OBJECT.match(text, begin.start()):
                raise ValueError("holds JSON that breaks off or is malformed") from None
            position = begin.end()
            continue
        if isinstance(value, dict):
            yield value
        elif any(isinstance(item, dict) for item in value):
            raise ValueError("holds a list in place of an object")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("gives a field twice")
    return found


def _no_constant(_name: str) -> None:
    raise ValueError("holds a number that JSON does not have")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def fault(value: Any, schema: Schema, path: str = "answer") -> str:
    """The first place where the value does not fit, with the reason; empty when it fits.

    Raises ValueError for a schema that says what is not checked here.
    """
    unknown = set(schema) - KEYWORDS - ANNOTATIONS
    if unknown:
        raise ValueError(f"the check does not know {', '.join(sorted(unknown))}")
    if "anyOf" in schema:
        return _variant_fault(value, schema["anyOf"], path)
    if not _is_of(value, schema.get("type")):
        return f"{path}: not {_types(schema['type'])}"
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None and not any(_same(value, item) for item in allowed):
        return f"{path}: not one of {', '.join(map(str, allowed))}"
    if isinstance(value, dict):
        return _object_fault(value, schema, path)
    return _size_fault(value, schema, path) or _items_fault(value, schema, path)


def _variant_fault(value: Any, variants: list[Schema], path: str) -> str:
    """No fault when one variant fits; else that of the variant whose fixed fields agree."""
    faults = [fault(value, variant, path) for variant in variants]
    if not all(faults):
        return ""
    for variant, found in zip(variants, faults, strict=True):
        if isinstance(value, dict) and _is_meant(value, variant):
            return found
    return f"{path}: fits none of the kinds"


def _is_meant(value: Mapping[str, Any], variant: Schema) -> bool:
    fields = variant.get("properties", {}).items()
    fixed = {name: field for name, field in fields if "const" in field or "enum" in field}
    return bool(fixed) and not any(
        name not in value or fault(value[name], field) for name, field in fixed.items()
    )


def _object_fault(value: Mapping[str, Any], schema: Schema, path: str) -> str:
    fields: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{path}.{name}: absent"
    if schema.get("additionalProperties") is False and not value.keys() <= fields.keys():
        return f"{path}: has fields that are not asked for"
    for name, field in fields.items():
        found = fault(value[name], field, f"{path}.{name}") if name in value else ""
        if found:
            return found
    return ""


def _items_fault(value: Any, schema: Schema, path: str) -> str:
    if not isinstance(value, list) or "items" not in schema:
        return ""
    places = (fault(item, schema["items"], f"{path}[{place}]") for place, item in enumerate(value))
    return next(filter(None, places), "")


def _size_fault(value: Any, schema: Schema, path: str) -> str:
    if isinstance(value, str) and UNWRITABLE.search(value):
        return f"{path}: holds a control character"
    for keyword, kind, fits, words in SIZES:
        bound = schema.get(keyword)
        if bound is not None and isinstance(value, kind) and not fits(len(value), bound):
            return f"{path}: {words.format(bound)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            return f"{path}: not within {low} and {high}"
    return ""


def _is_of(value: Any, kind: str | list[str] | None) -> bool:
    if kind is None:
        return True
    if isinstance(kind, list):
        return any(_is_of(value, item) for item in kind)
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _types(kind: str | list[str]) -> str:
    names = [kind] if isinstance(kind, str) else kind
    return " or ".join(f"an {name}" if name[0] in "aio" else f"a {name}" for name in names)


def _same(value: Any, allowed: Any) -> bool:
    return bool(value == allowed) and isinstance(value, bool) == isinstance(allowed, bool)
