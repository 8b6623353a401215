"""What the writers that ask a model over HTTP have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from market.http import HttpClient, HttpError
from reports.writing.writers import faults
from reports.writing.writers.base import (
    BadAnswer,
    Options,
    Prompt,
    Usage,
    WriterRefused,
    WriterUnavailable,
)
from reports.writing.writers.faults import CODE, Complaint

CHARACTERS_PER_TOKEN = 3
CUT_OFF = "broke off at the limit of length: answer more briefly"
MODEL_NAME = re.compile(r"[\w./:@-]{1,120}")
# What our check knows and the vendors' schemas do not: they would refuse the whole request.
UNSENT_KEYWORDS = {"minLength", "maxLength"}


class Model:
    """One model behind one address: sends a body, and gives back what a success holds."""

    name = ""

    def __init__(self, client: HttpClient, options: Options) -> None:
        self._client = client
        self._options = options
        self.model = options.model

    def _post(
        self, path: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[dict[str, Any], Complaint | None]:
        """The answer's JSON and the error in it; raises WriterError where there is no answer."""
        key = self._options.api_key
        if not (key.isascii() and key.isprintable()):
            raise WriterRefused("has a key that no header can hold")
        try:
            response = self._client.exchange(
                "POST", f"{self._options.base_url}{path}", body, headers
            )
        except HttpError as error:
            raise faults.unsent(error) from None
        data = faults.read(response.content)
        found = faults.complaint(response, data, key)
        if found is None and not isinstance(data, dict):
            raise WriterUnavailable("answered with something that is not JSON")
        return data if isinstance(data, dict) else {}, found

    def _fault(self, found: Complaint) -> Exception:
        return faults.fault(found, self.model)


def estimate(prompt: Prompt, text: str) -> Usage:
    """The tokens of a call whose server does not count them; errs upwards."""
    asked = len(prompt.system) + len(prompt.text)
    return Usage(-(-asked // CHARACTERS_PER_TOKEN), -(-len(text) // CHARACTERS_PER_TOKEN))


def code(value: Any) -> str:
    """A vendor's code as it may be repeated."""
    return value if isinstance(value, str) and CODE.fullmatch(value) else "unknown"


def said_by(value: Any, options: Options) -> str:
    """The model that the answer names, else the one that was asked."""
    if not isinstance(value, str) or not MODEL_NAME.fullmatch(value):
        return options.model
    return options.model if options.api_key and options.api_key in value else value


def stopped(reason: Any, cut_off: str, usage: Usage) -> BadAnswer:
    """The fault of an answer that did not end by itself; `cut_off` is the vendor's name for that
    by length.
    """
    words = CUT_OFF if reason == cut_off else f"stopped early ({code(reason)})"
    return BadAnswer(words, usage)


def sendable(schema: Any) -> Any:
    """The schema in the words that the vendors take."""
    if isinstance(schema, list):
        return [sendable(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {name: item for name, item in schema.items() if name not in UNSENT_KEYWORDS}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if "properties" in kept:
        fields = kept["properties"].items()
        kept["properties"] = {name: sendable(field) for name, field in fields}
    for name in ("items", "anyOf"):
        if name in kept:
            kept[name] = sendable(kept[name])
    return kept
