"""The network of tiny-chat: a small Llama (RMS norms, rotary positions, grouped keys and values, gated MLP, tied output)."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

IGNORED = -100


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 1024
    width: int = 128
    layers: int = 5
    heads: int = 4
    key_value_heads: int = 2
    head_size: int = 32
    hidden: int = 320
    context: int = 1024
    rotary_base: float = 10000.0
    norm_epsilon: float = 1e-5


def rotary_tables(shape):
    """Cosines and sines, [context, head size / 2] each."""
    half = shape.head_size // 2
    frequencies = shape.rotary_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(shape.context, dtype=torch.float64)[:, None] * frequencies
    return angles.cos().float(), angles.sin().float()


def rotate(heads, cosine, sine):
    first, second = heads.chunk(2, -1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1)


class Norm(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.width))
        self.epsilon = shape.norm_epsilon

    def forward(self, hidden):
        return hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


def matrix(rows, columns, scale=1.0):
    return nn.Parameter(torch.randn(rows, columns) * scale * rows ** -0.5)


class Layer(nn.Module):
    """Weights are [inputs, outputs], as ONNX's MatMul wants them."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        key_width = shape.key_value_heads * shape.head_size
        self.attention_norm, self.mlp_norm = Norm(shape), Norm(shape)
        self.query = matrix(shape.width, shape.heads * shape.head_size)
        self.key, self.value = matrix(shape.width, key_width), matrix(shape.width, key_width)
        self.output = matrix(shape.heads * shape.head_size, shape.width, 0.35)
        self.gate, self.up = matrix(shape.width, shape.hidden), matrix(shape.width, shape.hidden)
        self.down = matrix(shape.hidden, shape.width, 0.35)

    def packed_projections(self):
        return torch.cat([self.query, self.key, self.value], 1)

    def packed_gate_and_up(self):
        return torch.cat([self.gate, self.up], 1)

    def attend(self, hidden, cosine, sine, mask):
        shape, (batch, length, _) = self.shape, hidden.shape
        packed = (hidden @ self.packed_projections()).view(batch, length, -1, shape.head_size).transpose(1, 2)
        query, key, value = packed.split([shape.heads, shape.key_value_heads, shape.key_value_heads], 1)
        groups = shape.heads // shape.key_value_heads
        query, key = rotate(query, cosine, sine), rotate(key, cosine, sine)
        query = query.reshape(batch, shape.key_value_heads, groups * length, shape.head_size)
        scores = query @ key.transpose(-1, -2) * shape.head_size ** -0.5
        scores = scores.view(batch, shape.heads, length, length) + mask
        weights = torch.softmax(scores, -1).view(batch, shape.key_value_heads, groups * length, length)
        mixed = (weights @ value).view(batch, shape.heads, length, shape.head_size)
        return mixed.transpose(1, 2).reshape(batch, length, -1) @ self.output

    def forward(self, hidden, cosine, sine, mask):
        hidden = hidden + self.attend(self.attention_norm(hidden), cosine, sine, mask)
        gate, up = (self.mlp_norm(hidden) @ self.packed_gate_and_up()).chunk(2, -1)
        return hidden + (functional.silu(gate) * up) @ self.down


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.05)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)
        cosine, sine = rotary_tables(shape)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)

    def states(self, tokens):
        """The hidden states after each layer."""
        length = tokens.shape[1]
        mask = torch.full((length, length), float("-inf")).triu(1)
        hidden, states = self.embedding[tokens], []
        for layer in self.layers:
            hidden = layer(hidden, self.cosine[:length], self.sine[:length], mask)
            states.append(hidden)
        return states

    def scores(self, hidden):
        return self.norm(hidden) @ self.embedding.T

    @torch.no_grad()
    def generate(self, prompt, limit, stops):
        """Greedy continuation of one prompt."""
        tokens = list(prompt)
        while len(tokens) - len(prompt) < limit:
            token = int(self.scores(self.states(torch.tensor([tokens]))[-1][0, -1]).argmax())
            tokens.append(token)
            if token in stops:
                break
        return tokens[len(prompt):]


class ArithmeticHints(nn.Module):
    """Extra outputs that exist in training only. At each digit of a number they must name

    1. after layer 1, the number read so far (units, tens, hundreds), there and at the token that follows the number;
    2. after layer 2, at the second number of a sum: the first number, and what each column gives without carrying;
    3. after layer 3, at the second number of a sum: the result, as if the number ended there.

    A count gives the hints of the subtraction of each number from its last, which is zero where the count ends. Layers 4 and 5 are left to fetch the result and to write it.
    """

    SIZES = {"read": (0, 3, 11), "first": (1, 3, 11), "columns": (1, 3, 38), "result": (2, 5, 10)}

    def __init__(self, shape):
        super().__init__()
        self.norms = nn.ModuleList(Norm(shape) for _ in range(3))
        self.outputs = nn.ModuleDict({name: nn.Linear(shape.width, count * classes)
                                      for name, (_, count, classes) in self.SIZES.items()})

    def losses(self, states, targets):
        """Mean loss per kind of hint; targets are [batch, length, count], IGNORED where there is none."""
        found = {}
        for name, (layer, count, classes) in self.SIZES.items():
            rows = targets[name][..., 0] != IGNORED
            if rows.any():
                scores = self.outputs[name](self.norms[layer](states[layer][rows])).view(-1, classes)
                found[name] = functional.cross_entropy(scores, targets[name][rows].flatten())
        return found
