"""Training: stochastic gradient descent that can stop at any batch and go on to the same bits."""
