"""Writes tiny-chat in the layout of ONNX Runtime GenAI: model.onnx, genai_config.json and the tokenizer files."""

import json

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from chat_model import Decoder, Shape, rotary_tables
from chat_train import FOLDER, arguments, tokenizer

CONTRIB = "com.microsoft"


class Graph:
    """Nodes and weights in the order in which they are added."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, name, value):
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else numpy.asarray(value)
        self.weights.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def add(self, operator, inputs, outputs, domain="", **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs[0]


def add_lengths(graph):
    """Per row the index of its last token, and the length of the longest row, both from the attention mask."""
    graph.weight("axis_1", numpy.array([1], numpy.int64))
    graph.weight("index_1", numpy.array(1, numpy.int64))
    graph.add("ReduceSum", ["attention_mask", "axis_1"], "row_lengths", keepdims=0)
    graph.add("Sub", ["row_lengths", "index_1"], "last_indices")
    graph.add("Cast", ["last_indices"], "seqlens_k", to=TensorProto.INT32)
    graph.add("Shape", ["attention_mask"], "mask_shape")
    graph.add("Gather", ["mask_shape", "index_1"], "mask_length", axis=0)
    graph.add("Cast", ["mask_length"], "total_sequence_length", to=TensorProto.INT32)


def add_norm(graph, name, weight, hidden, added, epsilon):
    """Norm of `hidden` plus `added`; returns the norm and the sum."""
    graph.weight(name + ".weight", weight)
    if added is None:
        graph.add("SimplifiedLayerNormalization", [hidden, name + ".weight"], name, axis=-1, epsilon=epsilon)
        return name, hidden
    graph.add("SkipSimplifiedLayerNormalization", [hidden, added, name + ".weight"],
              [name, "", "", name + ".sum"], CONTRIB, epsilon=epsilon)
    return name, name + ".sum"


def add_attention(graph, index, layer, normed, shape):
    name = f"layers.{index}"
    graph.add("MatMul", [normed, graph.weight(name + ".qkv.weight", layer.packed_projections())], name + ".qkv")
    past = [f"past_key_values.{index}.key", f"past_key_values.{index}.value"]
    graph.add("GroupQueryAttention",
              [name + ".qkv", "", "", *past, "seqlens_k", "total_sequence_length", "cosines", "sines"],
              [name + ".attention", f"present.{index}.key", f"present.{index}.value"], CONTRIB,
              num_heads=shape.heads, kv_num_heads=shape.key_value_heads, do_rotary=1, rotary_interleaved=0,
              scale=shape.head_size ** -0.5)
    return graph.add("MatMul", [name + ".attention", graph.weight(name + ".output.weight", layer.output)],
                     name + ".output")


def add_gated_mlp(graph, index, layer, normed):
    name = f"layers.{index}"
    graph.add("MatMul", [normed, graph.weight(name + ".gate_up.weight", layer.packed_gate_and_up())], name + ".gate_up")
    graph.add("Split", [name + ".gate_up"], [name + ".gate", name + ".up"], axis=-1)
    graph.add("Sigmoid", [name + ".gate"], name + ".sigmoid")
    graph.add("Mul", [name + ".gate", name + ".sigmoid"], name + ".silu")
    graph.add("Mul", [name + ".silu", name + ".up"], name + ".gated")
    return graph.add("MatMul", [name + ".gated", graph.weight(name + ".down.weight", layer.down)], name + ".down")


def decoder_graph(network):
    shape, graph = network.shape, Graph()
    add_lengths(graph)
    for name, table in zip(("cosines", "sines"), rotary_tables(shape)):
        graph.weight(name, table)
    graph.weight("embedding", network.embedding)
    hidden, added = graph.add("Gather", ["embedding", "input_ids"], "embedded", axis=0), None
    for index, layer in enumerate(network.layers):
        name = f"layers.{index}"
        normed, hidden = add_norm(graph, name + ".attention_norm", layer.attention_norm.weight, hidden, added,
                                  shape.norm_epsilon)
        added = add_attention(graph, index, layer, normed, shape)
        normed, hidden = add_norm(graph, name + ".mlp_norm", layer.mlp_norm.weight, hidden, added, shape.norm_epsilon)
        added = add_gated_mlp(graph, index, layer, normed)
    normed, _ = add_norm(graph, "norm", network.norm.weight, hidden, added, shape.norm_epsilon)
    graph.add("Transpose", ["embedding"], "unembedding", perm=[1, 0])
    graph.add("MatMul", [normed, "unembedding"], "logits")
    return graph


def cache_values(kind, length, shape):
    dimensions = ["batch_size", shape.key_value_heads, length, shape.head_size]
    return [helper.make_tensor_value_info(f"{kind}.{index}.{part}", TensorProto.FLOAT, dimensions)
            for index in range(shape.layers) for part in ("key", "value")]


def write_model(network):
    shape, graph = network.shape, decoder_graph(network)
    info = helper.make_tensor_value_info
    inputs = [info("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"]),
              info("attention_mask", TensorProto.INT64, ["batch_size", "total_sequence_length"]),
              *cache_values("past_key_values", "past_sequence_length", shape)]
    outputs = [info("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", shape.vocabulary]),
               *cache_values("present", "total_sequence_length", shape)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "tiny-chat", inputs, outputs, graph.weights), producer_name="ncn",
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)])
    model.ir_version = 8
    onnx.save(model, str(FOLDER / "model.onnx"))


def write_config(words, shape):
    decoder = {
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "filename": "model.onnx", "head_size": shape.head_size, "hidden_size": shape.width,
        "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask",
                   "past_key_names": "past_key_values.%d.key", "past_value_names": "past_key_values.%d.value"},
        "outputs": {"logits": "logits", "present_key_names": "present.%d.key",
                    "present_value_names": "present.%d.value"},
        "num_attention_heads": shape.heads, "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.key_value_heads}
    config = {
        "model": {"bos_token_id": words.end_of_text, "context_length": shape.context, "decoder": decoder,
                  "eos_token_id": [words.turn_end, words.end_of_text], "pad_token_id": words.end_of_text,
                  "type": "llama", "vocab_size": shape.vocabulary},
        "search": {"diversity_penalty": 0.0, "do_sample": False, "early_stopping": True, "length_penalty": 1.0,
                   "max_length": shape.context, "min_length": 0, "no_repeat_ngram_size": 0, "num_beams": 1,
                   "num_return_sequences": 1, "past_present_share_buffer": True, "repetition_penalty": 1.0,
                   "temperature": 1.0, "top_k": 1, "top_p": 1.0}}
    (FOLDER / "genai_config.json").write_text(json.dumps(config, indent=2) + "\n")


def load_network(checkpoint):
    network = Decoder(Shape())
    network.load_state_dict(torch.load(checkpoint)["network"])
    return network.eval()


def main():
    options = arguments()
    words = tokenizer()
    words.save(FOLDER)
    write_model(load_network(options.checkpoint))
    write_config(words, Shape())


if __name__ == "__main__":
    main()
