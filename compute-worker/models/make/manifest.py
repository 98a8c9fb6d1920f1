"""Writes ncn-model.json, which tells a worker what a model folder holds, what it costs and how far it goes."""

import json
import sys
from pathlib import Path

from keccak import keccak256

MODELS = Path(__file__).resolve().parent.parent

MANIFESTS = {
    "digits": {
        "name": "digits",
        "version": "1",
        "kind": "tensor",
        "description": "Names the handwritten digit in an 8 x 8 grey image. A small convolutional network "
                       "trained on the UCI handwritten digits.",
        "price": {"perRequest": "20", "perPromptToken": "0", "perCompletionToken": "0", "perInputRow": "100"},
        "limits": {"contextTokens": 0, "maxBatch": 256, "maxInputBytes": 262144},
        "quantization": "fp32",
        "retention": "none",
    },
    "tiny-chat": {
        "name": "tiny-chat",
        "version": "1",
        "kind": "decoder",
        "description": "Adds and subtracts numbers of up to three digits, counts to 60, and answers a few "
                       "questions about the network.",
        "price": {"perRequest": "10", "perPromptToken": "2", "perCompletionToken": "6", "perInputRow": "0"},
        "limits": {"contextTokens": 1024, "maxBatch": 16, "maxInputBytes": 16384},
        "quantization": "fp32",
        "retention": "none",
    },
}
NOT_SERVED = {"ncn-model.json", "accuracy.json"}


def served_files(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    relative = (path.relative_to(folder) for path in paths)
    return sorted(path.as_posix() for path in relative
                  if path.as_posix() not in NOT_SERVED and path.parts[0] != "samples")


def write_manifest(name):
    manifest = dict(MANIFESTS[name])
    folder = MODELS / name / manifest["version"]
    files = {path: keccak256((folder / path).read_bytes()) for path in served_files(folder)}
    ordered = {}
    for key, value in manifest.items():
        ordered[key] = value
        if key == "description":
            ordered["files"] = files
    (folder / "ncn-model.json").write_text(json.dumps(ordered, indent=2) + "\n")


if __name__ == "__main__":
    for model in sys.argv[1:] or MANIFESTS:
        write_manifest(model)
