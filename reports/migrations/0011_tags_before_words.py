import django.contrib.postgres.indexes
from django.db import migrations, models

# All words of a statement in one order, or two reports that are saved at once, with new words in
# common, could wait for each other.
KEEPING = """
CREATE FUNCTION marketsite_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_word (text)
        SELECT DISTINCT lexeme FROM stored, unnest(tsvector_to_array(vector)) AS lexeme
        WHERE strpos(lexeme, ' ') = 0 ORDER BY lexeme
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER keep_inserted_words AFTER INSERT ON reports_reporttext
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION marketsite_keep_words();
CREATE TRIGGER keep_updated_words AFTER UPDATE ON reports_reporttext
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION marketsite_keep_words();
"""
FILLING = """
INSERT INTO reports_word (text)
    SELECT DISTINCT lexeme FROM reports_reporttext, unnest(tsvector_to_array(vector)) AS lexeme
    WHERE strpos(lexeme, ' ') = 0 ON CONFLICT DO NOTHING
"""
# Of a hundred thousand reports it takes longer than a statement of the site may.
PATIENCE = "SET LOCAL statement_timeout = 0"
NO_KEEPING = """
DROP TRIGGER keep_inserted_words ON reports_reporttext;
DROP TRIGGER keep_updated_words ON reports_reporttext;
DROP FUNCTION marketsite_keep_words();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_index_reports")]

    # The new index is made beside the old one, so that searches go on meanwhile.
    operations = [
        migrations.RunSQL(PATIENCE, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Word",
            fields=[
                ("text", models.CharField(max_length=40, primary_key=True, serialize=False)),
            ],
        ),
        migrations.RunSQL(KEEPING, NO_KEEPING),
        migrations.RunSQL(FILLING, migrations.RunSQL.noop, elidable=True),
        migrations.AddIndex(
            "reporttext",
            django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("public_at__isnull", False)),
                fastupdate=False,
                fields=["tags", "vector"],
                name="report_tags_words",
            ),
        ),
        migrations.RemoveIndex("reporttext", "report_words"),
        migrations.RenameIndex("reporttext", new_name="report_words", old_name="report_tags_words"),
        migrations.RunSQL(migrations.RunSQL.noop, PATIENCE),
    ]
