#!/usr/bin/env python3
"""tenure's layers beside PyTorch's on one core, in turns: a forward pass for training and a backward pass of all
gradients, x's too. What benchmarks/layers.sh runs:

    pytorch_layers.py TURNS FOLDER COMMAND...    COMMAND runs tenure's benchmarks and writes FOLDER/*.json

Prints microseconds, medians over the turns of medians over rounds, and how many times PyTorch's time is tenure's.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import time

import torch


def recurrent(layer, batch, steps, inputs, units, directions):
    model = layer(inputs, units, batch_first=True, bidirectional=directions == 2)
    return lambda x: model(x)[0], (batch, steps, inputs), (batch, steps, directions * units)


def encoder(batch, steps, width, heads, inner):
    model = torch.nn.TransformerEncoderLayer(width, heads, inner, dropout=0.0, batch_first=True)
    return model, (batch, steps, width), (batch, steps, width)


LAYERS = {
    "LSTM 6x30 12-64": recurrent(torch.nn.LSTM, 30, 6, 12, 64, 1),
    "LSTM 6x30 65-64": recurrent(torch.nn.LSTM, 30, 6, 65, 64, 1),
    "LSTM 6x32 1-32": recurrent(torch.nn.LSTM, 32, 6, 1, 32, 1),
    "LSTM 6x32 32-16": recurrent(torch.nn.LSTM, 32, 6, 32, 16, 1),
    "GRU 30x32 8-64": recurrent(torch.nn.GRU, 32, 30, 8, 64, 1),
    "GRU 30x32 8-2x64": recurrent(torch.nn.GRU, 32, 30, 8, 64, 2),
    "GRU 30x32 128-2x64": recurrent(torch.nn.GRU, 32, 30, 128, 64, 2),
    "encoder layer 30x6": encoder(30, 6, 136, 4, 16),
}


def pytorch_microseconds(model, x_shape, y_shape, rounds=51):
    x = torch.rand(x_shape, requires_grad=True)
    gradient = torch.rand(y_shape)

    def step():
        begin = time.thread_time()
        model(x).backward(gradient)
        return 1e6 * (time.thread_time() - begin)

    for _ in range(5):
        step()
    return statistics.median(step() for _ in range(rounds))


def main():
    turns, folder, command = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    torch.set_num_threads(1)
    times = {name: {} for name in LAYERS}  # contestant: microseconds of each turn
    peak_shares = {name: [] for name in LAYERS}
    for turn in range(turns):
        print(f"turn {turn + 1} of {turns}", file=sys.stderr)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for path in folder.glob("*.json"):
            for result in json.loads(path.read_text())["benchmarks"]:
                name = next((name for name in LAYERS if result["name"].split("/")[0] == name), None)
                if name:
                    peak_shares[name].append(result["tenure%"])
                    for contestant in ("tenure", "oneDNN"):
                        if contestant + " us" in result:
                            times[name].setdefault(contestant, []).append(result[contestant + " us"])
        for name, layer in LAYERS.items():
            times[name].setdefault("PyTorch", []).append(pytorch_microseconds(*layer))
    print(f"| forward and backward, µs | tenure | % of peak | oneDNN | PyTorch {torch.__version__} | PyTorch / tenure |")
    print("|---|---|---|---|---|---|")
    for name, contestants in times.items():
        medians = {contestant: statistics.median(values) for contestant, values in contestants.items()}
        onednn = f"{medians['oneDNN']:,.0f}" if "oneDNN" in medians else ""
        print(f"| {name} | {medians['tenure']:,.0f} | {statistics.median(peak_shares[name]):.0f} | {onednn} | "
              f"{medians['PyTorch']:,.0f} | {medians['PyTorch'] / medians['tenure']:.1f} |")


if __name__ == "__main__":
    main()
