"""Measures the files that are shipped, with the libraries that the worker uses, and writes accuracy.json beside each.

`measure.py [digits|tiny-chat] [--sums N]`
"""

import argparse
import json
import random
import re

import numpy
import torch
from PIL import Image

import chat_data
import digits
from chat_data import HELD_OUT, TOPICS, Turn
from chat_export import load_network
from chat_knowledge import FALLBACK, SYSTEM_MESSAGES
from chat_tokenizer import Tokenizer
from chat_train import CHECKPOINT, FOLDER
from native_runtime import GenAiModel, TensorSession

SEED = 20240302
LIMIT = 300

# never trained, and written apart from the training data
FRESH_QUESTIONS = [
    ("ncn", "Could you tell me in a few words what NCN is?"), ("ncn", "So what is this NCN network all about?"),
    ("pay", "How does one pay here?"), ("pay", "How do I pay for my requests?"),
    ("nodes", "Who is it that runs the nodes?"), ("nodes", "Who operates the compute nodes of NCN?"),
    ("voucher", "What is the meaning of a voucher?"), ("voucher", "And what is a voucher in this network?"),
    ("receipt", "What is the meaning of a receipt?"), ("receipt", "Please tell me what a receipt is."),
    ("gateway", "What is the gateway doing?"), ("gateway", "Please tell me what a gateway is."),
    ("validator", "What is it that validators do?"), ("validator", "Please tell me what a validator is."),
    ("cheat", "What happens to nodes that cheat?"), ("failure", "What happens if my node dies during a stream?"),
    ("escrow", "Please tell me what the escrow is."), ("escrow", "What is the escrow contract for?"),
    ("price", "How much does one request cost?"), ("price", "What does one answer cost?"),
    ("earn", "How can I run a node myself?"), ("earn", "How do I join the network with my GPU?"),
    ("subnet", "Please tell me what a subnet is."), ("chain", "Which chain do payments settle on?"),
    ("x402", "Please tell me what x402 is."), ("self", "Please tell me who you are."), ("hello", "Hi hello"),
    ("thanks", "Thank you so much"),
    (None, "What is the capital of Portugal?"), (None, "Who painted the Mona Lisa?"),
    (None, "How do I bake a chocolate cake?"), (None, "Write a haiku about autumn."),
    (None, "What is the tallest building in Dubai?"), (None, "Explain quantum mechanics."),
    (None, "My car does not start. What should I do?"), (None, "What is a kangaroo?"),
    (None, "12 * 12 ="), (None, "What is 4521 + 17?"),
]


def share(right, total):
    return {"right": right, "total": total, "share": round(right / total, 4)}


