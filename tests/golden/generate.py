#!/usr/bin/python3
"""Makes the golden vectors that lie beside this script, in float64, with PyTorch 1.13 (Debian 12's python3-torch).

generate.py [DIRECTORY]

A file is one case: `__metadata__` names its kind (`case`) and its options (`config`, JSON). Kinds, tensors and how they
are compared are described in golden.hpp.
"""
import json, math, struct, sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

DIRECTORY = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
DIRECTORY = DIRECTORY if DIRECTORY.is_dir() else DIRECTORY.parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def write(name, case, config, tensors):
    """A safetensors file."""
    header, data = {"__metadata__": {"case": case, "config": json.dumps(config)}}, b""
    for key, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        kind = {torch.float64: "F64", torch.int64: "I64"}[tensor.dtype]
        begin, data = len(data), data + tensor.numpy().tobytes()
        header[key] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (DIRECTORY / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def begin(name):
    """Each case has numbers of its own, whatever comes before it."""
    torch.manual_seed(int.from_bytes(name.encode(), "little") % (2 ** 63))


def layer_case(name, case, config, layer, inputs, call=None):
    """Outputs, and gradients for a random cotangent of the first. `layer` may be a dict of parameters."""
    parameters = dict(layer.named_parameters()) if isinstance(layer, nn.Module) else layer
    for key, parameter in parameters.items():
        parameter.requires_grad_(True)
        if key.endswith("bias") or "norm" in key or "bias_" in key:  # PyTorch starts many at 0 or 1, which hides errors
            parameter.data += 0.3 * torch.randn_like(parameter)
    inputs = [x.requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = (call or layer)(*inputs)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    cotangent = torch.randn_like(outputs[0])
    outputs[0].backward(cotangent)
    tensors = {f"in.{i}": x for i, x in enumerate(inputs)}
    tensors.update({f"param.{key}": p for key, p in parameters.items()})
    tensors.update({"out": outputs[0], "grad_out": cotangent})
    tensors.update({f"out.{i}": y for i, y in enumerate(outputs) if i})
    tensors.update({f"grad_in.{i}": x.grad for i, x in enumerate(inputs) if x.grad is not None})
    tensors.update({f"grad.{key}": p.grad for key, p in parameters.items()})
    write(name, case, config, tensors)


# Linear, embedding, layer norm

begin("linear")
layer_case("linear", "linear", {}, nn.Linear(7, 5), [torch.randn(4, 7)])
layer_case("linear_sequence", "linear", {}, nn.Linear(3, 19), [torch.randn(2, 5, 3)])
layer_case("linear_no_bias", "linear", {}, nn.Linear(5, 1, bias=False), [torch.randn(3, 5)])

begin("embedding")
layer_case("embedding", "embedding", {}, nn.Embedding(6, 5), [torch.tensor([[1, 3, 0], [5, 3, 3]])])
layer_case("embedding_padding", "embedding", {"padding_idx": 2}, nn.Embedding(6, 3, padding_idx=2),
           [torch.tensor([[1, 2, 0, 2], [5, 5, 2, 2]])])

begin("layer_norm")
layer_case("layer_norm", "layer_norm", {}, nn.LayerNorm(9), [3 * torch.randn(2, 4, 9) + 1])
layer_case("layer_norm_epsilon", "layer_norm", {"epsilon": 1e-3}, nn.LayerNorm(6, eps=1e-3), [0.1 * torch.randn(5, 6)])


# Recurrent layers

def recurrent(name, case, features=3, units=4, layers=1, bidirectional=False, lengths=None, states=False, **options):
    begin(name)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[case]
    layer = kind(features, units, layers, bidirectional=bidirectional, batch_first=True, **options)
    batch, time = 3, 5
    inputs = [torch.randn(batch, time, features)]
    if states:
        size = (layers * (2 if bidirectional else 1), batch, units)
        inputs += [torch.randn(size) for _ in range(2 if case == "lstm" else 1)]

    def call(x, *initial):
        initial = None if not initial else initial if case == "lstm" else initial[0]
        if lengths:
            x = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        y, final = layer(x, initial)
        if lengths:
            y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=time)
        return (y, *final) if case == "lstm" else (y, final)

    config = {"layers": layers, "bidirectional": bidirectional, **options}
    if lengths:
        config["lengths"] = lengths
    layer_case(name, case, config, layer, inputs, call)


for case in ("lstm", "gru", "rnn"):
    recurrent(case, case)
    recurrent(f"{case}_states", case, states=True)
    recurrent(f"{case}_lengths", case, lengths=[2, 5, 1])
    recurrent(f"{case}_bidirectional", case, bidirectional=True)
    recurrent(f"{case}_bidirectional_2_lengths_states", case, layers=2, bidirectional=True, lengths=[5, 1, 3], states=True)
for case in ("lstm", "gru"):
    recurrent(f"{case}_2", case, layers=2)
    recurrent(f"{case}_wide", case, features=2, units=19, lengths=[3, 4, 5], states=True)
recurrent("gru_no_bias", "gru", bias=False)
recurrent("rnn_relu", "rnn", nonlinearity="relu")


def gru_reset_before(x, weight_ih_l0, weight_hh_l0, bias_ih_l0):
    """Keras's GRU with reset_after=False: the reset gate acts on the state before the product."""
    units = weight_hh_l0.shape[1]
    h, outputs = x.new_zeros(x.shape[0], units), []
    for t in range(x.shape[1]):
        r, z, n = (x[:, t] @ weight_ih_l0.T + bias_ih_l0).chunk(3, -1)
        of_r, of_z, of_n = weight_hh_l0.chunk(3)
        r, z = torch.sigmoid(r + h @ of_r.T), torch.sigmoid(z + h @ of_z.T)
        n = torch.tanh(n + (r * h) @ of_n.T)
        h = (1 - z) * n + z * h
        outputs.append(h)
    return torch.stack(outputs, 1), h[None]


begin("gru_reset_before")
parameters = {"weight_ih_l0": torch.randn(12, 3) / 2, "weight_hh_l0": torch.randn(12, 4) / 2, "bias_ih_l0": torch.randn(12) / 2}
layer_case("gru_reset_before", "gru", {"reset_after": False}, parameters, [torch.randn(3, 5, 3)],
           lambda x: gru_reset_before(x, **parameters))


# Attention

def attention(name, heads, width, sizes, causal=False, lengths=None, self_attention=False, **options):
    """`sizes` are (steps, width) of the query and, where they differ from it, of keys and values."""
    begin(name)
    layer = nn.MultiheadAttention(width, heads, batch_first=True, **options)
    inputs = [torch.randn(3, *size) for size in sizes]

    def call(*x):
        query, key, value = x if len(x) == 3 else 3 * x
        hidden = torch.triu(torch.ones(query.shape[1], key.shape[1], dtype=torch.bool), 1) if causal else None
        padding = torch.arange(key.shape[1]) >= torch.tensor(lengths)[:, None] if lengths else None
        return layer(query, key, value, attn_mask=hidden, key_padding_mask=padding, need_weights=False)[0]

    config = {"heads": heads, "causal": causal}
    if lengths:
        config["lengths"] = lengths
    layer_case(name, "multi_head_attention", config, layer, inputs, call)


attention("attention_self", 2, 6, [(5, 6)])
attention("attention_causal", 2, 6, [(5, 6)], causal=True)
attention("attention_lengths", 3, 6, [(5, 6)], lengths=[5, 1, 3])
attention("attention_causal_lengths", 2, 6, [(5, 6)], causal=True, lengths=[2, 5, 1])
attention("attention_cross", 2, 6, [(4, 6), (5, 6), (5, 6)])
attention("attention_cross_lengths", 1, 4, [(4, 4), (7, 4), (7, 4)], lengths=[7, 2, 3])
attention("attention_key_value_widths", 2, 6, [(4, 6), (5, 3), (5, 7)], kdim=3, vdim=7)
attention("attention_no_bias", 2, 4, [(5, 4)], bias=False)


def encoder(name, width=6, heads=2, inner=7, lengths=None, activation="relu", norm_first=False):
    begin(name)
    layer = nn.TransformerEncoderLayer(width, heads, inner, dropout=0.0, activation=activation, batch_first=True,
                                       norm_first=norm_first)
    padding = torch.arange(5) >= torch.tensor(lengths)[:, None] if lengths else None
    config = {"heads": heads, "activation": activation, "norm_first": norm_first}
    if lengths:
        config["lengths"] = lengths
    layer_case(name, "transformer_encoder_layer", config, layer, [torch.randn(3, 5, width)],
               lambda x: layer(x, src_key_padding_mask=padding))


encoder("encoder_post_relu")
encoder("encoder_post_gelu", activation="gelu")
encoder("encoder_pre_relu", norm_first=True)
encoder("encoder_pre_gelu", activation="gelu", norm_first=True)
encoder("encoder_lengths", lengths=[1, 5, 3])


# Activations

def activation(function, x, name=None, call=None, **config):
    begin(name or function)
    layer_case(f"activation_{name or function}", "activation", {"function": function, **config}, {}, [x],
               call or getattr(F, function))


begin("activation")
anywhere, positive = 3 * torch.randn(3, 11), torch.rand(3, 11) + 0.1
for function in ("relu", "gelu", "tanh", "sigmoid", "softplus", "leaky_relu"):
    activation(function, anywhere.clone(), call=getattr(F, function))
activation("leaky_relu", anywhere.clone(), "leaky_relu_slope", lambda x: F.leaky_relu(x, 0.2), negative_slope=0.2)
activation("gelu", anywhere.clone(), "gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), approximate="tanh")
activation("softmax", anywhere.clone(), call=lambda x: F.softmax(x, -1))
activation("softmax", torch.randn(2, 5, 3), "softmax_middle", lambda x: F.softmax(x, 1), dim=1)
activation("log_softmax", anywhere.clone(), call=lambda x: F.log_softmax(x, -1))
activation("exp", anywhere.clone(), call=torch.exp)
activation("square", anywhere.clone(), call=torch.square)
activation("abs", anywhere.clone(), call=torch.abs)
activation("log", positive.clone(), call=torch.log)
activation("sqrt", positive.clone(), call=torch.sqrt)


# Optimizers

class KerasAdam:
    """lr · √(1 − β2ᵗ) / (1 − β1ᵗ) · m / (√v + ε): Keras adds epsilon to the uncorrected root."""
    def __init__(self, parameter, lr=1e-3, eps=1e-7, beta1=0.9, beta2=0.999):
        self.parameter, self.lr, self.eps, self.beta1, self.beta2, self.t = parameter, lr, eps, beta1, beta2, 0
        self.m, self.v = torch.zeros_like(parameter), torch.zeros_like(parameter)

    def step(self):
        self.t += 1
        g = self.parameter.grad
        self.m += (1 - self.beta1) * (g - self.m)
        self.v += (1 - self.beta2) * (g * g - self.v)
        rate = self.lr * math.sqrt(1 - self.beta2 ** self.t) / (1 - self.beta1 ** self.t)
        self.parameter.data -= rate * self.m / (self.v.sqrt() + self.eps)


def optimizer(name, config, make):
    begin(name)
    start, gradients = torch.randn(9), torch.randn(25, 9) * 10.0 ** torch.arange(-8, 1)  # some far below epsilon
    parameter = nn.Parameter(start.clone())
    steps = make(parameter)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        steps.step()
    write(f"optimiser_{name}", "optimiser", config, {"start": start, "gradients": gradients, "end": parameter})


optimizer("sgd", {"optimiser": "sgd", "learning_rate": 0.1}, lambda p: torch.optim.SGD([p], 0.1))
optimizer("sgd_weight_decay", {"optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 0.2},
          lambda p: torch.optim.SGD([p], 0.1, weight_decay=0.2))
optimizer("sgd_momentum", {"optimiser": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01},
          lambda p: torch.optim.SGD([p], 0.1, momentum=0.9, weight_decay=0.01))
optimizer("sgd_dampening", {"optimiser": "sgd", "learning_rate": 0.1, "momentum": 0.8, "dampening": 0.3},
          lambda p: torch.optim.SGD([p], 0.1, momentum=0.8, dampening=0.3))
optimizer("sgd_nesterov", {"optimiser": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
          lambda p: torch.optim.SGD([p], 0.1, momentum=0.9, nesterov=True))
optimizer("adam", {"optimiser": "adam"}, lambda p: torch.optim.Adam([p]))
optimizer("adam_settings",
          {"optimiser": "adam", "learning_rate": 0.02, "betas": [0.8, 0.95], "epsilon": 1e-4},
          lambda p: torch.optim.Adam([p], 0.02, betas=(0.8, 0.95), eps=1e-4))
optimizer("adam_weight_decay", {"optimiser": "adam", "learning_rate": 0.01, "weight_decay": 0.1},
          lambda p: torch.optim.Adam([p], 0.01, weight_decay=0.1))
optimizer("adamw", {"optimiser": "adamw", "learning_rate": 0.01}, lambda p: torch.optim.AdamW([p], 0.01))
optimizer("adamw_weight_decay", {"optimiser": "adamw", "learning_rate": 0.01, "weight_decay": 0.3},
          lambda p: torch.optim.AdamW([p], 0.01, weight_decay=0.3))
optimizer("keras_adam", {"optimiser": "keras_adam", "learning_rate": 0.01}, lambda p: KerasAdam(p, 0.01))


def parameter_groups(name, config, make):
    """Three groups under StepLR(4, 0.5): weight and late with the optimizer's options, bias without weight decay, slow
    at a rate of its own. late is frozen, its gradient None, in the first 10 steps and from step 18 to 20."""
    begin(name)
    start = {"weight": torch.randn(3, 2), "bias": torch.randn(3), "late": torch.randn(4), "slow": torch.randn(5)}
    parameters = {key: nn.Parameter(value.clone()) for key, value in start.items()}
    gradients = {key: torch.randn(25, *value.shape) for key, value in start.items()}
    steps = make([{"params": [parameters["weight"], parameters["late"]]},
                  {"params": [parameters["bias"]], "weight_decay": 0},
                  {"params": [parameters["slow"]], "lr": 0.003}])
    schedule = torch.optim.lr_scheduler.StepLR(steps, 4, 0.5)
    for step in range(25):
        for key, parameter in parameters.items():
            parameter.grad = gradients[key][step].clone()
        if step < 10 or 18 <= step < 20:
            parameters["late"].grad = None
        steps.step()
        schedule.step()
    write(f"parameter_groups_{name}", "parameter_groups", config,
          {**{f"start.{key}": value for key, value in start.items()},
           **{f"gradients.{key}": value for key, value in gradients.items()},
           **{f"end.{key}": value for key, value in parameters.items()}})


parameter_groups("adam", {"optimiser": "adam", "learning_rate": 0.02, "weight_decay": 0.1},
                 lambda groups: torch.optim.Adam(groups, 0.02, weight_decay=0.1))
parameter_groups("adamw", {"optimiser": "adamw", "learning_rate": 0.02, "weight_decay": 0.3},
                 lambda groups: torch.optim.AdamW(groups, 0.02, weight_decay=0.3))
parameter_groups("sgd", {"optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 0.2, "momentum": 0.8, "dampening": 0.3},
                 lambda groups: torch.optim.SGD(groups, 0.1, momentum=0.8, dampening=0.3, weight_decay=0.2))


# The losses of a small model

class Curve(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 8, batch_first=True)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        h, _ = self.lstm(x)
        return self.head(self.attention(h, h, h, need_weights=False)[0].mean(1))


begin("loss_curve")
model, x = Curve(), torch.randn(5, 8, 6, 3)  # five batches, taken in turn
target = torch.tanh(x.sum(2)[..., :1]) + 0.1 * torch.randn(5, 8, 1)
tensors = {"in.0": x, "target": target, **{f"param.{key}": p.detach().clone() for key, p in model.named_parameters()}}
adam, losses = torch.optim.Adam(model.parameters(), 0.01), []
for step in range(50):
    adam.zero_grad()
    loss = F.mse_loss(model(x[step % 5]), target[step % 5])
    loss.backward()
    adam.step()
    losses.append(loss.detach())
write("loss_curve", "loss_curve", {"heads": 2, "learning_rate": 0.01}, {**tensors, "losses": torch.stack(losses)})
