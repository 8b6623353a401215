"""The public views, one file per subject."""
