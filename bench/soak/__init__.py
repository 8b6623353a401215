"""Days of schedule through the real processes in minutes, and whether memory stays flat."""
