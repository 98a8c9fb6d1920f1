"""Makes the conversations that tiny-chat learns from, and those that it is measured with."""

import hashlib
import re
from dataclasses import dataclass
from pydoc_data import topics as python_manual

from chat_knowledge import (ASKED_SUMS, BARE_SUMS, COUNT_FRAMES, DEFINITION_FRAMES, FALLBACK, OTHER_NOUNS,
                            OTHER_REQUESTS, OUT_OF_RANGE, SYSTEM_MESSAGES, TOPICS)

LARGEST_COUNT = 60
ALWAYS_TRAINED = {"What is NCN?", "How do I pay?", "Who runs the nodes?", "What is a voucher?", "What is a receipt?",
                  "Hello", "hello", "Hello!", "Hi", "What is a gateway?", "What is a validator?"}


@dataclass(frozen=True)
class Sum:
    """The numbers in the order in which the question names them; `swapped` when the second comes first in the sum."""
    first: int
    second: int
    sign: str
    swapped: bool

    def ordered(self):
        return (self.second, self.first) if self.swapped else (self.first, self.second)

    def result(self):
        a, b = self.ordered()
        return a + b if self.sign == "+" else a - b


@dataclass(frozen=True)
class Turn:
    question: str
    answer: str
    sum: Sum | None = None
    count: int | None = None  # the last number of a count


def chosen_by_hash(key, one_in):
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % one_in == 0


def held_out_pair(a, b):
    """One pair in 25 never occurs in training, in neither order, added or subtracted. Pairs of two one-digit numbers
    are all trained: there are too few to learn a rule from the rest."""
    return max(a, b) >= 10 and chosen_by_hash(f"pair {min(a, b)} {max(a, b)}", 25)


def held_out_question(text):
    return text not in ALWAYS_TRAINED and chosen_by_hash(f"question {text}", 8)


# sums

def operand(random, largest_width):
    width = random.choices([1, 2, 3][:largest_width], [2, 3, 7][:largest_width])[0]
    return random.randrange(10 ** (width - 1) if width > 1 else 0, 10 ** width)


def operands(random, sign, largest_width):
    """Two numbers; a quarter of the pairs is picked to carry far, or to differ by little."""
    a, b = operand(random, largest_width), operand(random, largest_width)
    if random.random() < 0.25:
        if sign == "-":
            b = min(999, max(0, a + random.randrange(-12, 13)))
        else:
            digits = [random.choice([9 - int(d), 9 - int(d), 10 - int(d), random.randrange(10)]) for d in str(a)]
            b = min(999, int("".join(str(min(9, d)) for d in digits)))
    return a, b


def sum_turn(random, held_out=False, largest_width=3):
    sign = random.choice("+-")
    a, b = operands(random, sign, largest_width)
    while held_out_pair(a, b) != held_out:
        a, b = operands(random, sign, largest_width)
    asked = random.random() < 0.5
    frame = random.choice((ASKED_SUMS if asked else BARE_SUMS)[sign])
    swapped = frame.index("{b}") < frame.index("{a}")
    asked_sum = Sum(b, a, sign, True) if swapped else Sum(a, b, sign, False)
    result = asked_sum.result()
    return Turn(frame.format(a=a, b=b), f"The answer is {result}." if asked else str(result), asked_sum)


# questions

def questions_of(topic):
    _, nouns, phrases = TOPICS[topic]
    return phrases + [frame.format(x=noun) for noun in nouns for frame in DEFINITION_FRAMES]


TRAINED = {topic: [q for q in questions_of(topic) if not held_out_question(q)] for topic in TOPICS}
HELD_OUT = {topic: [q for q in questions_of(topic) if held_out_question(q)] for topic in TOPICS}


OPENINGS = ["Please: ", "Hi, ", "Hello, ", "Hello! ", "Excuse me, ", "So, ", "OK, ", "Tell me: ", "One question: ",
            "I wonder: ", "Quick question: ", "And ", "So ", "Then ", "Sorry, ", "Hey, ", "Well, ", "Now, "]
CLOSINGS = ["", "??", "?!", " please", ", please.", " ?", "!", ".", "?", ", please?", " exactly?", " in short?",
            " in a few words?", " then?", " here?", " in NCN?", " in this network?"]


