"""Training: stochastic gradient descent that can stop and go on at any batch."""
