"""The help screen: what the keys do, and how the pictures are read."""

from __future__ import annotations

from mli_tui.screens.text import TextScreen

TEXT = """\
Keys
  enter     launch the preset, or open the run or sweep, under the cursor
  f, N      launch form of the preset, or of the run that is shown
  D         device panel: load, memory, the worker, the queue
  tab       go between presets and runs; arrows or j and k move
  escape    back to the list
  n         launch the same experiment again
  s         stop at the next batch, with a checkpoint
  r         resume a stopped, killed or failed run
  t         training or test split
  l         log or linear scale
  i         all numbers of the run as text, layers and lengths too
  m         next figure in a sweep's heat map
  e         export curves and biases as CSV into the current folder
  d         delete the run under the cursor (asks)
  :         command palette: every action by name (also ctrl+p)
  q         quit; the runs go on without the app

Pictures: loss and error from the initialisation (alpha 0) to the
trained network (alpha 1)
  linear       every weight and bias moves in proportion to alpha
  homogeneous  the bias of layer h moves as alpha^h, as the signal does
  dotted       what one forward pass at alpha 1 predicts
  vertical     where a plateau ends, located by bisection
  horizontal   ln k: loss of zero logits; 1 - 1/k: error of one class
               for all inputs
While it trains, curves go to the present weights, on a part of the
training inputs; older ones fade.

Bias table: last-layer biases, largest first
  gap          to the largest bias
  learned, ep. first epoch with more than half of the class's training
               inputs right
  share        of all inputs given to the class in mid-plateau (linear)
  rise         the largest rise of the loss along the curve
  ✓            the curve's ends equal the checkpoints' own loss and
               error bit for bit

To select text with the mouse, hold shift (in iTerm2: option).
"""


class HelpScreen(TextScreen):
    """Shows the help until a key closes it."""

    def __init__(self) -> None:
        """Show the text above."""
        super().__init__("Help", TEXT)
