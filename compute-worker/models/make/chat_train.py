"""Trains tiny-chat; a checkpoint every 50 steps allows going on, and exporting at any time."""

import argparse
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

import chat_data
from chat_hints import NO_DIGIT, count_hints, numbers_read, second_number_hints
from chat_model import IGNORED, ArithmeticHints, Decoder, Shape
from chat_optimizer import MATRIX_RATE, OTHER_RATE, optimizers
from chat_tokenizer import Tokenizer, learn_merges
from manifest import MODELS

SEED = 20240301
FOLDER = MODELS / "tiny-chat" / "1"
CHECKPOINT = MODELS.parent.parent / "artifacts" / "tiny-chat" / "checkpoint.pt"
STEPS = 2350
LONGEST = 640
COUNT_END_WEIGHT = 8.0  # the one place of a count where it must not go on


@dataclass(frozen=True)
class Phase:
    """What a step trains on: sums, and short talks, or in every `long_every`th step long ones."""
    sum_rows: int
    short_rows: int
    long_rows: int
    long_every: int
    largest_width: int


def phase_of(step):
    if step < 700:
        return Phase(224, 24, 10, 5, 2 if step < 100 else 3)
    return Phase(128, 40, 12, 3, 3) if step < 1700 else Phase(112, 40, 12, 2, 3)


def tokenizer():
    stored = FOLDER / "tokenizer.json"
    if not stored.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        Tokenizer(learn_merges(chat_data.corpus(random.Random(SEED), 6000))).save(FOLDER)
    return Tokenizer.load(stored)


# rows: (tokens, next tokens or IGNORED, {index of a digit: hints}, {index of a token: its weight, if not 1})

def row(words, talk):
    system, turns = talk
    tokens, targets, hints, weights = [], [], {}, {}

    def digits_since(start):
        return [index for index in range(start, len(tokens)) if words.tokens[tokens[index]].isdigit()]

    def add(new, answer=False):
        tokens.extend(new)
        targets.extend(new if answer else [IGNORED] * len(new))

    def message(role, text):
        add([words.turn_start, *words.encode(f"{role}\n{text}"), words.turn_end, *words.encode("\n")])

    if system:
        message("system", system)
    for turn in turns:
        start = len(tokens)
        message("user", turn.question)
        if turn.sum:
            found = second_number_hints(turn.sum)
            hints.update(zip(digits_since(start)[-len(found):], found))
        add([words.turn_start, *words.encode("assistant\n")])
        start = len(tokens)
        add([*words.encode(turn.answer), words.turn_end], True)
        if turn.count:
            hints.update(zip(digits_since(start), count_hints(turn.count)))
            weights[len(tokens) - 3] = COUNT_END_WEIGHT
        add(words.encode("\n"))
    return tokens[:-1], targets[1:], hints, weights


def batch(words, rows, digit_of):
    """(tokens, targets, weights, targets of the hints) of the rows that are not too long, filled up at the right."""
    rows = [entry for entry in rows if len(entry[0]) <= LONGEST]
    size = len(rows), max(len(entry[0]) for entry in rows)
    tokens, targets = torch.full(size, words.end_of_text), torch.full(size, IGNORED)
    weights = torch.ones(size)
    first, columns, result = (torch.full((*size, count), IGNORED) for count in (3, 3, 5))
    for index, (source, following, hints, heavier) in enumerate(rows):
        tokens[index, :len(source)] = torch.tensor(source)
        targets[index, :len(source)] = torch.tensor(following)
        for place, weight in heavier.items():
            weights[index, place] = weight
        for place, hint in hints.items():
            for target, value in zip((first, columns, result), hint):
                target[index, place] = torch.tensor(value)
    read = numbers_read(tokens, digit_of)
    return tokens, targets, weights, {"read": read, "first": first, "columns": columns, "result": result}


# one step

