"""What the generators of golden losses share: numbers that follow from a name, which pytorch_losses.hpp has too, and
Keras's Adam."""
import numpy as np
import torch

MASK = (1 << 64) - 1
torch.set_num_threads(1)


def number(name, count):
    """`count` numbers in [−1, 1), multiples of 2⁻²³: splitmix64 of their places, beginning at FNV-1a of the name."""
    seed = 0xcbf29ce484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001b3) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9e3779b97f4a7c15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) * 2.0 ** -23 - 1


class KerasAdam(torch.optim.Optimizer):
    """rate · √(1 − β2ᵗ) / (1 − β1ᵗ) · m / (√v + ε)"""

    def __init__(self, parameters):
        super().__init__(parameters, {})
        self.steps = 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        rate = 1e-3 * (1 - 0.999 ** self.steps) ** 0.5 / (1 - 0.9 ** self.steps)
        for p in self.param_groups[0]["params"]:
            state = self.state[p]
            m, v = state.get("m", torch.zeros_like(p)), state.get("v", torch.zeros_like(p))
            state["m"], state["v"] = m + (p.grad - m) * (1 - 0.9), v + (p.grad ** 2 - v) * (1 - 0.999)
            p -= rate * state["m"] / (state["v"].sqrt() + 1e-7)


def write_columns(path, columns):
    """A line for each step, with a number of each column."""
    lines = [" ".join(repr(value) for value in row) for row in zip(*columns)]
    path.write_text("\n".join(lines) + "\n")
    print(lines[0], lines[-1], sep="\n")