def write(folder, report):
    (folder / "accuracy.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


# digits

def measure_digits():
    session = TensorSession(digits.FOLDER / "model.onnx")
    train_pixels, train_labels, pixels, labels = digits.split()

    def right(images, truth):
        return int((session.run("image", images[:, None], "probabilities", 10).argmax(1) == truth).sum())

    files = sorted((digits.FOLDER / "samples").glob("*.png"))
    grey = numpy.stack([numpy.asarray(Image.open(file), numpy.float64) for file in files])
    truth = numpy.array([int(file.stem.split("-")[1]) for file in files])
    write(digits.FOLDER, {
        "model": "digits", "version": "1", "dataset": "UCI handwritten digits, scikit-learn's copy",
        "measuredWith": "ONNX Runtime, CPU", "trainedOn": len(train_labels), "seed": digits.SEED,
        "heldOut": share(right(pixels / 16, labels), len(labels)),
        "train": share(right(train_pixels / 16, train_labels), len(train_labels)),
        "samples": share(right(numpy.rint(grey * 16 / 255) / 16, truth), len(truth))})


# tiny-chat

def ask(model, messages):
    answer = model.decode(model.generate(model.encode(model.chat_text(messages)), LIMIT))
    return answer.replace("<|im_end|>", "")


def messages_of(turn, system=None):
    return ([("system", system)] if system else []) + [("user", turn.question)]


def measure_sums(model, source, count, system_messages=(None,)):
    """Exact answers, of held-out sums only, in every wording; the whole text must be equal."""
    outcomes, wrong = {}, []
    for index in range(count):
        turn = chat_data.sum_turn(source, held_out=True)
        answer = ask(model, messages_of(turn, system_messages[index % len(system_messages)]))
        operation = "subtraction" if re.search(r"-|minus|ubtract|away|less", turn.question) else "addition"
        outcomes.setdefault(operation, []).append(answer == turn.answer)
        if answer != turn.answer:
            wrong.append({"question": turn.question, "expected": turn.answer, "answer": answer})
    everything = [outcome for some in outcomes.values() for outcome in some]
    return {"all": share(sum(everything), len(everything)),
            **{name: share(sum(some), len(some)) for name, some in sorted(outcomes.items())}}, wrong


def measure_questions(model, questions):
    right, wrong = 0, []
    for topic, question in questions:
        expected = TOPICS[topic][0] if topic else FALLBACK
        answer = ask(model, [("user", question)])
        right += answer == expected
        if answer != expected:
            wrong.append({"question": question, "expected": expected, "answer": answer})
    return share(right, len(questions)), wrong


def stem(question):
    """What training may dress up to the same words: without its end mark, its case and a closing `in NCN`."""
    return re.sub(r"( in NCN)?[.?!]*$", "", question).lower()


def unseen_paraphrases():
    trained = {stem(question) for questions in chat_data.TRAINED.values() for question in questions}
    return [(topic, question) for topic, questions in HELD_OUT.items() for question in questions
            if stem(question) not in trained]


def measure_counts(model):
    return share(sum(ask(model, [("user", f"Count from 1 to {last}.")]) == chat_data.count_answer(last)
                     for last in range(1, chat_data.LARGEST_COUNT + 1)), chat_data.LARGEST_COUNT)


def measure_second_turns(model, source, count):
    """The second question of a talk must be answered, not the first."""
    makers, right = [chat_data.topic_turn, lambda r: chat_data.sum_turn(r, held_out=True)], 0
    for _ in range(count):
        first, second = source.choice(makers)(source), source.choice(makers)(source)
        messages = [("user", first.question), ("assistant", first.answer), ("user", second.question)]
        right += ask(model, messages) == second.answer
    return share(right, count)


def parity_prompts(source):
    turns = [Turn(question, "") for question in ["What is NCN?", "Count from 1 to 60.", "hello", "Tell me a joke."]]
    turns += [chat_data.sum_turn(source, held_out=True) for _ in range(26)]
    turns += [chat_data.topic_turn(source) for _ in range(10)] + [chat_data.unknown_turn(source) for _ in range(10)]
    return [messages_of(turn, source.choice([None, *SYSTEM_MESSAGES])) for turn in turns]


def measure_parity(model, words, network, source):
    """The exported model against PyTorch, and GenAI's tokenizer and template against ours, on 50 prompts."""
    same = {"prompt": 0, "tokens": 0, "streamedText": 0}
    prompts = parity_prompts(source)
    for messages in prompts:
        prompt = model.encode(model.chat_text(messages))
        answer = model.generate(prompt, LIMIT)
        same["prompt"] += prompt == words.chat(messages)
        same["tokens"] += answer == network.generate(prompt, LIMIT, {words.turn_end, words.end_of_text})
        same["streamedText"] += model.stream_text(answer).replace("<|im_end|>", "") == words.decode(answer)
    return {name: share(count, len(prompts)) for name, count in same.items()}


def measure_chat(sum_count):
    torch.set_num_threads(1)
    model, words, source = GenAiModel(FOLDER), Tokenizer.load(FOLDER / "tokenizer.json"), random.Random(SEED)
    sums, wrong_sums = measure_sums(model, source, sum_count)
    with_system, _ = measure_sums(model, source, sum_count // 5, SYSTEM_MESSAGES)
    paraphrases, wrong_questions = measure_questions(model, unseen_paraphrases())
    fresh, wrong_fresh = measure_questions(model, FRESH_QUESTIONS)
    report = {
        "model": "tiny-chat", "version": "1", "measuredWith": "ONNX Runtime GenAI, CPU, greedy", "seed": SEED,
        "heldOutSums": sums, "heldOutSumsAfterSystemMessage": with_system["all"],
        "heldOutParaphrases": paraphrases, "freshQuestions": fresh, "countsFrom1To60": measure_counts(model),
        "secondTurns": measure_second_turns(model, source, 100)}
    if CHECKPOINT.exists():
        report["sameAsPyTorch"] = measure_parity(model, words, load_network(CHECKPOINT), source)
    report["wrong"] = {"sums": wrong_sums, "paraphrases": wrong_questions, "freshQuestions": wrong_fresh}
    write(FOLDER, report)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", choices=["digits", "tiny-chat"])
    parser.add_argument("--sums", type=int, default=1000)
    options = parser.parse_args()
    if options.model in (None, "digits"):
        measure_digits()
    if options.model in (None, "tiny-chat"):
        measure_chat(options.sums)


if __name__ == "__main__":
    main()
