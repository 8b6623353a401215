"""Gemini: generateContent, with JSON by a schema, thoughts, and grounding with Google Search."""

from __future__ import annotations

from typing import Any

from tests.upstreams.prose import answer
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load


def generate(call: Call, stage: Stage) -> Reply:
    """`POST /v1beta/models/{model}:generateContent`."""
    body = call.json()
    headers = {name.lower() for name in call.headers}
    if "x-goog-api-key" not in headers:
        return Reply(fixture="llm/gemini/401_unauthenticated.json")
    if not isinstance(body, dict) or not body.get("contents"):
        return Reply(fixture="llm/gemini/400_unknown_field.json")
    options = body.get("generationConfig", {})
    schema = options.get("responseJsonSchema") or options.get("responseSchema")
    model = call.path.rpartition("/")[2].partition(":")[0]
    if body.get("tools"):
        return _grounded(schema, model)
    if stage.scenario == "empty":
        return Reply(fixture="llm/gemini/200_max_tokens_empty.json")
    text = _text(body.get("contents", []))
    return Reply(body=_answered(answer(text, schema), text, model, stage.pad))


def _grounded(schema: Any, model: str) -> Reply:
    """Only the newest models search and keep to a schema in one call."""
    if schema and not model.startswith("gemini-3"):
        return Reply(fixture="llm/gemini/400_tool_plus_json.json")
    return Reply(body=load("llm/gemini/200_grounded.json")["body"] | {"modelVersion": model})


def _text(contents: list[Any]) -> str:
    return "\n".join(part.get("text", "") for item in contents for part in item.get("parts", []))


def _answered(text: str, prompt: str, model: str, pad: int) -> dict[str, Any]:
    """`pad` characters of thoughts come before the text."""
    thoughts = [{"text": "x" * pad, "thought": True}] if pad else []
    used = {"promptTokenCount": len(prompt) // 4, "candidatesTokenCount": len(text) // 4}
    used |= {"thoughtsTokenCount": pad // 4} if pad else {}
    return {
        "candidates": [
            {
                "content": {"parts": [*thoughts, {"text": text}], "role": "model"},
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": used | {"totalTokenCount": sum(used.values())},
        "modelVersion": model,
        "responseId": "SampleRespId0000000009",
    }


UPSTREAM = Upstream(
    setting="GEMINI_BASE_URL",
    endpoints=(Endpoint("gemini.generate", "POST", "/models/*:generateContent", generate),),
    failures={
        "blocked": Reply(fixture="llm/gemini/403_leaked.json"),
        "down": Reply(fixture="llm/gemini/503_high_demand.json"),
    },
    prefix="/gemini/v1beta",
)
