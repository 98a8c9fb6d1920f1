"""Targets of the extra outputs that teach tiny-chat place value and carrying (see ArithmeticHints)."""

from dataclasses import replace

import torch
from torch.nn import functional

from chat_data import Sum, held_out_pair
from chat_model import IGNORED

NO_DIGIT = 10


def place_digits(value, count):
    """Units first."""
    return [value // 10 ** place % 10 for place in range(count)]


def shown_digits(value):
    """Units first, NO_DIGIT where the number has none."""
    return [int(digit) for digit in reversed(str(value))] + [NO_DIGIT] * (3 - len(str(value)))


def columns(a, b, sign):
    pairs = zip(place_digits(a, 3), place_digits(b, 3))
    return [x + y if sign == "+" else x - y + 9 + 19 for x, y in pairs]


NO_HINT = [IGNORED] * 3, [IGNORED] * 3, [IGNORED] * 5


def hint(asked):
    """(first number, columns, result) of a sum."""
    a, b = asked.ordered()
    result = asked.result()
    return (shown_digits(asked.first), columns(a, b, asked.sign),
            [*place_digits(abs(result), 4), int(result < 0)])


def second_number_hints(asked):
    """For each digit of the second number its hint, as if the number ended there.

    A shorter pair that is held out gives no hint, so that it stays unseen.
    """
    text = str(asked.second)
    parts = [replace(asked, second=int(text[:length])) for length in range(1, len(text))]
    return [NO_HINT if held_out_pair(part.first, part.second) else hint(part) for part in parts] + [hint(asked)]


def count_hints(last):
    """For each digit of a count up to `last`: what is left to count, as a subtraction; none for held-out pairs."""
    parts = [int(str(number)[:length]) for number in range(1, last + 1) for length in range(1, len(str(number)) + 1)]
    return [NO_HINT if held_out_pair(last, part) else hint(Sum(last, part, "-", False)) for part in parts]


def numbers_read(tokens, digit_of):
    """For each digit, and the token after a number, the units, tens and hundreds read so far; IGNORED elsewhere."""
    def moved(values):
        return functional.pad(values, (1, 0), value=NO_DIGIT)[:, :-1]

    digits = digit_of[tokens]
    before = moved(digits)
    units = torch.where(digits == NO_DIGIT, before, digits)
    tens = torch.where(digits == NO_DIGIT, moved(before), before)
    tens = torch.where(units == NO_DIGIT, units, tens)
    hundreds = torch.where(digits == NO_DIGIT, moved(moved(before)), moved(before))
    hundreds = torch.where(tens == NO_DIGIT, tens, hundreds)
    read = torch.stack([units, tens, hundreds], -1)
    read[units == NO_DIGIT] = IGNORED
    return read
