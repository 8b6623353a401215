"""Faults of the kind that a soak is there to find, for the soak's own test."""
