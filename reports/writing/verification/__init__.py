"""Whether a text says what the facts say. Pure: values in, values out; nothing here raises on text.

`verify_text` and `verify` check each figure, direction word and claim in words; what cannot be
proven fails with a sentence that can be handed back to the writer. `translation_fault` holds a
translation against its original, `cut` takes failed sentences out.

`reading` says what stands in a text before any of it is judged: sentences, figures (`sentences`,
`numbers`, `plain`), names and suppositions, words of direction (`motion`), and the phrases that
introduce a fact (`wording`, `nouns`). `checks` then asks, sentence by sentence:

- of each figure (`figures`): whether it is its `evidence` (`arithmetic`, `proofs`), what the words
  say that it is (`roles`, from `changes`, `ranges`, `averages`, `counting` and others), on which
  side it lies (`sides`) and over which stretch (`spans`, `windows`);
- of each claim in words (`claims`, whose `finders` are listed in order): records and runs, ranks,
  levels, breadth, the course of a session, coins, chances, what is forbidden;
- of each direction word that nothing else judged (`directions`), and of each date (`dates`).

`cited` says what an item proves for the sentence that cites it, whatever its topic: `parts` reads
both in parts, with the names, things and ways of each, and `held` holds one against the other.
"""

from __future__ import annotations

from reports.writing.verification.checks import verify, verify_text
from reports.writing.verification.cutting import cut
from reports.writing.verification.results import Checked, Declared
from reports.writing.verification.translation import translation_fault

__all__ = ["Checked", "Declared", "cut", "translation_fault", "verify", "verify_text"]
