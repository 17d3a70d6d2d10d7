#!/usr/bin/python3
"""Makes losses.txt: the mse of each of 100 training steps of the daily LTV model in PyTorch (1.13.1), with
Keras's Adam and with PyTorch's, in float64 and float32.

The model is written down here as it was published, in PyTorch's own layers, without dropout. Initial weights and data
follow from number() alone, which pytorch_losses.hpp has too.
"""
import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pytorch_losses import KerasAdam, number, write_columns

ROWS, BATCH, STEPS = 96, 32, 6


def initial(name, shape):
    """About as large as Keras's: in PyTorch's layout."""
    values = torch.tensor(number(name, shape.numel())).reshape(shape)
    if "bias" not in name:
        return values / 4
    values = values / 64
    if "bias_ih" in name:
        units = shape[0] // 4
        values[units:2 * units] += 1  # the forget gate
    return values


class DailyLtv(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm1 = nn.LSTM(1, 32, batch_first=True)
        self.lstm2 = nn.LSTM(32, 16, batch_first=True)
        self.hidden = nn.Linear(16, 8)
        self.output = nn.Linear(8, 1)
        for lstm in (self.lstm1, self.lstm2):  # Keras has one bias
            lstm.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        last = self.lstm2(self.lstm1(x)[0])[1][0][0]
        return F.softplus(self.output(torch.relu(self.hidden(last))))


def losses(adam, dtype):
    model = DailyLtv().to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(initial(name, parameter.shape) if "bias_hh" not in name else torch.zeros(parameter.shape))
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = KerasAdam(trainable) if adam == "keras" else torch.optim.Adam(trainable, 1e-3, eps=1e-7)
    # Growth rates as they are: most of them small, a few large.
    growth = (torch.tensor(number("growth", ROWS * (STEPS + 1))).reshape(ROWS, STEPS + 1) ** 4).to(dtype)
    x, y = growth[:, :STEPS, None], growth[:, STEPS:]
    result = []
    for step in range(100):
        rows = (7 * (BATCH * step + torch.arange(BATCH))) % ROWS
        optimizer.zero_grad(set_to_none=True)
        mse = ((model(x[rows]) - y[rows]) ** 2).mean()
        mse.backward()
        optimizer.step()
        result.append(mse.item())
    return result


columns = [losses(adam, dtype) for adam in ("keras", "pytorch") for dtype in (torch.float64, torch.float32)]
write_columns(pathlib.Path(__file__).with_name("losses.txt"), columns)
