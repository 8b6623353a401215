"""OpenAI and whoever speaks its chat/completions, with JSON by a schema."""

from __future__ import annotations

from typing import Any

from tests.upstreams.prose import answer
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream


def chat(call: Call, stage: Stage) -> Reply:
    """`POST /v1/chat/completions`; a local server asks for no key."""
    body = call.json()
    if not isinstance(body, dict) or not body.get("messages"):
        return Reply(fixture="llm/openai/400_context_length.json")
    if stage.scenario == "empty":
        return Reply(fixture="llm/openai/200_content_filter.json")
    said = dict.fromkeys(("system", "user"), "")
    for message in body["messages"]:
        said[message["role"]] = f"{said.get(message['role'], '')}{message['content']}\n"
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    text = answer(said["user"], schema)
    prompt = "".join(said.values())
    return Reply(body=_answered(text, prompt, str(body.get("model")), stage.pad))


def _answered(text: str, prompt: str, model: str, pad: int) -> dict[str, Any]:
    """`pad` characters of reasoning stand beside the text, as some servers give it."""
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    used = {"prompt_tokens": len(prompt) // 4, "completion_tokens": (len(text) + pad) // 4}
    return {
        "id": "chatcmpl-Sample00000000000000000009",
        "object": "chat.completion",
        "created": 1787299800,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": message | ({"reasoning_content": "x" * pad} if pad else {}),
                "finish_reason": "stop",
            }
        ],
        "usage": used
        | {
            "total_tokens": sum(used.values()),
            "completion_tokens_details": {"reasoning_tokens": pad // 4},
        },
    }


UPSTREAM = Upstream(
    setting="OPENAI_BASE_URL",
    endpoints=(Endpoint("openai.chat", "POST", "/chat/completions", chat),),
    failures={
        "blocked": Reply(fixture="llm/openai/401_invalid_key.json"),
        "down": Reply(fixture="llm/openai/503_overloaded.json"),
    },
    prefix="/openai/v1",
)
