"""The byte-level BPE tokenizer of tiny-chat: learning its merges, encoding, decoding, and its Hugging Face files.

Merges join letters only (with at most one space in front), so every digit, sign and line break is a token of its own.
"""

import json
import re
from collections import Counter

MERGE_COUNT = 764
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|reserved|>"]
PIECE = re.compile(r" ?[A-Za-z]+|.", re.DOTALL)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def byte_alphabet():
    """GPT-2's printable stand-in for each byte value."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet, spare = {value: chr(value) for value in printable}, 256
    for value in range(256):
        if value not in alphabet:
            alphabet[value] = chr(spare)
            spare += 1
    return alphabet


ALPHABET = byte_alphabet()


def spelled(text):
    return "".join(ALPHABET[value] for value in text.encode("utf-8"))


def learn_merges(texts):
    """The MERGE_COUNT most frequent pairs, one after the other; ties go to the alphabet."""
    words = Counter(piece for text in texts for piece in PIECE.findall(text) if len(piece) > 1)
    split = {word: list(spelled(word)) for word in words}
    merges = []
    while len(merges) < MERGE_COUNT:
        pairs = Counter()
        for word, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for parts in split.values():
            join(parts, best)
    return merges


def join(parts, pair):
    index = 0
    while index < len(parts) - 1:
        if (parts[index], parts[index + 1]) == pair:
            parts[index:index + 2] = ["".join(pair)]
        index += 1


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        tokens = [ALPHABET[value] for value in sorted(ALPHABET, key=lambda value: ALPHABET[value])]
        tokens += ["".join(pair) for pair in self.merges]
        self.ids = {token: index for index, token in enumerate(tokens)}
        self.specials = {name: len(tokens) + index for index, name in enumerate(SPECIALS)}
        self.tokens = tokens + SPECIALS
        self.vocabulary_size = len(self.tokens)
        self.end_of_text, self.turn_start, self.turn_end, _ = self.specials.values()
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.known = {}

    @staticmethod
    def load(path):
        """Reads the merges back from a tokenizer.json that `save` wrote."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Tokenizer([merge.split(" ") for merge in stored["model"]["merges"]])

    def encode(self, text):
        return [token for piece in PIECE.findall(text) for token in self.encode_piece(piece)]

    def encode_piece(self, piece):
        if piece not in self.known:
            parts = list(spelled(piece))
            while len(parts) > 1:
                best = min(zip(parts, parts[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
                if best not in self.ranks:
                    break
                join(parts, best)
            self.known[piece] = [self.ids[part] for part in parts]
        return self.known[piece]

    def decode(self, tokens):
        values = {symbol: value for value, symbol in ALPHABET.items()}
        text = "".join(self.tokens[token] for token in tokens if token < len(self.tokens) - len(SPECIALS))
        return bytes(values[symbol] for symbol in text).decode("utf-8", "replace")

    def chat(self, messages):
        """The prompt that the chat template makes of [(role, content)], up to the assistant's turn."""
        tokens = []
        for role, content in messages:
            tokens += [self.turn_start, *self.encode(f"{role}\n{content}"), self.turn_end, *self.encode("\n")]
        return tokens + [self.turn_start, *self.encode("assistant\n")]

    def save(self, folder):
        added = [{"id": index, "content": name, "single_word": False, "lstrip": False, "rstrip": False,
                  "normalized": False, "special": True} for name, index in self.specials.items()]
        bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
        tokenizer = {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": bytes_only, "post_processor": None, "decoder": bytes_only,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                      "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False,
                      "vocab": {token: index for index, token in enumerate(self.tokens[:-len(SPECIALS)])},
                      "merges": [" ".join(pair) for pair in self.merges]}}
        settings = {
            "add_bos_token": False, "add_prefix_space": False,
            "added_tokens_decoder": {str(entry["id"]): {key: entry[key] for key in entry if key != "id"}
                                     for entry in added},
            "additional_special_tokens": ["<|im_start|>", "<|im_end|>"], "bos_token": "<|endoftext|>",
            "chat_template": CHAT_TEMPLATE, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>",
            "errors": "replace", "model_max_length": 1024, "pad_token": "<|endoftext|>", "split_special_tokens": False,
            "tokenizer_class": "GPT2Tokenizer", "unk_token": None}
        names = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
                 "additional_special_tokens": ["<|im_start|>", "<|im_end|>"]}
        for name, content in [("tokenizer.json", tokenizer), ("tokenizer_config.json", settings),
                              ("special_tokens_map.json", names)]:
            (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

