using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Kernel;

/// <summary>How a world is made.</summary>
/// <param name="Seed">Everything follows from it.</param>
/// <param name="Kept">The decisions that may happen; null for all that the seed makes.</param>
/// <param name="IsRecording">Whether decisions and words are kept.</param>
public sealed record WorldOptions(ulong Seed, IReadOnlySet<ulong>? Kept = null, bool IsRecording = false);

/// <summary>Virtual time, and what happens in it, one thing after the other.</summary>
/// <remarks>
/// 1. The next thing that is due happens. 2. Its luck is mixed out of the seed, the chain of its causes and the number of the draw: to leave
/// out one decision changes nothing of what others cause. 3. Each decision that something not ordinary happens can be left out by its id.
/// </remarks>
public sealed class World
{
    /// <summary>Unix milliseconds at which every world begins.</summary>
    public const ulong Beginning = 1_800_000_000_000;

    // More than all processes together have to do in a millisecond: somebody goes round in a circle.
    private const int MostAtOnce = 5_000;

    private readonly PriorityQueue<Happening, (ulong At, ulong Order)> _queue = new();
    private readonly WorldOptions _options;
    private readonly List<Process> _processes = [];
    private readonly List<Decision> _decisions = [];
    private ulong _order;
    private int _atOnce;
    private ulong _cause;
    private ulong _draws;

    public World(WorldOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        Seed = options.Seed;
        _cause = Mix.Of(options.Seed, 0);
        Trace = new Trace { IsOn = options.IsRecording };
        Network = new Network(this);
    }

    public ulong Seed { get; }

    /// <summary>True time, unix milliseconds. Processes read their own clocks.</summary>
    public ulong Now { get; private set; } = Beginning;

    /// <summary>Things that have happened: messages that arrived, times that came, writes that were on the disk.</summary>
    public long Steps { get; private set; }

    public Trace Trace { get; }

    public Network Network { get; }

    public IReadOnlyList<Process> Processes => _processes;

    /// <summary>Decisions that were taken, if they are recorded.</summary>
    public IReadOnlyList<Decision> Decisions => _decisions;

    /// <summary>From here on nothing goes wrong by chance.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>The next thing happens; false when nothing ever will.</summary>
    public bool Step()
    {
        while (_queue.TryDequeue(out var next, out var key))
        {
            if (next.IsCancelled || !next.IsWanted)
            {
                continue;
            }

            _atOnce = key.At > Now ? 0 : _atOnce + 1;
            if (_atOnce > MostAtOnce)
            {
                throw new ViolationException(Invariant.TimeGoesOn, $"{MostAtOnce} things have happened in one millisecond");
            }

            Now = Math.Max(Now, key.At);
            (_cause, _draws) = (next.Id, 0);
            Steps++;
            Trace.Count(next.Id ^ Now);
            next.Run();
            return true;
        }

        return false;
    }

    /// <summary>64 random bits.</summary>
    public ulong Draw() => Mix.Of(_cause, ++_draws);

    /// <summary>0 to below <paramref name="bound"/>.</summary>
    public ulong Below(ulong bound) => Draw() % bound;

    /// <summary>True so often in a million, unless the world is calm or the decision is left out. Its words are told by <see cref="Record"/>.</summary>
    internal bool Decides(ulong draw, uint perMillion) =>
        !IsCalm && draw % 1_000_000 < perMillion && (_options.Kept is not { } kept || kept.Contains(draw));

    /// <summary>Whether a decision with this id is among those that may happen.</summary>
    internal bool IsKept(ulong id) => _options.Kept is not { } kept || kept.Contains(id);

    internal bool IsRecording => _options.IsRecording;

    internal void Record(ulong id, string words) => _decisions.Add(new Decision(id, Now - Beginning, words));

    internal T Schedule<T>(ulong at, T happening)
        where T : Happening
    {
        happening.Id = Draw();
        _queue.Enqueue(happening, (at, ++_order));
        return happening;
    }

    /// <summary>As <see cref="Schedule"/>, with an id that does not depend on what happens now.</summary>
    internal void ScheduleAs(ulong id, ulong at, Happening happening)
    {
        happening.Id = id;
        _queue.Enqueue(happening, (at, ++_order));
    }

    internal int Add(Process process)
    {
        _processes.Add(process);
        return _processes.Count - 1;
    }

    /// <summary>Everybody starts.</summary>
    public void Start() => _processes.ForEach(static process => process.Start());

    /// <summary>The weather clears: cuts heal, everybody is up, clocks tick right, and nothing is lost from here on.</summary>
    public void BeCalm()
    {
        IsCalm = true;
        Network.Heal();
        foreach (var process in _processes)
        {
            process.Clock.Settle();
            process.Restart();
        }
    }
}