def step_batches(words, step):
    """(rows, weight) of each part of a step."""
    source, phase = random.Random(f"{SEED} {step}"), phase_of(step)
    sums = [row(words, (None, [chat_data.sum_turn(source, largest_width=phase.largest_width)]))
            for _ in range(phase.sum_rows)]
    sums.sort(key=lambda entry: len(entry[0]))
    yield sums[:len(sums) // 2], 0.5
    yield sums[len(sums) // 2:], 0.5
    if step % phase.long_every == phase.long_every - 1:
        yield [row(words, chat_data.long_conversation(source)) for _ in range(phase.long_rows)], 0.5
    else:
        yield [row(words, chat_data.short_conversation(source)) for _ in range(phase.short_rows)], 0.5


class Training:
    """The network with its hints and optimisers, as far as it has come."""

    def __init__(self, words, shape):
        torch.manual_seed(SEED)
        self.words, self.step = words, 0
        self.network, self.hints = Decoder(shape), ArithmeticHints(shape)
        self.optimizers = optimizers(self.network, self.hints)
        self.digit_of = torch.full((shape.vocabulary,), NO_DIGIT)
        for digit in range(10):
            self.digit_of[words.ids[str(digit)]] = digit

    def load(self, path):
        stored = torch.load(path)
        self.step = stored["step"]
        self.network.load_state_dict(stored["network"])
        self.hints.load_state_dict(stored["hints"])
        for optimizer, state in zip(self.optimizers, stored["optimizers"]):
            optimizer.load_state_dict(state)

    def save(self, path):
        partial = path.with_suffix(".partial")
        torch.save({"step": self.step, "network": self.network.state_dict(), "hints": self.hints.state_dict(),
                    "optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}, partial)
        partial.replace(path)

    def run_step(self, rate_share):
        """One update of all weights; returns a line of losses for each part."""
        for optimizer, rate in zip(self.optimizers, (MATRIX_RATE, OTHER_RATE)):
            optimizer.param_groups[0]["lr"] = rate * rate_share
            optimizer.zero_grad()
        report = [self.learn(batch(self.words, rows, self.digit_of), weight)
                  for rows, weight in step_batches(self.words, self.step)]
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return report

    def learn(self, parts, weight):
        """Adds the gradients of one part, and reports its losses and the share of right tokens."""
        tokens, targets, weights, hint_targets = parts
        states = self.network.states(tokens)
        rows = targets != IGNORED
        scores = self.network.scores(states[-1][rows])
        losses = functional.cross_entropy(scores, targets[rows], reduction="none")
        loss = (losses * weights[rows]).sum() / weights[rows].sum()
        found = self.hints.losses(states, hint_targets)
        (loss * weight + sum(found.values()) * 0.5 * weight).backward()
        right = (scores.argmax(-1) == targets[rows]).float().mean().item()
        return " ".join([f"{tuple(tokens.shape)} {loss.item():.3f} right {right:.3f}",
                         *(f"{name} {value.item():.3f}" for name, value in found.items())])


def rate_share(step):
    """Share of the full learning rate: up in 50 steps, down to a third between 1,200 and 1,700, then slowly to zero."""
    return min(1.0, (step + 1) / 50, (1950 - step) / 750 if step < 1700 else (STEPS - step) / 1950)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS, help="stop after so many steps")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    return parser.parse_args()


def main():
    options = arguments()
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    words, shape = tokenizer(), Shape()
    assert words.vocabulary_size == shape.vocabulary
    training, started = Training(words, shape), time.monotonic()
    if options.checkpoint.exists():
        training.load(options.checkpoint)
    while training.step < options.steps:
        report = training.run_step(rate_share(training.step))
        if training.step % 10 in (0, 3):
            print(training.step, f"{time.monotonic() - started:.0f}s", *report, sep=" | ", flush=True)
        if training.step % 50 == 0 or training.step == options.steps:
            training.save(options.checkpoint)


if __name__ == "__main__":
    main()
