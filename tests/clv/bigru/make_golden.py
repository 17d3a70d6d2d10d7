#!/usr/bin/python3
"""Makes losses.txt: the mse of each of 50 training steps of the bidirectional GRU in PyTorch (1.13.1), of the last
step and with attention, in float64 and float32, without dropout.

Initial weights and data follow from number() alone, which pytorch_losses.hpp has too.
"""
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pytorch_losses import number, write_columns

BATCH, WINDOW, FEATURES, UNITS, STEPS = 32, 30, 8, 64, 50


def numbers(name, shape):
    return number(name, int(np.prod(shape))).reshape(tuple(shape))


class BiGru(nn.Module):
    def __init__(self, attention):
        super().__init__()
        self.gru = nn.GRU(FEATURES, UNITS, 2, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(2 * UNITS)
        if attention:
            self.attention = nn.ModuleDict(
                {"projection": nn.Linear(2 * UNITS, 32), "score": nn.Linear(32, 1, bias=False)})
        self.hidden = nn.Linear(2 * UNITS, 32)
        self.output = nn.Linear(32, 1)

    def forward(self, x):
        h = self.gru(x)[0]
        if hasattr(self, "attention"):
            h = self.norm(h)
            weights = torch.softmax(self.attention["score"](torch.tanh(self.attention["projection"](h))), 1)
            h = (weights * h).sum(1)
        else:
            h = self.norm(h[:, -1])
        return self.output(torch.relu(self.hidden(h)))


def initial(name, shape):
    values = numbers(name, shape)
    return 1 + values / 64 if name == "norm.weight" else values / 8


def losses(attention, dtype):
    model = BiGru(attention).to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.tensor(initial(name, parameter.shape), dtype=dtype))
    assert attention or sum(p.numel() for p in model.parameters()) == 107329
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    result = []
    for step in range(STEPS):
        x = numbers(f"x{step}", (BATCH, WINDOW, FEATURES))
        y = torch.tensor(x[:, -1, :1] * x[:, -7, 1:2] + 0.5 * numbers(f"y{step}", (BATCH, 1)), dtype=dtype)
        optimizer.zero_grad(set_to_none=True)
        loss = ((model(torch.tensor(x, dtype=dtype)) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return result


columns = [losses(attention, dtype) for attention in (False, True) for dtype in (torch.float64, torch.float32)]
write_columns(pathlib.Path(__file__).with_name("losses.txt"), columns)
