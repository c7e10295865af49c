"""Many pictures: which they are, who works on them, what is known of them already, and that none is lost.

`gather` finds the pictures that files and folders mean. A `Job` is the work on one of them, and gives rows; `run` does
many jobs and keeps every row before it gives it away. `run` hands them to an `Engine`: `LocalEngine`, processes of this
machine, unless another is given; there is no other pool, and `cluster.RayEngine` hands them to Ray. `Bounds` says what
the work on one picture may take. `ledger` keeps rows in files of JSON lines and reads back those that an earlier run
left, whole ones only; `Known` says which parts of the work they stand for. `explained` says in a row why there is no
result.

Of more pictures than memory holds nothing is kept here but numbers: they come from a `places.Place` one by one, lie in
a `Catalogue` on disk, go through `flow` in groups, and their rows go into `Shards` beside the results. A
`corpus.Corpus` is all of this, whatever is done with a picture: encodes, predictions, comparisons, labels and training
sets each bring a `flow.Work` and a `requests.Request`.
"""

from jndkit.batch.engine import Engine, Job
from jndkit.batch.failures import died, explained
from jndkit.batch.inputs import InputFile, gather
from jndkit.batch.known import Known
from jndkit.batch.pool import LocalEngine, jobs_wanted
from jndkit.batch.run import run

__all__ = ["Engine", "InputFile", "Job", "Known", "LocalEngine", "died", "explained", "gather", "jobs_wanted", "run"]
