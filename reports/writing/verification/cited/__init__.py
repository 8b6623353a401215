"""What a cited item proves: its figures, whose they are, directions, runs and records."""
