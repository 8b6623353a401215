"""What the search reads of a report: its words, in each language of the site."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ReportText(models.Model):
    """The words of a report's page in one language; `reports.indexing` writes them.

    `public_at` and `tags` are set by the database itself, from the report's row (see the migration
    that creates the table): what is withdrawn is not found any more with the same commit. Tags are
    the language, alone and with year and month of the publication in Vietnam (`vi`, `vi:2026`,
    `vi:2026-08`), and the report's `s:` symbol and `t:` type.
    """

    report = models.ForeignKey("reports.Report", models.CASCADE, related_name="texts")
    language = models.CharField(max_length=2)  # of the page
    written_in = models.CharField(max_length=2)  # that of the article: vi while there is no English
    body = models.TextField()  # the article without its markup, in composed characters
    folded = models.TextField()  # the same character by character, as words are looked up
    head = SearchVectorField()  # title (A) and summary (B): by what the matches are ranked
    vector = SearchVectorField()  # all words, and each two side by side (`thi truong`)
    public_at = models.DateTimeField(null=True, editable=False)
    tags = ArrayField(models.TextField(), default=list, editable=False)

    class Meta:
        # the search: tags and words in one look-up. The tags come first: from one report of a
        # period to its next, rather than through all that has the words and not the excluded ones.
        # One for each language, by its tag: a look-up in all of time then needs no tag, and nothing
        # but these can answer it. No pending list, which each search would have to read through:
        # reports are few, searches are not.
        indexes = [
            # the Vietnamese pages
            GinIndex(
                fields=["tags", "vector"],
                condition=models.Q(public_at__isnull=False, tags__contains=["vi"]),
                fastupdate=False,
                name="report_words_vi",
            ),
            # the English pages
            GinIndex(
                fields=["tags", "vector"],
                condition=models.Q(public_at__isnull=False, tags__contains=["en"]),
                fastupdate=False,
                name="report_words_en",
            ),
        ]
        constraints = [
            # one row for each page of a report, which is how it is found to be written anew
            models.UniqueConstraint(fields=["report", "language"], name="report_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.language}"


class Word(models.Model):
    """A word that stands in some report, or once did, as it is looked up.

    The database itself keeps them with each text (see the migration). A search for the beginning of
    a word takes the words that begin so from here: PostgreSQL would collect all reports of each.

    Not unique: reports that are saved at once would wait for each other's words, and two that save
    several each for ever. Where both bring a new word it is kept twice, which readers look past.
    """

    text = models.CharField(max_length=40)

    class Meta:
        indexes = [
            # a search by the beginning of a word; a saved text's words, whether they are there
            models.Index(fields=["text"], opclasses=["varchar_pattern_ops"], name="word_text"),
        ]

    def __str__(self) -> str:
        return self.text
