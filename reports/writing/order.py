"""The steps of a run by name; what does their work stands in `reports.writing.steps`."""

from __future__ import annotations

# From which steps each is made: when what they gave changes, it is done again.
INPUTS: dict[str, tuple[str, ...]] = {
    "prepare_data": (),
    "research": ("prepare_data",),
    "write": ("prepare_data", "research"),
    "verify": ("prepare_data", "research", "write"),
    "translate": ("prepare_data", "write", "verify"),
    "render": ("prepare_data", "write", "verify", "translate"),
    "save": ("prepare_data", "research", "write", "verify", "translate", "render"),
}
ORDER = tuple(INPUTS)
