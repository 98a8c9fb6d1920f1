using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Ncn.Tests.Models;

namespace Ncn.Benchmarks.Generation.Peers;

/// <summary>
/// The ceiling: plain ONNX Runtime decoding 16 rows at once, with nothing around it but the choice of the likeliest token. Prompts
/// are prefilled before the clock starts, all rows go on to the end together, and nobody comes or leaves.
/// </summary>
internal sealed class RawDecodeContender : ITextContender
{
    public const int Rows = 16;

    private readonly DecoderShape _shape;
    private readonly int _steps;
    private readonly int _length;
    private readonly SessionOptions _options = new();
    private readonly InferenceSession _session;
    private readonly OrtAllocator _allocator;
    private readonly List<OrtValue> _cache = [];

    /// <param name="folder">The model's folder.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="longestPrompt">Most tokens of a prompt.</param>
    /// <param name="steps">Tokens that each row gets.</param>
    /// <param name="options">Provider and threads.</param>
    public RawDecodeContender(string folder, DecoderShape shape, int longestPrompt, int steps, BenchmarkOptions options)
    {
        (_shape, _steps, _length) = (shape, steps, longestPrompt + steps);
        _options.IntraOpNumThreads = options.Threads;
        if (options.Provider == "CUDA")
        {
            _options.AppendExecutionProvider_CUDA(0);
        }

        _session = new InferenceSession(Path.Combine(folder, "model.onnx"), _options);
        _allocator = options.Provider == "CUDA"
            ? new OrtAllocator(_session, new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default))
            : OrtAllocator.DefaultInstance;
        for (int i = 0; i < 2 * shape.Layers; i++)
        {
            _cache.Add(OrtValue.CreateAllocatedTensorValue(_allocator, TensorElementType.Float, [Rows, shape.KeyValueHeads, _length, shape.HeadSize]));
        }
    }

    public string Name => $"raw decode at batch {Rows}";

    public bool AnswersAll => false;

    /// <summary>Decodes the first 16 requests, all to the same length.</summary>
    public Task<TextRun> RunAsync(IReadOnlyList<TextRequest> requests) => Task.Run(() =>
    {
        int[] lengths = [.. requests.Take(Rows).Select(request => request.Prompt.Length)];
        int[] next = [.. requests.Take(Rows).Select((request, row) => Prefill(row, request.Prompt))];
        var recorder = new AnswerRecorder(Rows);
        for (int step = 0; step < _steps; step++)
        {
            for (int row = 0; row < Rows; row++)
            {
                recorder.Add(row, next[row]);
            }

            Decode(next, lengths);
        }

        return recorder.Finish() with { FirstTokenSeconds = [] };
    });

    public ValueTask DisposeAsync()
    {
        _cache.ForEach(value => value.Dispose());
        if (_allocator != OrtAllocator.DefaultInstance)
        {
            _allocator.Dispose();
        }

        _session.Dispose();
        _options.Dispose();
        return ValueTask.CompletedTask;
    }

    private int Prefill(int row, int[] prompt)
    {
        OrtValue[] views = [.. _cache.Select(value => RowView(value, row))];
        var logits = new float[prompt.Length * _shape.Vocabulary];
        Run([.. prompt.Select(token => (long)token)], [1, prompt.Length], Ones(1, prompt.Length, [prompt.Length]), prompt.Length, views, logits);
        Array.ForEach(views, view => view.Dispose());
        return TensorPrimitives.IndexOfMax(logits.AsSpan(^_shape.Vocabulary..));
    }

    private void Decode(int[] next, int[] lengths)
    {
        for (int row = 0; row < Rows; row++)
        {
            lengths[row]++;
        }

        int longest = lengths.Max();
        var logits = new float[Rows * _shape.Vocabulary];
        Run([.. next.Select(token => (long)token)], [Rows, 1], Ones(Rows, longest, lengths), longest, _cache, logits);
        for (int row = 0; row < Rows; row++)
        {
            next[row] = TensorPrimitives.IndexOfMax(logits.AsSpan(row * _shape.Vocabulary, _shape.Vocabulary));
        }
    }

    /// <summary>Past and present are the same buffers.</summary>
    private void Run(long[] tokens, long[] shape, long[] mask, int longest, IReadOnlyList<OrtValue> cache, float[] logits)
    {
        using OrtValue ids = OrtValue.CreateTensorValueFromMemory(tokens, shape);
        using OrtValue attention = OrtValue.CreateTensorValueFromMemory(mask, [shape[0], longest]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(logits, [shape[0], shape[1], _shape.Vocabulary]);
        using var options = new RunOptions();
        _session.Run(options, [.. Names("input_ids", "attention_mask", "past_key_values")], [ids, attention, .. cache],
            [.. Names("logits", null, "present")], [output, .. cache]);
    }

    private IEnumerable<string> Names(string first, string? second, string cache) =>
        ((string?[])[first, second]).OfType<string>().Concat(
            Enumerable.Range(0, _shape.Layers).SelectMany(layer => (string[])[$"{cache}.{layer}.key", $"{cache}.{layer}.value"]));

    private static long[] Ones(int rows, int longest, int[] lengths)
    {
        var mask = new long[rows * longest];
        for (int row = 0; row < rows; row++)
        {
            mask.AsSpan(row * longest, lengths[row]).Fill(1);
        }

        return mask;
    }

    private unsafe OrtValue RowView(OrtValue cache, int row)
    {
        long bytes = (long)_shape.KeyValueHeads * _length * _shape.HeadSize * sizeof(float);
        nint start;
        fixed (byte* first = cache.GetTensorMutableRawData())
        {
            start = (nint)first;
        }

        return OrtValue.CreateTensorValueWithData(
            _allocator.Info, TensorElementType.Float, [1, _shape.KeyValueHeads, _length, _shape.HeadSize], start + (nint)(row * bytes), bytes);
    }
}
