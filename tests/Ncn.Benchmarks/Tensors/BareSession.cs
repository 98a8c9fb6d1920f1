using Microsoft.ML.OnnxRuntime;

namespace Ncn.Benchmarks.Tensors;

/// <summary>The floor: ONNX Runtime with nothing around it, as its own documentation makes it quick: names and input made once.</summary>
internal sealed class BareSession : IDisposable
{
    private readonly SessionOptions _options = new();
    private readonly RunOptions _run = new();
    private readonly InferenceSession _session;
    private readonly float[] _input;
    private readonly OrtValue _value;

    public BareSession(string file, int[] widths, BenchmarkOptions options)
    {
        _options.IntraOpNumThreads = options.Threads;
        if (options.Provider == "CUDA")
        {
            _options.AppendExecutionProvider_CUDA(0);
        }

        _session = new InferenceSession(file, _options);
        _input = new float[widths[0]];
        _value = OrtValue.CreateTensorValueFromMemory(_input, [1, widths[0]]);
    }

    public static float[] Row(int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, width).Select(_ => random.NextSingle() - 0.5f)];
    }

    public void Fill(float[] row) => row.CopyTo(_input, 0);

    public float[] Run()
    {
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_run, InputNames, [_value], OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _value.Dispose();
        _session.Dispose();
        _run.Dispose();
        _options.Dispose();
    }

    private static readonly string[] InputNames = ["input"];
    private static readonly string[] OutputNames = ["output"];
}
