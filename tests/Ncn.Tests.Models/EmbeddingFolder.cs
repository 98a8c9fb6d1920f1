using System.Text.Json.Nodes;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>
/// An embedding model with random weights: "input_ids" and "attention_mask" [batch, tokens], tokenizer files, genai_config.json
/// for the tokenizer, and a manifest.
/// </summary>
public static class EmbeddingFolder
{
    /// <summary>Writes the model to &lt;root&gt;/&lt;name&gt;/1 and returns that folder.</summary>
    /// <param name="root">The repository's folder.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="members">More members for the manifest; they replace those that are written by default.</param>
    public static string Write(string root, EmbeddingShape shape, string name = "embedding", JsonObject? members = null)
    {
        string folder = ModelFolder.Prepare(root, name);
        Graph(shape).Save(Path.Combine(folder, "model.onnx"));
        TokenizerFiles.Write(folder, shape.Vocabulary, shape.Context);
        GenAiConfig.Write(folder, new DecoderShape { Vocabulary = shape.Vocabulary, Context = shape.Context, Width = shape.Width, Layers = 1, Heads = 1, KeyValueHeads = 1, HeadSize = shape.Width });
        var limits = new JsonObject { ["contextTokens"] = shape.Context, ["maxBatch"] = shape.MaxBatch, ["maxInputBytes"] = 65536 };
        var embedding = new JsonObject { ["pooling"] = PoolingName(shape.Pooling), ["normalize"] = shape.Normalize, ["width"] = shape.Width };
        var all = new JsonObject { ["embedding"] = embedding };
        foreach ((string member, JsonNode? value) in members ?? [])
        {
            all[member] = value?.DeepClone();
        }

        ModelFolder.WriteManifest(folder, name, "embedding", limits, all);
        return folder;
    }

    /// <summary>The graph alone. Padding (a 0 in the mask) changes nothing but the last bits of a vector.</summary>
    public static OnnxGraph Graph(EmbeddingShape shape)
    {
        var graph = new OnnxGraph("embedding");
        var weights = new SeededWeights(shape.Seed);
        graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        graph.Input("attention_mask", DataType.Int64, "batch_size", "sequence_length");
        AddConstants(graph, shape, weights);
        AddEmbedding(graph);
        AddAttention(graph, shape, weights);
        AddMlp(graph, shape, weights);
        if (shape.Pooling == EmbeddingPooling.None)
        {
            AddMean(graph);
            graph.Output("sentence_embedding", DataType.Float, "batch_size", shape.Width);
        }
        else
        {
            graph.Output("last_hidden_state", DataType.Float, "batch_size", "sequence_length", shape.Width);
        }

        return graph;
    }

    private static string PoolingName(EmbeddingPooling pooling) => pooling switch
    {
        EmbeddingPooling.Mean => "mean",
        EmbeddingPooling.Last => "last",
        _ => "none",
    };

    private static void AddConstants(OnnxGraph graph, EmbeddingShape shape, SeededWeights weights)
    {
        graph.Weight("tokens", weights.Uniform(shape.Vocabulary * shape.Width, 1), shape.Vocabulary, shape.Width);
        graph.Weight("positions", weights.Uniform(shape.Context * shape.Width, 0.3), shape.Context, shape.Width);
        graph.Weight("zero", [0L], 1);
        graph.Weight("one", [1L], 1);
        graph.Weight("two", [2L], 1);
        graph.Weight("one_float", [1f]);
        graph.Weight("never", [-1e9f]);
        graph.Weight("score_scale", [2 / MathF.Sqrt(shape.Width)]);
    }

    private static void AddEmbedding(OnnxGraph graph)
    {
        graph.Add("Gather", ["tokens", "input_ids"], "token_vectors", NodeOption.Of("axis", 0));
        graph.Add("Shape", ["input_ids"], "shape");
        graph.Add("Slice", ["shape", "one", "two"], "length");
        graph.Add("Slice", ["positions", "zero", "length", "zero"], "position_vectors");
        graph.Add("Add", ["token_vectors", "position_vectors"], "embedded");
        graph.Add("Cast", ["attention_mask"], "mask", NodeOption.Of("to", (long)DataType.Float));
        graph.Add("Unsqueeze", ["mask", "one"], "mask_of_keys");
        graph.Add("Sub", ["one_float", "mask_of_keys"], "padding");
        graph.Add("Mul", ["padding", "never"], "penalty");
    }

    private static void AddAttention(OnnxGraph graph, EmbeddingShape shape, SeededWeights weights)
    {
        foreach (string part in (string[])["query", "key", "value"])
        {
            graph.Weight(part + ".weight", weights.Matrix(shape.Width, shape.Width), shape.Width, shape.Width);
            graph.Add("MatMul", ["embedded", part + ".weight"], part);
        }

        graph.Add("Transpose", ["key"], "key_transposed", NodeOption.Of("perm", 0L, 2L, 1L));
        graph.Add("MatMul", ["query", "key_transposed"], "products");
        graph.Add("Mul", ["products", "score_scale"], "scaled");
        graph.Add("Add", ["scaled", "penalty"], "scores");
        graph.Add("Softmax", ["scores"], "shares", NodeOption.Of("axis", -1));
        graph.Add("MatMul", ["shares", "value"], "attention");
        graph.Add("Add", ["embedded", "attention"], "attended");
    }

    private static void AddMlp(OnnxGraph graph, EmbeddingShape shape, SeededWeights weights)
    {
        graph.Weight("up.weight", weights.Matrix(shape.Width, 4 * shape.Width), shape.Width, 4 * shape.Width);
        graph.Weight("down.weight", weights.Matrix(4 * shape.Width, shape.Width), 4 * shape.Width, shape.Width);
        graph.Add("MatMul", ["attended", "up.weight"], "up");
        graph.Add("Tanh", ["up"], "bent");
        graph.Add("MatMul", ["bent", "down.weight"], "down");
        graph.Add("Add", ["attended", "down"], "last_hidden_state");
    }

    private static void AddMean(OnnxGraph graph)
    {
        graph.Add("Unsqueeze", ["mask", "two"], "mask_of_tokens");
        graph.Add("Mul", ["last_hidden_state", "mask_of_tokens"], "counted");
        graph.Add("ReduceSum", ["counted", "one"], "vector_sum", NodeOption.Of("keepdims", 0));
        graph.Add("ReduceSum", ["mask", "one"], "token_count", NodeOption.Of("keepdims", 1));
        graph.Add("Div", ["vector_sum", "token_count"], "sentence_embedding");
    }
}
