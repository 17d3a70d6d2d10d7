"""Takes the models that exchange.cpp wrote into PyTorch and checks what they give; writes others for it to take:
exchange.py DIRECTORY. Reads and writes safetensors by itself, as Debian has no package of them."""

import glob
import json
import os
import struct
import sys

import numpy
import torch
from torch import nn

TYPES = {"F64": numpy.float64, "F32": numpy.float32}


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def module_of(name):
    """The module that a file of this name is of."""
    keras = "_keras" in name
    kind = name.replace("_keras", "").replace("_one_bias", "")
    recurrent = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN, "rnn_relu": nn.RNN, "refused": nn.GRU}
    layer, deep, bias = kind.replace("_deep", "").replace("_no_bias", ""), "_deep" in kind, "_no_bias" not in kind
    if layer in recurrent:
        options = {"nonlinearity": "relu"} if layer == "rnn_relu" else {}
        return recurrent[layer](3, 4, num_layers=2 if deep else 1, bidirectional=deep, bias=bias, batch_first=True,
                                **options)
    encoder = dict(dim_feedforward=5, dropout=0, batch_first=True)
    make = {
        "linear": lambda: nn.Linear(3, 4, bias=bias),
        "layer_norm": lambda: nn.LayerNorm(6, eps=1e-3 if keras else 1e-5),
        "sequential": lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        "embedding": lambda: nn.Embedding(5, 3),
        "attention": lambda: nn.MultiheadAttention(6, 2, bias=bias, batch_first=True),
        "attention_widths": lambda: nn.MultiheadAttention(6, 2, kdim=4, vdim=2, batch_first=True),
        "encoder_layer": lambda: nn.TransformerEncoderLayer(6, 2, **encoder),
        "encoder": lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(6, 2, activation="gelu", norm_first=True, **encoder), 2, nn.LayerNorm(6)),
    }
    return make[layer]()


def forward(name, module, x):
    if isinstance(module, nn.MultiheadAttention):
        return module(x, x[..., :4], x[..., 4:])[0] if "widths" in name else module(x, x, x)[0]
    if isinstance(module, nn.RNNBase):
        return module(x)[0]
    return module(torch.tensor([4, 0, 2, 2])) if isinstance(module, nn.Embedding) else module(x)


def take(name, path):
    """What is wrong with a model of ours, or None."""
    module = module_of(name).double()
    try:
        module.load_state_dict(read(path), strict=True)
    except RuntimeError as error:
        return None if name.startswith("refused") and "reset_before" in str(error) else str(error)
    if name.startswith("refused"):
        return "PyTorch takes a GRU that it computes otherwise"
    values = read(path.replace(".safetensors", ".values.safetensors"))
    error = (forward(name, module, values["x"]) - values["y"]).abs().max().item()
    return None if error < 1e-12 else f"PyTorch gives something else: off by {error}"


def give(name, directory):
    module = module_of(name).double()
    for parameter in module.parameters():
        nn.init.normal_(parameter, 0, 0.5)
    if name.startswith("gru") and "one_bias" in name:  # which a GRU can't add to the other
        nn.init.zeros_(module.bias_hh_l0)
    x = read(f"{directory}/{name}.values.safetensors")["x"]
    write(f"{directory}/{name}.torch.safetensors", module.state_dict())
    write(f"{directory}/{name}.torch.values.safetensors", {"x": x, "y": forward(name, module, x)})


def main(directory):
    torch.manual_seed(1)
    wrong, count = [], 0
    for path in sorted(glob.glob(f"{directory}/*.safetensors")):
        name = os.path.basename(path).removesuffix(".safetensors")
        if "." in name:
            continue
        count += 1
        error = take(name, path)
        if error:
            wrong.append(f"{name}: {error}")
        if not name.startswith("refused"):
            give(name, directory)
    print("\n".join(wrong) or f"{count} models")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    with torch.no_grad():
        sys.exit(main(sys.argv[1]))
