using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.Inference.Tests.Tensors;

/// <summary>A graph as a loaded tensor model, with its measurements.</summary>
internal sealed class GraphModel : IAsyncDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly MeterListener _listener = new();
    private readonly string _name = Guid.NewGuid().ToString("N");
    private readonly ConcurrentQueue<int> _batches = new();
    private int _waits;
    private Action? _hold;

    /// <param name="graph">What it computes.</param>
    /// <param name="batching">How requests are merged; the default is no delay and one lane, so that runs come one after the other.</param>
    /// <param name="limits">What it takes at most.</param>
    /// <param name="options">How it runs.</param>
    public GraphModel(OnnxGraph graph, ModelBatching? batching = null, ModelLimits? limits = null, InferenceOptions? options = null)
    {
        graph.Save(_file);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Ncn.Inference")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, rows, tags, _) => Note(tags, () => Begin(rows)));
        _listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) => Note(tags, () => Interlocked.Increment(ref _waits)));
        _listener.Start();
        Engine = new TensorModel(
            _file, _name, limits ?? new ModelLimits(0, 64, 1 << 26), batching ?? new ModelBatching(), options ?? new InferenceOptions { Slots = 1 });
    }

    public TensorModel Engine { get; }

    /// <summary>Rows of each run, in order.</summary>
    public IReadOnlyCollection<int> Batches => _batches;

    /// <summary>Requests whose wait was measured.</summary>
    public int Waits => _waits;

    public static TensorValue Floats(string name, long[] shape, params float[] values) =>
        new(name, TensorDatatype.FP32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    public static TensorValue Longs(string name, long[] shape, params long[] values) =>
        new(name, TensorDatatype.INT64, shape, MemoryMarshal.AsBytes<long>(values).ToArray());

    public static float[] Floats(TensorValue value) => MemoryMarshal.Cast<byte, float>(value.Data.Span).ToArray();

    /// <summary>The numbers of an answer's first output.</summary>
    public static async Task<float[]> FloatsAsync(Task<TensorAnswer> answer)
    {
        using TensorAnswer outputs = await answer;
        return Floats(outputs[0]);
    }

    /// <summary>The numbers of each answer's first output.</summary>
    public static Task<float[][]> FloatsAsync(IEnumerable<Task<TensorAnswer>> answers) => Task.WhenAll(answers.Select(FloatsAsync));

    public Task<TensorAnswer> RunAsync(params TensorValue[] inputs) => Engine.RunAsync(inputs, [], default);

    /// <summary>Holds the only lane with a first request, starts the others, which have to wait then, and lets go.</summary>
    public async Task<Task<TensorAnswer>[]> MergeAsync(TensorValue[] first, params Func<Task<TensorAnswer>>[] others)
    {
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        _hold = () =>
        {
            entered.SetResult();
            gate.Wait();
        };
        Task<TensorAnswer> holder = Task.Run(() => RunAsync(first));
        await entered.Task;
        Task<TensorAnswer>[] started = [.. others.Select(request => request())];
        gate.Set();
        using TensorAnswer held = await holder;
        await Task.WhenAll(started.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default)));
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _listener.Dispose();
        File.Delete(_file);
    }

    /// <summary>Runs on the thread that is about to run the model.</summary>
    private void Begin(int rows)
    {
        _batches.Enqueue(rows);
        Interlocked.Exchange(ref _hold, null)?.Invoke();
    }

    private void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags, Action note)
    {
        if (tags.Length == 1 && tags[0].Key == "model" && Equals(tags[0].Value, _name))
        {
            note();
        }
    }
}
