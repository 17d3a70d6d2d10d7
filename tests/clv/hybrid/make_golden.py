#!/usr/bin/python3
"""Makes losses.txt: the mse, without the penalty, of each of 100 training steps of the hybrid Transformer-LSTM in
PyTorch (1.13.1), with Keras's Adam and with PyTorch's, in float64 and float32.

The model is written down here as keras.io publishes it, in PyTorch's own layers. Initial weights and data follow from
number() alone, which pytorch_losses.hpp has too.
"""
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pytorch_losses import KerasAdam, number, write_columns

PLACES, STEPS, WIDTH, ROWS, BATCH = 16, 6, 8 + 16 * 8, 96, 30


def initial(name, shape):
    """About as large as Keras's: in PyTorch's layout."""
    values = number(name, int(np.prod(shape))).reshape(shape)
    if "norm" in name and name.endswith("weight"):
        return 1 + values / 64
    if "bias" in name:
        values = values / 64
        if "ih_l0" in name:
            values[64:128] += 1  # the forget gate
        return values
    return values / (32 if "attn" in name else 8)


def data():
    temporal = np.zeros((ROWS, STEPS, 5))
    draws = number("temporal", temporal.size).reshape(temporal.shape)
    temporal[..., 0] = 1 + np.floor((draws[..., 0] + 1) * 6)
    temporal[..., 1] = 2010 + np.floor(draws[..., 1] + 1)
    temporal[..., 2:4] = draws[..., 2:4]
    temporal[..., 4] = draws[..., 4] > 0.25
    long_tailed = lambda name, shape: (number(name, int(np.prod(shape))).reshape(shape) ** 2) ** 2
    one_hot = np.zeros((ROWS, PLACES), np.int64)
    one_hot[np.arange(ROWS), np.floor((number("country", ROWS) + 1) * 8).astype(int)] = 1
    trend = long_tailed("trend", (ROWS, STEPS, 12))
    # Small and nearly constant, as most months of a shop's customers: what the model gets wrong is what the loss shows.
    return temporal, trend, one_hot, (1 + trend[..., 0]) / 32


class Hybrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.country = nn.Embedding(PLACES, 8)
        self.temporal = nn.Linear(5, 8)
        self.encoders = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, 4, 16, 0.0, batch_first=True, layer_norm_eps=1e-5) for _ in range(3))
        self.gate = nn.Linear(WIDTH, 1)
        self.trend = nn.LSTM(12, 64, batch_first=True)
        self.decoder = nn.LSTM(65, 64, batch_first=True)
        self.output = nn.Linear(64, 1)
        for lstm in (self.trend, self.decoder):  # Keras has one bias
            lstm.bias_hh_l0.requires_grad_(False)

    def forward(self, temporal, trend, one_hot):
        place = self.country(one_hot).flatten(1).unsqueeze(1).expand(-1, STEPS, -1)
        x = torch.cat([torch.tanh(self.temporal(temporal)), place], -1)
        for layer in self.encoders:
            x = layer(x)
        gate = torch.sigmoid(self.gate(x.mean(1)))
        last = self.trend(trend)[1][0][0]
        merged = torch.cat([gate, last], -1).unsqueeze(1).expand(-1, STEPS, -1)
        return self.output(self.decoder(merged)[0]).squeeze(-1)

    def penalty(self):
        w = self.decoder.weight_hh_l0
        return 1e-5 * w.abs().sum() + 1e-4 * (w ** 2).sum()


def losses(adam, dtype):
    model = Hybrid().to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = initial(name, parameter.shape) if "bias_hh" not in name else np.zeros(parameter.shape)
            parameter.copy_(torch.tensor(values, dtype=dtype))
    trainable = [p for p in model.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trainable) == 292098
    optimizer = KerasAdam(trainable) if adam == "keras" else torch.optim.Adam(trainable, 1e-3, eps=1e-7)
    temporal, trend, one_hot, target = data()
    temporal, trend, target = (torch.tensor(a, dtype=dtype) for a in (temporal, trend, target))
    one_hot = torch.tensor(one_hot)
    result = []
    for step in range(100):
        rows = (7 * (BATCH * step + torch.arange(BATCH))) % ROWS
        optimizer.zero_grad(set_to_none=True)
        mse = ((model(temporal[rows], trend[rows], one_hot[rows]) - target[rows]) ** 2).mean()
        (mse + model.penalty()).backward()
        optimizer.step()
        result.append(mse.item())
    return result


columns = [losses(adam, dtype) for adam in ("keras", "pytorch") for dtype in (torch.float64, torch.float32)]
write_columns(pathlib.Path(__file__).with_name("losses.txt"), columns)
