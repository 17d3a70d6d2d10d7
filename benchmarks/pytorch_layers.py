#!/usr/bin/env python3
"""PyTorch's recurrent layers on one core: the shapes of recurrent.cpp, a forward pass for training and a backward pass
of all gradients, x's too. Median microseconds over rounds, and the rate of the matrix products' arithmetic in GFLOP/s.

    sudo apt-get install python3-torch; taskset -c 1 python3 benchmarks/pytorch_layers.py
"""
import statistics
import time

import torch

SIZES = [  # name, layer, batch, time, inputs, units, directions
    ("LSTM 6x30 12-64", torch.nn.LSTM, 30, 6, 12, 64, 1),
    ("LSTM 6x30 65-64", torch.nn.LSTM, 30, 6, 65, 64, 1),
    ("LSTM 6x32 1-32", torch.nn.LSTM, 32, 6, 1, 32, 1),
    ("LSTM 6x32 32-16", torch.nn.LSTM, 32, 6, 32, 16, 1),
    ("GRU 30x32 8-64", torch.nn.GRU, 32, 30, 8, 64, 1),
    ("GRU 30x32 8-2x64", torch.nn.GRU, 32, 30, 8, 64, 2),
    ("GRU 30x32 128-2x64", torch.nn.GRU, 32, 30, 128, 64, 2),
]


def measure(layer, batch, steps, inputs, units, directions, rounds=101):
    model = layer(inputs, units, batch_first=True, bidirectional=directions == 2)
    x = torch.rand(batch, steps, inputs, requires_grad=True)
    gradient = torch.rand(batch, steps, directions * units)

    def step():
        begin = time.thread_time()
        model(x)[0].backward(gradient)
        return time.thread_time() - begin

    for _ in range(5):
        step()
    return statistics.median(step() for _ in range(rounds))


def main():
    torch.set_num_threads(1)
    print(f"{'PyTorch ' + torch.__version__:<24} {'us':>9} {'GFLOP/s':>9}")
    for name, layer, batch, steps, inputs, units, directions in SIZES:
        seconds = measure(layer, batch, steps, inputs, units, directions)
        gates = 4 if layer is torch.nn.LSTM else 3
        work = 3 * 2 * steps * batch * (inputs + units) * gates * units * directions
        print(f"{name:<24} {1e6 * seconds:>9.1f} {1e-9 * work / seconds:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
