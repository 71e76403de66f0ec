"""A run that ends between the look at its journal and the look at its worker has ended, and was not interrupted."""

from backends.runs import events, listing
from backends.runs.workers import Liveness
from tests.backends.runs import samples


def test_a_run_that_ends_while_it_is_looked_at_is_never_called_interrupted(tmp_path, monkeypatch):
    paths = samples.tell(samples.run(tmp_path), samples.started())

    def look(_paths):
        """The worker writes its end and is gone, just after its journal was read."""
        monkeypatch.setattr(listing.workers, "liveness", lambda _: Liveness.DEAD)
        samples.tell(paths, events.Finished(status="done"))
        return Liveness.DEAD

    monkeypatch.setattr(listing.workers, "liveness", look)
    assert listing.RunFollower(paths).poll().status == "done"


def test_a_run_whose_worker_is_gone_without_a_word_is_interrupted(tmp_path):
    paths = samples.tell(samples.run(tmp_path), samples.started())
    assert listing.RunFollower(paths).poll().status == "interrupted"
