"""Google's Gemini over generateContent, with JSON by a schema or a search with citations.

Not both in one call: models before Gemini 3 refuse it, and one citation then spans the whole JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from reports.writing.writers import loose
from reports.writing.writers.answers import parsed
from reports.writing.writers.base import (
    Answer,
    BadAnswer,
    Citation,
    NotConfigured,
    Prompt,
    Usage,
)
from reports.writing.writers.model import (
    Model,
    code,
    estimate,
    said_by,
    sendable,
    stopped,
)

BUDGETS = {"minimal": "512", "low": "1024", "medium": "8192", "high": "24576"}
WEB = ("https://", "http://")
UNTHINKING = re.compile(r"gemini-(1\.|2\.0)")  # these take the older schema too
HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
# A report on a market is none of these; a stricter threshold blocks on words such as "killed".
SAFETY = [{"category": f"HARM_CATEGORY_{harm}", "threshold": "BLOCK_ONLY_HIGH"} for harm in HARMS]


class Gemini(Model):
    name = "gemini"

    def ask(self, prompt: Prompt) -> Answer:
        """The model's answer; raises WriterError children."""
        if prompt.search and not self._options.search:
            raise NotConfigured("may not search: GEMINI_SEARCH_GROUNDING is off")
        model = quote(self._name, safe="")
        headers = {"x-goog-api-key": self._options.api_key}
        data, complaint = self._post(
            f"/models/{model}:generateContent", self._body(prompt), headers
        )
        if complaint:
            raise self._fault(complaint)
        return self._answer(data, prompt)

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        options: dict[str, Any] = {"maxOutputTokens": prompt.max_tokens}
        if prompt.schema is not None and not prompt.search:
            options["responseMimeType"] = "application/json"
            options |= self._schema(prompt.schema)
        if not self._is_old and self._options.thinking != "auto":
            options["thinkingConfig"] = self._thinking()
        body: dict[str, Any] = {
            "contents": [{"role": "user", "parts": [{"text": prompt.text}]}],
            "generationConfig": options,
            "safetySettings": SAFETY,
        }
        if prompt.system:
            body["systemInstruction"] = {"parts": [{"text": prompt.system}]}
        if prompt.search:
            body["tools"] = [{"googleSearch": {}}]
        return body

    @property
    def _is_old(self) -> bool:
        return UNTHINKING.match(self._name) is not None

    @property
    def _name(self) -> str:
        return self.model.removeprefix("models/")

    def _thinking(self) -> dict[str, Any]:
        """A level, which models before Gemini 3 know as a number of tokens; a number as it is."""
        wanted = self._options.thinking
        if self._name.startswith("gemini-2"):
            wanted = BUDGETS.get(wanted, wanted)
        if re.fullmatch(r"-?\d+", wanted):
            return {"thinkingBudget": int(wanted)}
        return {"thinkingLevel": wanted.upper()}

    def _schema(self, schema: Any) -> dict[str, Any]:
        if self._is_old:
            return {"responseSchema": _older(sendable(schema))}
        return {"responseJsonSchema": sendable(schema)}

    def _answer(self, data: dict[str, Any], prompt: Prompt) -> Answer:
        candidate = loose.first(data.get("candidates"))
        text = "".join(_texts(candidate))
        usage = _usage(data) or estimate(prompt, text)
        if not candidate:
            reason = loose.fields(data.get("promptFeedback")).get("blockReason")
            words = f"blocked the prompt ({code(reason)})" if reason else "gave no answer"
            raise BadAnswer(words, usage)
        finish = candidate.get("finishReason")
        if finish != "STOP":
            raise stopped(finish, "MAX_TOKENS", usage)
        if not text.strip():
            raise BadAnswer("answered with no text", usage)
        return Answer(
            text,
            parsed(text, None if prompt.search else prompt.schema, usage),
            tuple(_citations(candidate, text)),
            usage,
            finish,
            said_by(data.get("modelVersion"), self._options),
        )


def _texts(candidate: dict[str, Any]) -> Iterator[str]:
    """The answer's parts; thoughts, tool calls and signatures are none."""
    for item in loose.items(loose.fields(candidate.get("content")).get("parts")):
        part = loose.fields(item)
        if not part.get("thought"):
            yield loose.text(part.get("text"))


def _usage(data: dict[str, Any]) -> Usage | None:
    """What the call took; any count may be absent, and the output's then follows from the total."""
    used = data.get("usageMetadata")
    if not loose.count(used, "promptTokenCount"):
        return None
    prompt = loose.count(used, "promptTokenCount") + loose.count(used, "toolUsePromptTokenCount")
    thinking = loose.count(used, "thoughtsTokenCount")
    left = max(loose.count(used, "totalTokenCount") - prompt - thinking, 0)
    return Usage(prompt, loose.count(used, "candidatesTokenCount") or left, thinking)


def _citations(candidate: dict[str, Any], text: str) -> Iterator[Citation]:
    """The passages with their pages.

    A passage is found by its text: its offsets count bytes, and of a text that was normalised
    afterwards. One that is not in the answer is dropped.
    """
    grounding = loose.fields(candidate.get("groundingMetadata"))
    pages = [_page(chunk) for chunk in loose.items(grounding.get("groundingChunks"))]
    for item in loose.items(grounding.get("groundingSupports")):
        support = loose.fields(item)
        passage = loose.text(loose.fields(support.get("segment")).get("text"))
        if not passage.strip() or passage not in text:
            continue
        for place in loose.items(support.get("groundingChunkIndices")):
            page = pages[place] if isinstance(place, int) and 0 <= place < len(pages) else None
            if page:
                yield Citation(passage, *page)


def _page(chunk: Any) -> tuple[str, str] | None:
    web = loose.fields(loose.fields(chunk).get("web"))
    url = loose.text(web.get("uri"))
    return (url, loose.text(web.get("title"))) if url.startswith(WEB) else None


def _older(schema: Any) -> Any:
    """`responseSchema`: kinds in capitals, and no word on further fields."""
    if isinstance(schema, list):
        return [_older(item) for item in schema]
    made = {name: item for name, item in schema.items() if name != "additionalProperties"}
    if isinstance(made.get("type"), str):
        made["type"] = made["type"].upper()
    if "properties" in made:
        made["properties"] = {name: _older(item) for name, item in made["properties"].items()}
        made["propertyOrdering"] = list(made["properties"])
    for name in ("items", "anyOf"):
        if name in made:
            made[name] = _older(made[name])
    return made
