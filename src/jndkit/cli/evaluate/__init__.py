"""jnd evaluate: one file a verb, and the one run that they share."""
