using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Operators;
using Ncn.Tests.Models;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Inference.Tests.Operators;

/// <summary>What an attention is made of.</summary>
/// <param name="Heads">Of queries.</param>
/// <param name="KeyHeads">Of keys and values.</param>
/// <param name="HeadSize">Numbers of each.</param>
/// <param name="Half">Half of the numbers that are rotated; 0 for none.</param>
/// <param name="IsPacked">Queries, keys and values side by side.</param>
internal sealed record AttentionForm(int Heads, int KeyHeads, int HeadSize, int Half, bool IsPacked)
{
    /// <summary>Tokens of a row at most.</summary>
    public int Length { get; init; } = 160;

    public float Scale { get; init; }

    public override string ToString() => $"{Heads} heads, {KeyHeads} of keys, size {HeadSize}, {2 * Half} rotated{(IsPacked ? ", packed" : "")}";
}

/// <summary>One attention in a session of its own, with its cache: ONNX Runtime's or ours, on numbers that a seed chooses.</summary>
internal sealed class AttentionBench : IDisposable
{
    private readonly AttentionForm _form;
    private readonly InferenceSession _session;
    private readonly float[] _keys;
    private readonly float[] _values;
    private readonly float[] _cosines;
    private readonly float[] _sines;
    private readonly int _rows;

    public AttentionBench(AttentionForm form, bool isOurs, int rows, int threads = 2)
    {
        (_form, _rows) = (form, rows);
        using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        OwnOperators.AddTo(options);
        _session = new InferenceSession(Graph(form, isOurs), options);
        _keys = new float[rows * form.KeyHeads * form.Length * form.HeadSize];
        _values = new float[_keys.Length];
        (_cosines, _sines) = (new float[form.Length * form.Half], new float[form.Length * form.Half]);
        for (int i = 0; i < _cosines.Length; i++)
        {
            (_sines[i], _cosines[i]) = MathF.SinCos(i / form.Half * MathF.Pow(100, -(float)(i % form.Half) / form.Half));
        }
    }

    public void Dispose() => _session.Dispose();

    /// <summary>The cache's keys of a row and head, up to a length.</summary>
    public float[] Keys(int row, int head, int length) => Part(_keys, row, head, length);

    public float[] Values(int row, int head, int length) => Part(_values, row, head, length);

    /// <summary>What the tokens say: [rows, tokens, heads × size].</summary>
    /// <param name="numbers">For each row, its tokens' numbers: queries, keys and values.</param>
    /// <param name="lengths">The rows' lengths with these tokens.</param>
    /// <param name="longest">The longest of all, or what the mask says it is.</param>
    /// <param name="apart">True to give the present other memory than the past.</param>
    public float[] Run(float[][] numbers, int[] lengths, int longest, bool apart = false)
    {
        int width = Width(_form);
        int tokens = numbers[0].Length / width;
        using OrtIoBinding binding = _session.CreateIoBinding();
        List<OrtValue> values = [];
        OrtValue Tensor<T>(T[] data, params long[] shape)
            where T : unmanaged
        {
            values.Add(OrtValue.CreateTensorValueFromMemory(data, shape));
            return values[^1];
        }

        float[] all = [.. numbers.SelectMany(row => row)];
        int queries = _form.Heads * _form.HeadSize;
        int keys = _form.KeyHeads * _form.HeadSize;
        if (_form.IsPacked)
        {
            binding.BindInput("query", Tensor(all, _rows, tokens, width));
        }
        else
        {
            float[] Cut(int from, int count) => [.. all.Chunk(width).SelectMany(token => token.Skip(from).Take(count))];
            binding.BindInput("query", Tensor(Cut(0, queries), _rows, tokens, queries));
            binding.BindInput("key", Tensor(Cut(queries, keys), _rows, tokens, keys));
            binding.BindInput("value", Tensor(Cut(queries + keys, keys), _rows, tokens, keys));
        }

        long[] cache = [_rows, _form.KeyHeads, _form.Length, _form.HeadSize];
        foreach ((string name, float[] memory) in ((string, float[])[])[("keys", _keys), ("values", _values)])
        {
            OrtValue past = Tensor(memory, cache);
            binding.BindInput("past." + name, past);
            binding.BindOutput("present." + name, apart ? Tensor(new float[memory.Length], cache) : past);
        }

        binding.BindInput("last", Tensor(lengths.Select(length => unchecked(length - 1)).ToArray(), _rows));
        binding.BindInput("longest", Tensor(new[] { longest }));
        if (_form.Half > 0)
        {
            binding.BindInput("cosines", Tensor(_cosines, _form.Length, _form.Half));
            binding.BindInput("sines", Tensor(_sines, _form.Length, _form.Half));
        }

        var output = new float[_rows * tokens * queries];
        Array.Fill(output, float.NaN);
        binding.BindOutput("attended", Tensor(output, _rows, tokens, queries));
        using var options = new RunOptions();
        try
        {
            _session.RunWithBinding(options, binding);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }

        return output;
    }

    /// <summary>Numbers of tokens: the same for the same row and place, whatever else is asked for.</summary>
    public static float[] Numbers(AttentionForm form, int row, int start, int tokens, float most = 2)
    {
        var numbers = new float[tokens * Width(form)];
        for (int token = 0; token < tokens; token++)
        {
            var random = new Random((row * 100_000) + start + token);
            for (int i = 0; i < Width(form); i++)
            {
                numbers[(token * Width(form)) + i] = ((random.NextSingle() * 2) - 1) * most;
            }
        }

        return numbers;
    }

    private static int Width(AttentionForm form) => (form.Heads + (2 * form.KeyHeads)) * form.HeadSize;

    private float[] Part(float[] cache, int row, int head, int length) =>
        cache.AsSpan(((row * _form.KeyHeads) + head) * _form.Length * _form.HeadSize, length * _form.HeadSize).ToArray();

    private static byte[] Graph(AttentionForm form, bool isOurs)
    {
        var graph = new OnnxGraph("attention");
        graph.Input("query", DataType.Float, "rows", "tokens", form.IsPacked ? Width(form) : form.Heads * form.HeadSize);
        string[] inputs = ["query", form.IsPacked ? "" : "key", form.IsPacked ? "" : "value", "past.keys", "past.values", "last", "longest"];
        foreach (string name in inputs[1..3].Where(name => name.Length > 0))
        {
            graph.Input(name, DataType.Float, "rows", "tokens", "key_width");
        }

        foreach (string name in (string[])["keys", "values"])
        {
            graph.Input("past." + name, DataType.Float, "rows", form.KeyHeads, "length", form.HeadSize);
            graph.Output("present." + name, DataType.Float, "rows", form.KeyHeads, "length", form.HeadSize);
        }

        graph.Input("last", DataType.Int32, "rows");
        graph.Input("longest", DataType.Int32);
        if (form.Half > 0)
        {
            graph.Input("cosines", DataType.Float, "positions", "half");
            graph.Input("sines", DataType.Float, "positions", "half");
            inputs = [.. inputs, "cosines", "sines"];
        }

        graph.Output("attended", DataType.Float, "rows", "tokens", "attended_width");
        graph.Add("GroupQueryAttention", isOurs ? OwnOperators.Domain : OnnxGraph.Contrib, inputs, ["attended", "present.keys", "present.values"],
            NodeOption.Of("num_heads", form.Heads), NodeOption.Of("kv_num_heads", form.KeyHeads), NodeOption.Of("do_rotary", form.Half > 0 ? 1 : 0), NodeOption.Of("scale", form.Scale));
        graph.Import(OwnOperators.Domain);
        return graph.ToBytes();
    }
}