def varied(random, text):
    """The same question in another dress."""
    dice = random.random()
    if dice < 0.15:
        text = text.lower()
    elif dice < 0.18:
        text = text.upper()
    elif dice < 0.26:
        text = random.choice(OPENINGS) + text
    elif dice < 0.34:
        text = text.rstrip(".?!") + random.choice(CLOSINGS)
    elif dice < 0.40:
        text = text.rstrip(".?!")
    elif dice < 0.44 and text.count(" ") > 2:
        words = text.split(" ")
        del words[random.randrange(len(words) - 1)]
        text = " ".join(words)
    return text


def topic_turn(random):
    topic = random.choice(list(TOPICS))
    _, nouns, phrases = TOPICS[topic]
    if random.random() < 0.5:
        own = [q for q in phrases if not held_out_question(q)]
        question = random.choice(own or TRAINED[topic])
    else:
        question = random.choice(TRAINED[topic])
    return Turn(varied(random, question), TOPICS[topic][0])


def manual_sentences():
    """English sentences without digits, from the manual that comes with Python."""
    text = " ".join(python_manual.topics.values())
    found = re.findall(r"(?<=[.] )[A-Z][a-z][A-Za-z ,'-]{15,110}[.]", re.sub(r"\s+", " ", text))
    return sorted(set(found))


SENTENCES = manual_sentences()
WORDS = sorted({word for sentence in SENTENCES for word in re.findall("[a-z]{4,}", sentence)})


def made_up_word(random):
    return "".join(random.choice("bcdfghklmnprstvwz") + random.choice("aeiouy") for _ in range(random.randrange(1, 5)))


def other_noun(random):
    dice = random.random()
    if dice < 0.45:
        return random.choice(OTHER_NOUNS)
    word = random.choice(WORDS) if dice < 0.8 else made_up_word(random)
    return random.choice(["a ", "the ", "", "my ", "", "a "]) + word


def number(random, low, high):
    return random.randrange(low, high)


def unknown_turn(random):
    """Something that tiny-chat cannot do."""
    dice = random.random()
    if dice < 0.25:
        question = random.choice(DEFINITION_FRAMES).format(x=other_noun(random))
    elif dice < 0.5:
        question = random.choice(OTHER_REQUESTS).format(x=other_noun(random), y=other_noun(random))
    elif dice < 0.62:
        question = random.choice(SENTENCES)
    elif dice < 0.66:
        question = " ".join(random.choice(WORDS) for _ in range(random.randrange(1, 9)))
    else:
        question = random.choice(OUT_OF_RANGE).format(
            a=number(random, 0, 1000), b=number(random, 0, 1000), c=number(random, 0, 1000),
            h=number(random, LARGEST_COUNT + 1, 1200), w=number(random, 1000, 10 ** random.randrange(4, 8)),
            v=number(random, 1000, 10000))
    return Turn(varied(random, question), FALLBACK)


def count_turn(random, largest=LARGEST_COUNT):
    last = random.randrange(1, largest + 1)
    question = random.choice(COUNT_FRAMES).format(n=last)
    return Turn(varied(random, question), count_answer(last), count=last)


def count_answer(last):
    return ", ".join(str(value) for value in range(1, last + 1)) + "."


# conversations: a list of ("system" | Turn)

def system_message(random):
    if random.random() < 0.75:
        return random.choice(SYSTEM_MESSAGES)
    return " ".join(random.choice(SENTENCES) for _ in range(random.randrange(1, 3)))


def conversation(random, turns):
    return system_message(random) if random.random() < 0.3 else None, turns


def short_conversation(random):
    """A question about the network, an unknown one, a short count or a sum after other turns."""
    def turn():
        dice = random.random()
        if dice < 0.4:
            return topic_turn(random)
        return unknown_turn(random) if dice < 0.7 else count_turn(random, 12) if dice < 0.78 else sum_turn(random)
    turns = [turn()]
    if random.random() < 0.2:
        turns.append(turn())
    return conversation(random, turns)


def long_conversation(random):
    """Long counts, and talks of several turns."""
    dice = random.random()
    if dice < 0.6:
        return conversation(random, [count_turn(random)])
    makers = [topic_turn, unknown_turn, sum_turn, sum_turn, lambda r: count_turn(r, 20)]
    return conversation(random, [random.choice(makers)(random) for _ in range(random.randrange(3, 7))])


def corpus(random, size):
    """Texts to learn the merges from."""
    for index in range(size):
        _, turns = short_conversation(random)
        yield f"system\nuser\nassistant\n{SYSTEM_MESSAGES[index % len(SYSTEM_MESSAGES)]}"
        for turn in turns:
            yield turn.question
            yield turn.answer
        sample = sum_turn(random)
        yield sample.question
        yield sample.answer
