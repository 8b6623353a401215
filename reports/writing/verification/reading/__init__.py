"""What a text says by itself: sentences, figures, names, words of direction, phrases; no facts."""
