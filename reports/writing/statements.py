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

# With its checkpoints. Their digests are computed where the outputs lie: comparing them loads none.
# Of the outputs it has the small fields, which nearly every part looks at.
_READ = """
    id, slot, trigger, draft, writer, notes, report_id, (
        SELECT coalesce(jsonb_agg(jsonb_build_array(
            name, input_hash, encode(sha256(convert_to(output::text, 'UTF8')), 'hex'), final,
            CASE WHEN name <> ALL (%(whole)s::text[]) THEN output - %(large)s::text[] END
        ) ORDER BY part), '[]')
        FROM reports_step WHERE run_id = reports_run.id
    )
"""
_RUN = "SELECT {read} FROM reports_run WHERE id = %(run)s"
RUN = _RUN.format(read=_READ)
# The checkpoints are those of the moment at which the statement began: a run that another process
# has claimed and given back since is a row of another version, and is left to that process.
_CLAIM = """
    UPDATE reports_run
    SET state = 'running', owner = %(owner)s, heartbeat = %(heartbeat)s,
        started_at = coalesce(started_at, %(now)s)
    WHERE id = %(run)s AND state = 'waiting'
        AND xmin = (SELECT seen.xmin FROM reports_run AS seen WHERE seen.id = %(run)s)
    RETURNING attempt, {read}
"""
CLAIM = _CLAIM.format(read=_READ)
IS_OURS = """
    SELECT 1 FROM reports_run
    WHERE id = %(run)s AND state = 'running' AND owner = %(owner)s AND attempt = %(attempt)s
"""

# Its parts

KEEP = """
    INSERT INTO reports_step
        (run_id, name, part, final, input_hash, output, usage, seconds, attempt, finished_at)
    SELECT %(run)s, %(name)s, %(part)s, %(final)s, %(input_hash)s,
        %(output)s::jsonb, %(usage)s::jsonb, %(seconds)s, %(attempt)s, %(now)s
"""
# Gives the claim back as well, which locks the run's row; nothing is kept where it is not ours.
_KEEP_AND_RELEASE = """
    WITH ours AS (
        UPDATE reports_run
        SET state = 'waiting', owner = '', heartbeat = %(heartbeat)s,
            notes = notes || %(notes)s::jsonb
        WHERE id = %(run)s AND state = 'running' AND owner = %(owner)s AND attempt = %(attempt)s
        RETURNING id
    )
    {keep}
    FROM ours
"""
KEEP_AND_RELEASE = _KEEP_AND_RELEASE.format(keep=KEEP)
OUTPUTS = """
    SELECT ("output" - %(without)s::text[])::text FROM reports_step
    WHERE run_id = %(run)s AND "name" = %(step)s
    ORDER BY part
"""
# Of the fact sheet, the few facts that a text names.
FACTS = """
    SELECT (output || jsonb_build_object(
        'series', '{}'::jsonb,
        'facts', (
            SELECT coalesce(jsonb_object_agg(fact.key, fact.value), '{}')
            FROM jsonb_each(output -> 'facts') AS fact
            WHERE fact.key = ANY(%(keys)s::text[])
        )
    ))::text
    FROM reports_step WHERE run_id = %(run)s AND name = 'prepare_data'
"""

# Its budget and the day's. A row that is there is added to where that fits, a new one begins with
# the call; where the call does not fit, no row is changed. The run's row is always locked before
# the day's, which many runs share.

