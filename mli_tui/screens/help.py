"""The help screen: what the keys do where it was asked for, and how the pictures are read."""

from __future__ import annotations

from collections.abc import Iterable

from mli_tui.screens.text import TextScreen

TEXT = """\
Reading values: a cursor on the alpha axis, in all pictures at once.
The first step puts it where the plateau ends; a zoomed stretch has every
measured alpha as a stop. Nothing is interpolated: each line names the
alpha that it was measured at.

Pictures: loss and error from the initialisation (alpha 0) to the
trained network (alpha 1)
  linear       every weight and bias moves in proportion to alpha
  homogeneous  the bias of layer h moves as alpha^h, as the signal does
  dotted       what one forward pass at alpha 1 predicts
  shaded       the plateau; its end is located by bisection
  horizontal   ln k: loss of zero logits; 1 - 1/k: error of one class
               for all inputs
While it trains, curves go to the present weights, on a part of the
training inputs; older ones fade.

error(alpha) in the list: each run's error along the linear path, of
training inputs, from 0 (lowest block) to 1; with --ascii its tenths.

Shares are stacked, largest bias at the bottom; each column shows the
nearest measured alpha. Of more than ten classes the foremost eight are
shown, and the others together.

Device over time: what the worker used while it was at work, each figure
from 0 to what its title says; a gap is where a resumed run goes on. The
cursor reads what was measured in a stretch of that time.
On the device panel ! marks memory from 80 % on, power from 95 % of its
limit on, more tasks than cores, and what is older than it should be;
!! marks memory from 95 % on, and a GPU that reports nothing.

Class table: last-layer biases, largest first
  gap          to the largest bias
  learned, ep. first epoch with more than half of the class's training
               inputs right
  error, share of the training split: after the last epoch, and of all
               inputs given to the class in mid-plateau; with a cursor:
               there, of the split and scheme that the title names
  rise         the largest rise of the loss along the curve
  ✓            the curve's ends equal the checkpoints' own loss and
               error bit for bit

To select text with the mouse, hold shift (in iTerm2: option), or start
with --no-mouse. `mli-tui keys` shows how keys are changed.
"""


class HelpScreen(TextScreen):
    """Shows the help until a key closes it."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Show what the keys do, a line each, and the text above."""
        super().__init__("Help", (*keys, "", *TEXT.splitlines()))
