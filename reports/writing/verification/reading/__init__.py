"""What stands in a text before any of it is judged: sentences, figures, names, phrases."""
