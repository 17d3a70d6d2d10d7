#!/usr/bin/env python3
"""The four published models in PyTorch on one thread: a training step (forward, backward, Adam) and a prediction, as
benchmark_models has them. Prints {"name": ..., "microseconds": ...}, a line for each: pytorch_models.py ROUNDS"""
import json
import statistics
import sys
import time

import torch
from torch import nn


def lstm(inputs, units):
    return nn.LSTM(inputs, units, batch_first=True)


class Hybrid(nn.Module):
    def __init__(self, categories=16, width=136, steps=6):
        super().__init__()
        self.steps = steps
        self.country, self.temporal = nn.Embedding(categories, 8), nn.Linear(5, 8)
        self.encoders = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, 16, 0.0, batch_first=True) for _ in range(3))
        self.gate, self.trend, self.decoder, self.output = (nn.Linear(width, 1), lstm(12, 64), lstm(65, 64),
                                                            nn.Linear(64, 1))

    def forward(self, temporal, trend, one_hot):
        place = self.country(one_hot).flatten(1).unsqueeze(1).expand(-1, self.steps, -1)
        x = torch.cat([torch.tanh(self.temporal(temporal)), place], -1)
        for encoder in self.encoders:
            x = encoder(x)
        _, (last, _) = self.trend(trend)
        merged = torch.cat([torch.sigmoid(self.gate(x.mean(1))), last[0]], -1).unsqueeze(1)
        return self.output(self.decoder(merged.expand(-1, self.steps, -1))[0]).squeeze(-1)

    def penalty(self):
        w = self.decoder.weight_hh_l0
        return 1e-5 * w.abs().sum() + 1e-4 * (w ** 2).sum()


class Bigru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 64, 2, batch_first=True, bidirectional=True, dropout=0.2)
        self.head = nn.Sequential(nn.LayerNorm(128), nn.Dropout(0.2), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1])


class DailyLtv(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.dropout, self.second = lstm(1, 32), nn.Dropout(0.2), lstm(32, 16)
        self.head = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1), nn.Softplus())

    def forward(self, x):
        _, (last, _) = self.second(self.dropout(self.first(x)[0]))
        return self.head(last[0])


def ann():
    return nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(),
                         nn.Linear(16, 1))


def one_hot(rows, categories=16):
    return torch.eye(categories, dtype=torch.int64)[torch.arange(rows) % categories]


# name: model, inputs, target's shape, inputs of a prediction
MODELS = {
    "hybrid": (Hybrid(), (torch.rand(30, 6, 5), torch.rand(30, 6, 12), one_hot(30)), (30, 6), 30),
    "bigru": (Bigru(), (torch.rand(32, 30, 8),), (32, 1), 1),
    "daily_ltv": (DailyLtv(), (torch.rand(32, 6, 1),), (32, 1), 1),
    "ann": (ann(), (torch.rand(32, 12),), (32, 1), 1),
}


def microseconds(work, rounds):
    def once():
        begin = time.thread_time()
        work()
        return 1e6 * (time.thread_time() - begin)

    for _ in range(5):
        once()
    return statistics.median(once() for _ in range(rounds))


def main():
    rounds = int(sys.argv[1])
    torch.set_num_threads(1)
    for name, (model, inputs, shape, rows) in MODELS.items():
        adam, target = torch.optim.Adam(model.parameters()), torch.rand(shape)

        def step():
            adam.zero_grad(set_to_none=True)
            loss = nn.functional.mse_loss(model(*inputs), target)
            if hasattr(model, "penalty"):
                loss = loss + model.penalty()
            loss.backward()
            adam.step()

        part = [x[:rows].contiguous() for x in inputs]

        def predict():
            with torch.inference_mode():
                model(*part)

        for what, work in (("train", step), ("predict", predict)):
            model.train(what == "train")
            print(json.dumps({"name": f"{name}_{what}", "microseconds": microseconds(work, rounds)}), flush=True)


if __name__ == "__main__":
    main()
