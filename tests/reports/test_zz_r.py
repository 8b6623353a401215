import time
from datetime import UTC, datetime
import pytest
from django.core.management import call_command
from django.db import connection
from reports.models import Report

@pytest.mark.django_db
def test_time():
    when = datetime(2026, 8, 21, tzinfo=UTC)
    Report.objects.bulk_create([Report(slug=f"r{n}", title="x", status="published", created_at=when, published_at=when) for n in range(5000)])
    with connection.cursor() as c:
        c.execute("SET CONSTRAINTS ALL IMMEDIATE"); c.execute("SET statement_timeout=0")
    call_command("migrate", "reports", "0010", verbosity=0)
    with connection.cursor() as c:
        c.execute("""insert into reports_reporttext (report_id, language, written_in, body, folded, head, vector, tags, public_at)
          select r.id, l, l, '', '', ''::tsvector,
           (select array_to_tsvector(array_agg(distinct case when g%%2=0 then 'w'||(random()*3000)::int||(r.id*0)::text else 'w'||(random()*3000)::int||' w'||(random()*3000)::int end)) from generate_series(1,1000) g where r.id>0),
           array[l, l||':2026', l||':2026-08'], r.published_at from reports_report r, unnest(array['vi','en']) l""".replace("%%","%"))
        c.execute("SET CONSTRAINTS ALL IMMEDIATE")
        c.execute("select count(*), avg(length(vector)) from reports_reporttext"); print(c.fetchone())
    t = time.time(); call_command("migrate", "reports", "0011", verbosity=0); print("forward", time.time() - t)
    with connection.cursor() as c:
        c.execute("select count(*) from reports_word"); print(c.fetchone())
    t = time.time(); call_command("migrate", "reports", "0010", verbosity=0); print("back", time.time() - t)
    assert 0
