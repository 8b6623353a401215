"""A claim reads the run with the statement that takes it: never a run of two moments."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from django.db import connection, transaction

from reports.models import Run
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.processes import until

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


def waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        return cursor.rowcount == 1


def test_a_run_that_went_on_while_its_claim_waited_is_not_claimed(committed: None) -> None:
    run, _ = request_run(SLOT, Run.Trigger.COMMAND)
    claims: list[pipeline.Claim | None] = []

    def claim() -> None:
        try:
            claims.append(pipeline.claim(run.pk))
        finally:
            connection.close()

    late = threading.Thread(target=claim)
    with transaction.atomic():  # somebody gives it back after a part
        Run.objects.filter(pk=run.pk).update(heartbeat=datetime.now(UTC))
        late.start()
        until(waits_for_a_row)
    late.join()
    assert claims == [None]
    assert pipeline.claim(run.pk)
