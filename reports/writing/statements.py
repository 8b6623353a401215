"""SQL for what each part of a run does again: to compose it anew costs more than to run it."""

from __future__ import annotations

from typing import Any

from django.db import connection


def rows_of(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def changed_by(statement: str, **values: Any) -> int:
    """How many rows a statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


# A run's row, for its pipeline

CLAIM = """
    UPDATE reports_run
    SET state = 'running', owner = %(owner)s, heartbeat = %(heartbeat)s,
        started_at = coalesce(started_at, %(now)s)
    WHERE id = %(run)s AND state = 'waiting'
    RETURNING attempt
"""
IS_OURS = """
    SELECT 1 FROM reports_run
    WHERE id = %(run)s AND state = 'running' AND owner = %(owner)s AND attempt = %(attempt)s
"""
RELEASE = """
    UPDATE reports_run
    SET state = 'waiting', owner = '', heartbeat = %(heartbeat)s,
        notes = notes || %(notes)s::jsonb
    WHERE id = %(run)s AND state = 'running' AND owner = %(owner)s AND attempt = %(attempt)s
"""

# Its parts

# The digests are computed where the outputs lie: comparing checkpoints loads none of them.
CHECKPOINTS = """
    SELECT name, input_hash, encode(sha256(convert_to(output::text, 'UTF8')), 'hex'), final
    FROM reports_step
    WHERE run_id = %(run)s
    ORDER BY part
"""
OUTPUTS = """
    SELECT "output"::text FROM reports_step
    WHERE run_id = %(run)s AND "name" = %(step)s
    ORDER BY part
"""

# Its budget and the day's. A row that is there is added to where that fits, a new one begins with
# the call; where the call does not fit, no row is changed.

TAKE_FROM_RUN = """
    INSERT INTO reports_runbudget AS budget
        (run_id, calls, tokens, cost, prompt_tokens, output_tokens, thinking_tokens)
    SELECT %(run)s, 1, %(tokens)s, %(cost)s, 0, 0, 0
    WHERE 1 <= %(calls_most)s AND %(tokens)s <= %(tokens_most)s
    ON CONFLICT (run_id) DO UPDATE SET
        calls = budget.calls + 1,
        tokens = budget.tokens + excluded.tokens,
        cost = budget.cost + excluded.cost
    WHERE budget.calls < %(calls_most)s
        AND budget.tokens + excluded.tokens <= %(tokens_most)s
"""
# What costs nothing needs no money left.
TAKE_FROM_DAY = """
    INSERT INTO reports_daybudget AS budget
        (day, calls, tokens, cost, prompt_tokens, output_tokens, thinking_tokens)
    SELECT %(day)s, 1, %(tokens)s, %(cost)s, 0, 0, 0
    WHERE %(cost)s = 0 OR %(cost)s <= %(cap)s
    ON CONFLICT (day) DO UPDATE SET
        calls = budget.calls + 1,
        tokens = budget.tokens + excluded.tokens,
        cost = budget.cost + excluded.cost
    WHERE excluded.cost = 0 OR budget.cost + excluded.cost <= %(cap)s
"""
# A call is closed once; what its estimate had counted for it is corrected after it.
CLOSE_CALL = """
    UPDATE reports_modelcall SET
        state = %(state)s,
        settled_at = %(now)s,
        tokens = %(tokens)s,
        cost = %(cost)s,
        prompt_tokens = %(prompt)s,
        output_tokens = %(output)s,
        thinking_tokens = %(thinking)s
    WHERE id = %(call)s AND state = 'open'
"""
_CORRECT = """
    UPDATE {table} SET
        tokens = tokens + %(tokens)s,
        cost = cost + %(cost)s,
        prompt_tokens = prompt_tokens + %(prompt)s,
        output_tokens = output_tokens + %(output)s,
        thinking_tokens = thinking_tokens + %(thinking)s
    WHERE {row}
"""
CORRECT_RUN = _CORRECT.format(table="reports_runbudget", row="run_id = %(run)s")
CORRECT_DAY = _CORRECT.format(table="reports_daybudget", row="day = %(day)s")
