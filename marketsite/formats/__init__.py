"""How forms read dates, by language: Django knows none for Vietnamese and America's for English."""
