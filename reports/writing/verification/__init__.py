"""Whether a text says what the facts say. Pure: values in, values out; nothing here raises on text.

`verify_text` and `verify` check each figure, direction word and claim in words; what cannot be
proven fails with a sentence that can be handed back to the writer. `translation_fault` holds a
translation against its original, `cut` takes failed sentences out.
"""

from __future__ import annotations

from reports.writing.verification.checks import verify, verify_text
from reports.writing.verification.cutting import cut
from reports.writing.verification.results import Checked, Declared
from reports.writing.verification.translation import translation_fault

__all__ = ["Checked", "Declared", "cut", "translation_fault", "verify", "verify_text"]
