"""Pictures side by side: the one pool, for whoever has many."""

from jndkit.batch.pool import Pool, died, jobs_wanted

__all__ = ["Pool", "died", "jobs_wanted"]
