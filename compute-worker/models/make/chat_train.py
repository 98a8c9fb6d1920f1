"""Trains tiny-chat. `chat_train.py --steps N --cooldown M` runs N steps, with the learning rate falling to zero in the
last M; a checkpoint every 100 steps allows going on, and exporting at any time."""

import argparse
import random
import time
from pathlib import Path

import torch
from torch.nn import functional

import chat_data
from chat_model import IGNORED, ArithmeticHints, Decoder, Shape
from chat_tokenizer import Tokenizer, learn_merges
from manifest import MODELS

SEED = 20240301
FOLDER = MODELS / "tiny-chat" / "1"
CHECKPOINT = MODELS.parent.parent / "artifacts" / "tiny-chat" / "checkpoint.pt"
SUM_ROWS, SHORT_ROWS, LONG_ROWS = 224, 24, 10
LONG_EVERY = 5
LONGEST = 640


def tokenizer():
    stored = FOLDER / "tokenizer.json"
    if not stored.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        Tokenizer(learn_merges(chat_data.corpus(random.Random(SEED), 6000))).save(FOLDER)
    return Tokenizer.load(stored)


# rows: (tokens, next tokens or IGNORED, result digits or IGNORED)

def result_digits(result):
    magnitude = abs(result)
    return [magnitude // 1000, magnitude // 100 % 10, magnitude // 10 % 10, magnitude % 10, int(result < 0)]


def row(words, talk):
    system, turns = talk
    tokens, targets, results = [], [], []

    def add(new, answer=False, result=None):
        tokens.extend(new)
        targets.extend(new if answer else [IGNORED] * len(new))
        results.extend([[IGNORED] * 5 if result is None else result_digits(result)] * len(new))

    def role(name):
        add([words.turn_start, *words.encode(name + "\n")])

    def end():
        add([words.turn_end, *words.encode("\n")])

    if system:
        role("system")
        add(words.encode(system))
        end()
    for turn in turns:
        role("user")
        add(words.encode(turn.question))
        end()
        role("assistant")
        add([*words.encode(turn.answer), words.turn_end], True, turn.result)
        add(words.encode("\n"))
    return tokens[:-1], targets[1:], results[1:]


def batch(words, rows):
    rows = [entry for entry in rows if len(entry[0]) <= LONGEST]
    length = max(len(tokens) for tokens, _, _ in rows)
    tokens = torch.full((len(rows), length), words.end_of_text)
    targets = torch.full((len(rows), length), IGNORED)
    results = torch.full((len(rows), length, 5), IGNORED)
    for index, (source, following, result) in enumerate(rows):
        tokens[index, :len(source)] = torch.tensor(source)
        targets[index, :len(source)] = torch.tensor(following)
        results[index, :len(source)] = torch.tensor(result)
    return tokens, targets, results


def numbers_read(tokens, digit_of):
    """For each digit the units, tens and hundreds of the number read so far (10: none); IGNORED elsewhere."""
    digits = digit_of[tokens]
    shifted = [digits]
    for _ in range(2):
        before = functional.pad(shifted[-1], (1, 0), value=10)[:, :-1]
        shifted.append(torch.where(shifted[-1] == 10, shifted[-1], before))
    read = torch.stack(shifted, -1)
    read[digits == 10] = IGNORED
    return read


# optimisation: Muon for the matrices, Adam for the rest

def orthogonal(gradient):
    """Newton-Schulz iteration towards the nearest orthogonal matrix (Jordan and others, Muon, 2024)."""
    turned = gradient.shape[0] > gradient.shape[1]
    matrix = gradient.T if turned else gradient
    matrix = matrix / (matrix.norm() + 1e-7)
    for _ in range(5):
        square = matrix @ matrix.T
        matrix = 3.4445 * matrix + (-4.7750 * square + 2.0315 * square @ square) @ matrix
    return matrix.T if turned else matrix


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.mul_(0.95).add_(parameter.grad)
                direction = orthogonal(parameter.grad + 0.95 * momentum)
                scale = max(1.0, parameter.shape[1] / parameter.shape[0]) ** 0.5
                parameter.mul_(1 - group["lr"] * 0.05).add_(direction, alpha=-group["lr"] * scale)


def optimizers(network, hints):
    matrices = [value for name, value in network.named_parameters() if value.ndim == 2 and name != "embedding"]
    others = [value for name, value in network.named_parameters() if value.ndim < 2 or name == "embedding"]
    return [Muon(matrices, 0.02), torch.optim.Adam(others + list(hints.parameters()), 3e-3, betas=(0.9, 0.97))]


def rate(step, steps, cooldown):
    return min(1.0, (step + 1) / 50, (steps - step) / cooldown)


# one step

def step_batches(words, step):
    source = random.Random(f"{SEED} {step}")
    width = 2 if step < 100 else 3
    sums = [row(words, (None, [chat_data.sum_turn(source, largest_width=width)])) for _ in range(SUM_ROWS)]
    sums.sort(key=lambda entry: len(entry[0]))
    yield batch(words, sums[:SUM_ROWS // 2]), 0.5
    yield batch(words, sums[SUM_ROWS // 2:]), 0.5
    if step % LONG_EVERY == LONG_EVERY - 1:
        yield batch(words, [row(words, chat_data.long_conversation(source)) for _ in range(LONG_ROWS)]), 0.5
    else:
        yield batch(words, [row(words, chat_data.short_conversation(source)) for _ in range(SHORT_ROWS)]), 0.5


def learn(network, hints, digit_of, parts):
    tokens, targets, results = parts
    states = network.states(tokens)
    rows = targets != IGNORED
    scores = network.scores(states[-1][rows])
    loss = functional.cross_entropy(scores, targets[rows])
    right = (scores.argmax(-1) == targets[rows]).float().mean().item()
    return loss, hints.loss(states, numbers_read(tokens, digit_of), results), right


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--cooldown", type=int, default=800)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    return parser.parse_args()


def main():
    options = arguments()
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    words, shape = tokenizer(), Shape()
    assert words.vocabulary_size == shape.vocabulary
    digit_of = torch.full((shape.vocabulary,), 10)
    for digit in range(10):
        digit_of[words.ids[str(digit)]] = digit
    torch.manual_seed(SEED)
    network, hints = Decoder(shape), ArithmeticHints(shape)
    both, first = optimizers(network, hints), 0
    if options.checkpoint.exists():
        stored = torch.load(options.checkpoint)
        network.load_state_dict(stored["network"])
        hints.load_state_dict(stored["hints"])
        for optimizer, state in zip(both, stored["optimizers"]):
            optimizer.load_state_dict(state)
        first = stored["step"]
    base_rates = [0.02, 3e-3]
    started = time.monotonic()
    for step in range(first, options.steps):
        for optimizer, base in zip(both, base_rates):
            optimizer.param_groups[0]["lr"] = base * rate(step, options.steps, options.cooldown)
            optimizer.zero_grad()
        report = []
        for parts, weight in step_batches(words, step):
            loss, hint, right = learn(network, hints, digit_of, parts)
            (loss * weight + hint * 0.5 * weight).backward()
            report += [f"{loss.item():.3f}", f"{hint.item():.3f}", f"{right:.3f}", f"{tuple(parts[0].shape)}"]
        for optimizer in both:
            optimizer.step()
        if step % 10 == 0 or step % 10 == 4:
            print(step, f"{time.monotonic() - started:.0f}s", *report, flush=True)
        if (step + 1) % 100 == 0 or step + 1 == options.steps:
            partial = options.checkpoint.with_suffix(".partial")
            torch.save({"network": network.state_dict(), "hints": hints.state_dict(), "step": step + 1,
                        "optimizers": [optimizer.state_dict() for optimizer in both]}, partial)
            partial.replace(options.checkpoint)


if __name__ == "__main__":
    main()
