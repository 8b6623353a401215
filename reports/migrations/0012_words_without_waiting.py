from django.db import migrations, models

# Nothing here waits for another transaction, so that no two that save several reports each can wait
# for each other: only words that are not there are added, and a word may stand there twice, where
# two met it at once. Who completes a beginning takes each word once.
KEEPING = """
CREATE OR REPLACE FUNCTION marketsite_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_word (text)
        SELECT DISTINCT lexeme FROM stored, unnest(tsvector_to_array(vector)) AS lexeme
        WHERE strpos(lexeme, ' ') = 0
            AND NOT EXISTS (SELECT FROM reports_word WHERE text = lexeme);
    RETURN NULL;
END $$;
"""
KEEPING_EACH_ONCE = """
CREATE OR REPLACE FUNCTION marketsite_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_word (text)
        SELECT DISTINCT lexeme FROM stored, unnest(tsvector_to_array(vector)) AS lexeme
        WHERE strpos(lexeme, ' ') = 0 ORDER BY lexeme
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""
# The lock holds until the end: a report that is saved meanwhile waits, and its words are not lost.
TAKING_OUT = """
LOCK TABLE reports_word IN ACCESS EXCLUSIVE MODE;
CREATE TEMPORARY TABLE kept_words AS SELECT DISTINCT text FROM reports_word;
"""
PUTTING_BACK = """
INSERT INTO reports_word (text) SELECT text FROM kept_words;
DROP TABLE kept_words;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0011_tags_before_words")]

    operations = [
        migrations.RunSQL(TAKING_OUT, PUTTING_BACK),
        migrations.DeleteModel("Word"),
        migrations.CreateModel(
            name="Word",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=40)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["text"], name="word_text", opclasses=["varchar_pattern_ops"]
                    )
                ],
            },
        ),
        migrations.RunSQL(PUTTING_BACK, TAKING_OUT),
        migrations.RunSQL(KEEPING, KEEPING_EACH_ONCE),
    ]
