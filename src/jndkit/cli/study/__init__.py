"""jnd study: one file a verb."""