# The call's number, whether it fits into the run, and whether the run is still its claim's; what
# costs nothing needs no money left.
TAKE = """
    WITH held AS (
        SELECT %(owner)s = '' OR EXISTS (
            SELECT FROM reports_run
            WHERE id = %(run)s AND state = 'running' AND owner = %(owner)s
                AND attempt = %(attempt)s
        ) AS ours
    ), of_run AS (
        INSERT INTO reports_runbudget AS budget
            (run_id, calls, tokens, cost, prompt_tokens, output_tokens, thinking_tokens)
        SELECT %(run)s::bigint, 1, %(tokens)s, %(cost)s, 0, 0, 0
        FROM held
        WHERE held.ours AND %(run)s::bigint IS NOT NULL
            AND 1 <= %(calls_most)s AND %(tokens)s <= %(tokens_most)s
        ON CONFLICT (run_id) DO UPDATE SET
            calls = budget.calls + 1,
            tokens = budget.tokens + excluded.tokens,
            cost = budget.cost + excluded.cost
        WHERE budget.calls < %(calls_most)s
            AND budget.tokens + excluded.tokens <= %(tokens_most)s
        RETURNING run_id
    ), fits AS (
        SELECT ours, ours AND (%(run)s::bigint IS NULL OR EXISTS (SELECT FROM of_run)) AS run
        FROM held
    ), of_day AS (
        INSERT INTO reports_daybudget AS budget
            (day, calls, tokens, cost, prompt_tokens, output_tokens, thinking_tokens)
        SELECT %(day)s, 1, %(tokens)s, %(cost)s, 0, 0, 0
        FROM fits WHERE fits.run AND (%(cost)s = 0 OR %(cost)s <= %(cap)s)
        ON CONFLICT (day) DO UPDATE SET
            calls = budget.calls + 1,
            tokens = budget.tokens + excluded.tokens,
            cost = budget.cost + excluded.cost
        WHERE excluded.cost = 0 OR budget.cost + excluded.cost <= %(cap)s
        RETURNING day
    ), call AS (
        INSERT INTO reports_modelcall
            (run_id, day, writer, model, purpose, searched, state, tokens, cost,
             prompt_tokens, output_tokens, thinking_tokens, asked_at)
        SELECT %(run)s::bigint, day, %(writer)s, %(model)s, %(purpose)s, %(searched)s, 'open',
            %(tokens)s, %(cost)s, 0, 0, 0, %(now)s
        FROM of_day
        RETURNING id
    )
    SELECT (SELECT id FROM call), fits.run, fits.ours FROM fits
"""
# What `TAKE` had counted for the run of a call that does not fit into the day.
GIVE_BACK = """
    UPDATE reports_runbudget
    SET calls = calls - 1, tokens = tokens - %(tokens)s, cost = cost - %(cost)s
    WHERE run_id = %(run)s
"""
_CORRECT = """
    tokens = tokens + %(tokens_more)s,
    cost = cost + %(cost_more)s,
    prompt_tokens = prompt_tokens + %(prompt)s,
    output_tokens = output_tokens + %(output)s,
    thinking_tokens = thinking_tokens + %(thinking)s
"""
# A call is closed once; what its estimate had counted for it is corrected with it.
_CLOSE = """
    WITH closed AS (
        UPDATE reports_modelcall SET
            state = %(state)s,
            settled_at = %(now)s,
            tokens = %(tokens)s,
            cost = %(cost)s,
            prompt_tokens = %(prompt)s,
            output_tokens = %(output)s,
            thinking_tokens = %(thinking)s
        WHERE id = %(call)s AND state = 'open'
        RETURNING run_id, day
    ), of_run AS (
        UPDATE reports_runbudget AS budget SET {correction}
        FROM closed WHERE budget.run_id = closed.run_id
        RETURNING budget.run_id
    )
    UPDATE reports_daybudget AS budget SET {correction}
    FROM closed
    WHERE budget.day = closed.day AND (SELECT count(*) FROM of_run) >= 0
"""
CLOSE = _CLOSE.format(correction=_CORRECT)

# What models are asked

PROMPTS = """
    SELECT id, name, text FROM reports_promptversion WHERE active AND name = ANY(%(names)s)
"""
KEPT_PROMPTS = "SELECT id, name, text FROM reports_promptversion WHERE id = ANY(%(rows)s)"
