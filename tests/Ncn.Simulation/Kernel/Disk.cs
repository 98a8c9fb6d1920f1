namespace Ncn.Simulation.Kernel;

/// <summary>
/// A disk with a journal: writes are durable in the order in which they were made, a moment later and many at once. A crash keeps some of
/// the last ones and loses the rest; a write that was torn is found by its checksum and counts as lost.
/// </summary>
public sealed class Disk(World world, Process owner)
{
    private const ulong LeastSync = 1;
    private readonly Dictionary<string, object?> _durable = new(StringComparer.Ordinal);
    private readonly List<Entry> _pending = [];
    private Happening? _sync;

    /// <summary>Milliseconds that a write may take until it is durable.</summary>
    public ulong Slowness { get; set; } = 4;

    /// <summary>Writes that were made, durable or not.</summary>
    public ulong Written { get; private set; }

    /// <summary>What would be there after a crash now, if it loses all that it may; null for nothing.</summary>
    public T? Read<T>(string key)
        where T : class => (T?)_durable.GetValueOrDefault(key);

    /// <summary>Writes; <paramref name="durable"/> is called when it will survive a crash.</summary>
    /// <returns>The write's number.</returns>
    public ulong Write(string key, object? value, Action durable)
    {
        _pending.Add(new Entry(key, value, durable));
        if (_sync is null || _sync.IsCancelled)
        {
            _sync = world.Schedule(world.Now + LeastSync + world.Below(Slowness), new Alarm(owner, Sync));
        }

        return ++Written;
    }

    /// <summary>All that is durable now, for <see cref="Restore"/>.</summary>
    internal IReadOnlyDictionary<string, object?> Copy() => new Dictionary<string, object?>(_durable, StringComparer.Ordinal);

    /// <summary>An old copy takes the place of all that is there; the owner is down meanwhile.</summary>
    internal void Restore(IReadOnlyDictionary<string, object?> copy)
    {
        _durable.Clear();
        foreach (var (key, value) in copy)
        {
            _durable[key] = value;
        }
    }

    /// <summary>One file is another one from now on; the owner is down meanwhile.</summary>
    internal void Replace(string key, object? value) => _durable[key] = value;

    internal void Crash()
    {
        var draw = world.Draw();
        var survivors = _pending.Count == 0 ? 0 : (int)(draw % (ulong)(_pending.Count + 1));
        for (var i = 0; i < survivors; i++)
        {
            _durable[_pending[i].Key] = _pending[i].Value;
        }

        if (survivors < _pending.Count && world.Trace.IsOn)
        {
            owner.Say($"its disk loses the last {_pending.Count - survivors} of {_pending.Count} writes, one of them torn");
        }

        _pending.Clear();
        _sync = null;
    }

    private void Sync()
    {
        _sync = null;
        var entries = _pending.ToArray();
        _pending.Clear();
        foreach (var entry in entries)
        {
            _durable[entry.Key] = entry.Value;
        }

        foreach (var entry in entries)
        {
            entry.Durable();
        }
    }

    private readonly record struct Entry(string Key, object? Value, Action Durable);
}
