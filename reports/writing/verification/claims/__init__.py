"""Claims in words, each proven from facts and closes or refused; `finders` lists them in order."""
