using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Tests.Models;

/// <summary>
/// The graph of a decoder: the same operators, inputs and outputs as a model that was exported for ONNX Runtime GenAI, so that
/// its generator and a plain session both run it.
/// </summary>
/// <remarks>
/// The scale of the weights makes answers vary: sharp attention (scores of deviation 4), layers that add as much as they get, logits
/// of deviation 3, and an output that is not tied to the embedding, or else each token would name itself again. The special
/// tokens' logits are 0, so greedy answers do not end by themselves.
/// </remarks>
internal sealed class DecoderGraph(DecoderShape shape)
{
    private const float NormEpsilon = 1e-5f;
    private const double RotaryBase = 10000;
    private const double AttentionSharpness = 2;
    private const double LogitDeviation = 3;

    private readonly OnnxGraph _graph = new("decoder");
    private readonly SeededWeights _weights = new(shape.Seed);

    public OnnxGraph Build()
    {
        DescribeInputs();
        AddLengths();
        AddRotaryTables();
        Weight("embedding", _weights.Uniform(shape.Vocabulary * shape.Width, 1), shape.Vocabulary, shape.Width);
        string hidden = _graph.Add("Gather", ["embedding", "input_ids"], "embedded", NodeOption.Of("axis", 0));
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string name = $"layers.{layer}";
            string attended = AddAttention(layer, name, AddNorm(name + ".attention_norm", hidden));
            hidden = _graph.Add("Add", [hidden, attended], name + ".attended_sum");
            string mixed = AddGatedMlp(name, AddNorm(name + ".mlp_norm", hidden));
            hidden = _graph.Add("Add", [hidden, mixed], name + ".sum");
        }

        _graph.Add("MatMul", [AddNorm("norm", hidden), Weight("unembedding", Unembedding(), shape.Width, shape.Vocabulary)], "logits");
        return _graph;
    }

    private void DescribeInputs()
    {
        _graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        _graph.Input("attention_mask", DataType.Int64, "batch_size", "total_sequence_length");
        _graph.Output("logits", DataType.Float, "batch_size", "sequence_length", shape.Vocabulary);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            foreach (string part in (string[])["key", "value"])
            {
                _graph.Input($"past_key_values.{layer}.{part}", DataType.Float, "batch_size", shape.KeyValueHeads, "past_sequence_length", shape.HeadSize);
                _graph.Output($"present.{layer}.{part}", DataType.Float, "batch_size", shape.KeyValueHeads, "total_sequence_length", shape.HeadSize);
            }
        }
    }

    /// <summary>Per row the index of its last token, and the length of the longest row, both from the attention mask.</summary>
    private void AddLengths()
    {
        _graph.Weight("axis_1", [1L], 1);
        _graph.Weight("index_1", [1L]);
        _graph.Add("ReduceSum", ["attention_mask", "axis_1"], "row_lengths", NodeOption.Of("keepdims", 0));
        _graph.Add("Sub", ["row_lengths", "index_1"], "last_indices");
        _graph.Add("Cast", ["last_indices"], "seqlens_k", NodeOption.Of("to", (long)DataType.Int32));
        _graph.Add("Shape", ["attention_mask"], "mask_shape");
        _graph.Add("Gather", ["mask_shape", "index_1"], "mask_length", NodeOption.Of("axis", 0));
        _graph.Add("Cast", ["mask_length"], "total_sequence_length", NodeOption.Of("to", (long)DataType.Int32));
    }

    private void AddRotaryTables()
    {
        int half = shape.HeadSize / 2;
        var cosines = new float[shape.Context * half];
        var sines = new float[shape.Context * half];
        for (int i = 0; i < cosines.Length; i++)
        {
            double angle = i / half * Math.Pow(RotaryBase, -(double)(i % half) / half);
            (cosines[i], sines[i]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        }

        Weight("cosines", cosines, shape.Context, half);
        Weight("sines", sines, shape.Context, half);
    }

    private string AddNorm(string name, string hidden)
    {
        var ones = new float[shape.Width];
        Array.Fill(ones, 1f);
        return _graph.Add("SimplifiedLayerNormalization", [hidden, Weight(name + ".weight", ones, shape.Width)], name,
            NodeOption.Of("axis", -1), NodeOption.Of("epsilon", NormEpsilon));
    }

    private string AddAttention(int layer, string name, string normed)
    {
        string projection = Weight(name + ".qkv.weight", Projection(), shape.Width, shape.ProjectionWidth);
        _graph.Add("MatMul", [normed, projection], name + ".qkv");
        _graph.Add("GroupQueryAttention", OnnxGraph.Contrib,
            [name + ".qkv", "", "", $"past_key_values.{layer}.key", $"past_key_values.{layer}.value", "seqlens_k", "total_sequence_length", "cosines", "sines"],
            [name + ".attention", $"present.{layer}.key", $"present.{layer}.value"],
            NodeOption.Of("num_heads", shape.Heads), NodeOption.Of("kv_num_heads", shape.KeyValueHeads),
            NodeOption.Of("do_rotary", 1), NodeOption.Of("rotary_interleaved", 0),
            NodeOption.Of("scale", 1 / MathF.Sqrt(shape.HeadSize)));
        int rows = shape.Heads * shape.HeadSize;
        string output = Weight(name + ".output.weight", _weights.Matrix(rows, shape.Width), rows, shape.Width);
        return _graph.Add("MatMul", [name + ".attention", output], name + ".output");
    }

    private string AddGatedMlp(string name, string normed)
    {
        string gateUp = Weight(name + ".gate_up.weight", _weights.Matrix(shape.Width, 2 * shape.Hidden), shape.Width, 2 * shape.Hidden);
        _graph.Add("MatMul", [normed, gateUp], name + ".gate_up");
        _graph.Add("Split", "", [name + ".gate_up"], [name + ".gate", name + ".up"], NodeOption.Of("axis", -1));
        _graph.Add("Sigmoid", [name + ".gate"], name + ".sigmoid");
        _graph.Add("Mul", [name + ".gate", name + ".sigmoid"], name + ".silu");
        _graph.Add("Mul", [name + ".silu", name + ".up"], name + ".gated");
        string down = Weight(name + ".down.weight", _weights.Matrix(shape.Hidden, shape.Width, 2), shape.Hidden, shape.Width);
        return _graph.Add("MatMul", [name + ".gated", down], name + ".down");
    }

    /// <summary>Queries and keys larger than values, so that attention picks few positions.</summary>
    private float[] Projection()
    {
        float[] values = _weights.Matrix(shape.Width, shape.ProjectionWidth);
        int sharp = (shape.Heads + shape.KeyValueHeads) * shape.HeadSize;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= i % shape.ProjectionWidth < sharp ? (float)AttentionSharpness : 1f;
        }

        return values;
    }

    private float[] Unembedding()
    {
        float[] values = _weights.Matrix(shape.Width, shape.Vocabulary, LogitDeviation);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = i % shape.Vocabulary < shape.EndOfText ? values[i] : 0f;
        }

        return values;
    }

    private string Weight(string name, float[] values, params long[] dimensions) => _graph.Weight(name, values, dimensions);
}
