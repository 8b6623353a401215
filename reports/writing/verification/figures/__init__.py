"""A figure against the facts: its evidence, whose it is, which fact, unit, side and stretch."""
