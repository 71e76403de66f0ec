"""What ends a training whose loss is not finite any more."""

from __future__ import annotations

from backends.runs.errors import RunError


class Diverged(RunError):
    """The loss is not finite; the message says at which epoch and step, and what may help."""

    @classmethod
    def at(cls, epoch: int, place: str, lr: float) -> Diverged:
        """Return the error for a place such as `in step 3 of 40` of an epoch, counted from 1, and its rate."""
        return cls(f"the loss is not finite at epoch {epoch} {place} (lr {lr:g}): try a smaller train.lr")

    @classmethod
    def after(cls, epoch: int, steps: int, lr: float) -> Diverged:
        """Return the error where all steps of an epoch had a finite loss, and the network that they led to has not."""
        if epoch == 0:
            return cls("the loss is not finite at epoch 0, before the first step: try a smaller model.init_scale")
        return cls.at(epoch, f"after step {steps} of {steps}", lr)
