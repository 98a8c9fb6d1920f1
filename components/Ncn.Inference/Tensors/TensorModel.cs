using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Providers;
using Ncn.Inference.Repository;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>An ONNX model with tensors in and tensors out.</summary>
public sealed class TensorModel : IAsyncDisposable
{
    /// <summary>Below this, work is shared out to threads at a greater cost than it has.</summary>
    private const long SmallModelBytes = 16 << 20;

    /// <summary>With fewer rows a run takes hardly less time.</summary>
    private const int LeastShare = 8;

    /// <summary>The same for a run that has several threads: with fewer rows, reading the weights is most of the work.</summary>
    private const int LeastWideShare = 24;

    /// <summary>
    /// How long a thread waits on its core for the next operator's work, in µs, before it sleeps: long enough within a run, and too
    /// short to take a core from the run beside it.
    /// </summary>
    private const string SpinMicroseconds = "20";

    /// <summary>A merged run moves no more than this, unless one request alone does.</summary>
    private const long MergedBytes = 64 << 20;

    private readonly InferenceSession _session;
    private readonly ModelLimits _limits;
    private readonly TensorLayout _layout;
    private readonly TensorForms _forms;
    private readonly TensorScheduler _scheduler;

    /// <summary>Loads the model file.</summary>
    /// <param name="file">The ONNX model.</param>
    /// <param name="name">Its name in measurements.</param>
    /// <param name="limits">What it takes at most.</param>
    /// <param name="batching">How requests are run together.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="InvalidDataException">ONNX Runtime refuses the file, or an input or all outputs are no tensors.</exception>
    public TensorModel(string file, string name, ModelLimits limits, ModelBatching batching, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(batching);
        ArgumentNullException.ThrowIfNull(options);
        _limits = limits;
        int threads = Threads(file, options);
        _session = Open(file, threads, options);
        try
        {
            _layout = TensorLayout.Read(_session);
        }
        catch
        {
            _session.Dispose();
            throw;
        }

        Signature = _layout.Signature();
        BatchRules rules = Rules(threads, limits, batching, options);
        _forms = new TensorForms(_layout, rules.MaxRows > 1);
        bool onDevice = options.ExecutionProvider != InferenceOptions.Cpu;
        long maxOutput = options.MaxOutputMegabytes * (1L << 20);
        _scheduler = new TensorScheduler(
            rules, _forms, () => new TensorLane(_session, _layout, maxOutput, onDevice), Math.Min(MergedBytes, maxOutput), limits.MaxSeconds, name);
    }

    /// <summary>Inputs and outputs with their types and shapes.</summary>
    public TensorSignature Signature { get; }

    /// <summary>
    /// Whether requests may share a run: the first dimension of all inputs and outputs is the caller's choice, and no merged run gave
    /// another answer than lone ones.
    /// </summary>
    public bool MergesRequests => _forms.Merges;

    /// <summary>How busy the model is.</summary>
    public TensorLoad Load => _scheduler.Load;

    /// <summary>Runs the model on one request, possibly together with others of the same shape.</summary>
    /// <param name="inputs">Every input once. Their memory must not change until the task ends.</param>
    /// <param name="outputs">Names of the outputs to return, in this order; none means all.</param>
    /// <param name="cancellationToken">Ends the wait, or the run between two operators when nobody else shares it.</param>
    /// <returns>The outputs, to be disposed of when they are read.</returns>
    /// <exception cref="InferenceException">The request does not fit, too many wait, or the model failed.</exception>
    public Task<TensorAnswer> RunAsync(IReadOnlyList<TensorValue> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        string? problem = Signature.Problem(inputs, _limits.MaxBatch, _limits.MaxInputBytes) ?? Signature.OutputProblem(outputs);
        if (problem is not null)
        {
            return Task.FromException<TensorAnswer>(InferenceException.Invalid(problem));
        }

        TensorValue[] ordered = InOrder(inputs);
        return _scheduler.RunAsync(new TensorRequest(ordered, _forms.Find(ordered, outputs)), cancellationToken);
    }

    /// <summary>Waits for running requests, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _scheduler.DisposeAsync().ConfigureAwait(false);
        _session.Dispose();
    }

    private TensorValue[] InOrder(IReadOnlyList<TensorValue> inputs)
    {
        var ordered = new TensorValue[inputs.Count];
        for (int i = 0; i < ordered.Length; i++)
        {
            ordered[TensorSignature.IndexOf(Signature.Inputs, inputs[i].Name)] = inputs[i];
        }

        return ordered;
    }

    /// <summary>
    /// On a CPU more runs than cores only take turns. Runs with several threads each go side by side too, since what one of them
    /// does on a single thread leaves cores to the others; but they fill the cores with fewer, larger parts.
    /// </summary>
    private static BatchRules Rules(int threads, ModelLimits limits, ModelBatching batching, InferenceOptions options)
    {
        bool cpu = options.ExecutionProvider == InferenceOptions.Cpu;
        int lanes = cpu ? Math.Min(options.Slots, Environment.ProcessorCount) : options.Slots;
        return new BatchRules(
            lanes, batching.MaxRows ?? limits.MaxBatch, batching.MaxDelayMicroseconds, batching.MaxQueued ?? options.MaxWaiting, cpu ? lanes : 1, threads == 1 ? LeastShare : LeastWideShare);
    }

    /// <summary>Threads of one run; 0 means one for each core.</summary>
    private static int Threads(string file, InferenceOptions options) =>
        options.Threads > 0 ? options.Threads : new FileInfo(file).Length <= SmallModelBytes ? 1 : 0;

    private static InferenceSession Open(string file, int threads, InferenceOptions options)
    {
        using SessionOptions session = ExecutionProviders.SessionOptions(options);
        session.IntraOpNumThreads = threads;
        session.EnableMemoryPattern = false; // it keeps a plan for every shape that ever came
        session.AddSessionConfigEntry("session.force_spinning_stop", "1"); // between two runs the cores belong to the callers
        session.AddSessionConfigEntry("session.intra_op.spin_duration_us", SpinMicroseconds);
        try
        {
            return new InferenceSession(file, session);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load {Path.GetFileName(file)}: {exception.Message}", exception);
        }
    }
}
