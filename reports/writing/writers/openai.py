"""OpenAI's chat/completions, and the many servers that speak it.

What a server turns out not to know (JSON by a schema, the system role, the name of the limit) is
left out from then on, for the life of the process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reports.writing.writers import loose
from reports.writing.writers.answers import parsed
from reports.writing.writers.base import (
    Answer,
    BadAnswer,
    Citation,
    NotConfigured,
    Prompt,
    Usage,
    WriterUnavailable,
)
from reports.writing.writers.faults import Complaint
from reports.writing.writers.model import (
    Model,
    estimate,
    said_by,
    sendable,
    stopped,
)

WEB = ("https://", "http://")
HOME = "https://api.openai.com"
THOUGHTS = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
REFUSED_SCHEMA = re.compile(r"response_?format|json_schema|structured output", re.IGNORECASE)
OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
REFUSED_ROLE = re.compile(r"messages\[0\]\.role|system (role|message)", re.IGNORECASE)
UNKNOWN = re.compile(r"unsupported|not support|unrecogni[sz]ed|unknown|extra|permitted", re.I)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server understands; `limit` is what it calls the most tokens of an answer."""

    schema: bool = True
    system: bool = True
    limit: str = "max_tokens"


_dialects: dict[tuple[str, str], Dialect] = {}


class OpenAI(Model):
    name = "openai"

    def ask(self, prompt: Prompt) -> Answer:
        """The model's answer; raises WriterError children.

        A server that does not know part of the request is to be asked again at once: it is told
        less then.
        """
        if prompt.search:
            raise NotConfigured("cannot search")
        key = self._options.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data, complaint = self._post("/chat/completions", self._body(prompt), headers)
        if complaint:
            simpler = _simpler(self._dialect, complaint, self._usual_limit)
            if simpler:
                _dialects[self._server] = simpler
                raise WriterUnavailable("does not know all of the request", 0.0, is_free=True)
            raise self._fault(complaint)
        return self._answer(data, prompt)

    @property
    def _server(self) -> tuple[str, str]:
        return self._options.base_url, self.model

    @property
    def _is_home(self) -> bool:
        return self._options.base_url.startswith(HOME)

    @property
    def _dialect(self) -> Dialect:
        return _dialects.get(self._server, Dialect(limit=self._usual_limit))

    @property
    def _usual_limit(self) -> str:
        return "max_completion_tokens" if self._is_home else "max_tokens"

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        dialect = self._dialect
        body: dict[str, Any] = {
            "model": self.model,
            "messages": self._messages(prompt, dialect),
            dialect.limit: prompt.max_tokens,
        }
        if prompt.schema is not None and dialect.schema:
            schema = sendable(prompt.schema)
            named = {"name": "answer", "strict": _is_strict(schema), "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body

    def _messages(self, prompt: Prompt, dialect: Dialect) -> list[dict[str, str]]:
        """A server that may pass over the schema, or refused it, reads it in the prompt."""
        text = prompt.text
        if prompt.schema is not None and not (self._is_home and dialect.schema):
            schema = json.dumps(sendable(prompt.schema), ensure_ascii=False)
            text = f"{text}\n\nAnswer with one JSON object that fits this JSON Schema:\n{schema}"
        if not prompt.system:
            return [{"role": "user", "content": text}]
        if not dialect.system:
            return [{"role": "user", "content": f"{prompt.system}\n\n{text}"}]
        return [{"role": "system", "content": prompt.system}, {"role": "user", "content": text}]

    def _answer(self, data: dict[str, Any], prompt: Prompt) -> Answer:
        choice = loose.first(data.get("choices"))
        message = loose.fields(choice.get("message"))
        text = _text(message.get("content"))
        usage = _usage(data) or estimate(prompt, text)
        if not choice:
            raise BadAnswer("gave no answer", usage)
        if message.get("refusal"):
            raise BadAnswer("refused to answer", usage)
        finish = choice.get("finish_reason")
        if finish != "stop":
            raise stopped(finish, "length", usage)
        if not text.strip():
            raise BadAnswer("answered with no text", usage)
        return Answer(
            text,
            parsed(text, prompt.schema, usage),
            tuple(_citations(message, text)),
            usage,
            finish,
            said_by(data.get("model"), self._options),
        )


def _simpler(dialect: Dialect, complaint: Complaint, limit: str) -> Dialect | None:
    """How to ask a server that refused part of the request; None when that is not its trouble."""
    if complaint.status not in {400, 422}:
        return None
    said = f"{complaint.param} {complaint.words}"
    if dialect.schema and REFUSED_SCHEMA.search(said):
        return replace(dialect, schema=False)
    if not (UNKNOWN.search(said) or complaint.says("unsupported_value", "unsupported_parameter")):
        return None
    if dialect.system and REFUSED_ROLE.search(said):
        return replace(dialect, system=False)
    if dialect.limit == limit and limit in said:
        return replace(dialect, limit=OTHER_LIMIT[limit])
    return None


def _is_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes it: every field required, and no other allowed."""
    if isinstance(schema, list):
        return all(_is_strict(item) for item in schema)
    if not isinstance(schema, Mapping):
        return True
    fields = schema.get("properties", {})
    closed = schema.get("additionalProperties") is False
    if schema.get("type") == "object":
        whole = closed and set(schema.get("required", ())) == set(fields)
        return whole and all(_is_strict(field) for field in fields.values())
    return all(_is_strict(schema[name]) for name in ("items", "anyOf") if name in schema)


def _text(content: Any) -> str:
    """The answer's text, of servers too that give it in parts or with their thoughts before it."""
    if isinstance(content, list):
        content = "".join(loose.text(loose.fields(item).get("text")) for item in content)
    words = loose.text(content)
    found = THOUGHTS.match(words)
    return words[found.end() :] if found else words


def _usage(data: dict[str, Any]) -> Usage | None:
    used = data.get("usage")
    if not loose.count(used, "prompt_tokens"):
        return None
    thinking = loose.count(used, "completion_tokens_details", "reasoning_tokens")
    output = max(loose.count(used, "completion_tokens") - thinking, 0)
    return Usage(loose.count(used, "prompt_tokens"), output, thinking)


def _citations(message: dict[str, Any], text: str) -> Iterator[Citation]:
    """The passages with their pages; these offsets count characters."""
    for item in loose.items(message.get("annotations")):
        cited = loose.fields(loose.fields(item).get("url_citation"))
        begin, end = cited.get("start_index"), cited.get("end_index")
        url = loose.text(cited.get("url"))
        if not (isinstance(begin, int) and isinstance(end, int) and url.startswith(WEB)):
            continue
        if 0 <= begin < end <= len(text):
            yield Citation(text[begin:end], url, loose.text(cited.get("title")))
