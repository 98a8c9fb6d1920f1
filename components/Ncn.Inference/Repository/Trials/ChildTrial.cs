using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Inference.Repository.Trials;

/// <summary>Tries models out in a process of its own, which is started when it is needed and ended when it has been idle.</summary>
/// <param name="command">How to start a process that runs <see cref="TrialProcess.Run"/>.</param>
/// <param name="records">
/// A folder in which a model that passed leaves its digest, so that the next start need not try it again; null keeps it in memory only.
/// </param>
public sealed class ChildTrial(TrialCommand command, string? records, TimeProvider time) : IModelTrial
{
    /// <summary>A process that hostile models went through is not trusted for ever.</summary>
    private const int TrialsPerProcess = 32;

    private const long BaseMegabytes = 2048;
    private const int TimesFiles = 6;

    private static readonly TimeSpan IdleLife = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly HashSet<ModelDigest> _passed = [];
    private TrialChild? _child;
    private ITimer? _idle;
    private int _uses;

    /// <inheritdoc/>
    public string? Problem(TrialOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        lock (_gate)
        {
            if (Passed(order.Digest))
            {
                return null;
            }

            string? problem = Ask(order);
            if (problem is null)
            {
                Remember(order.Digest);
            }

            return problem;
        }
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Retire();
            _idle?.Dispose();
        }
    }

    private string? Ask(TrialOrder order)
    {
        if (_uses >= TrialsPerProcess)
        {
            Retire();
        }

        _idle?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _child ??= TrialChild.Start(command);
        _uses++;
        string line = JsonSerializer.Serialize(new TrialProcess.Order(order.Folder, order.Manifest, order.Options, MaxBytes(order)), TrialProcess.Json);
        (TrialProcess.Answer? answer, string ending) = _child.Ask(line, TimeSpan.FromSeconds(order.Options.TrialSeconds));
        if (answer is null)
        {
            Retire();
            return ending;
        }

        _idle ??= time.CreateTimer(_ => RetireIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _idle.Change(IdleLife, Timeout.InfiniteTimeSpan);
        return answer.Problem;
    }

    /// <summary>CUDA maps the GPU's memory into the process, so a limit would say nothing there.</summary>
    private static long? MaxBytes(TrialOrder order)
    {
        InferenceOptions options = order.Options;
        long megabytes = options.TrialMegabytes > 0 ? options.TrialMegabytes : BaseMegabytes + options.KvCacheMegabytes + (order.Bytes * TimesFiles >> 20);
        return options.ExecutionProvider == InferenceOptions.Cuda ? null : megabytes << 20;
    }

    private void RetireIdle()
    {
        lock (_gate)
        {
            Retire();
        }
    }

    private void Retire()
    {
        _child?.Dispose();
        (_child, _uses) = (null, 0);
    }

    private bool Passed(ModelDigest digest) => _passed.Contains(digest) || (records is not null && File.Exists(RecordOf(digest)));

    private void Remember(ModelDigest digest)
    {
        _passed.Add(digest);
        if (records is not null)
        {
            Directory.CreateDirectory(records);
            File.WriteAllBytes(RecordOf(digest), []);
        }
    }

    private string RecordOf(ModelDigest digest) => Path.Combine(records!, digest.ToString());
}
