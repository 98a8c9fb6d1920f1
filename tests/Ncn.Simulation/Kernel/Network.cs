namespace Ncn.Simulation.Kernel;

/// <summary>How bad the network is, in a million messages.</summary>
public sealed record Weather(uint Loss, uint Duplicate, uint Delay)
{
    /// <summary>Most that an extra delay adds, milliseconds.</summary>
    public ulong LongestDelay { get; init; } = 3_000;

    /// <summary>Nothing goes wrong.</summary>
    public static Weather Fine { get; } = new(0, 0, 0);
}

/// <summary>A message that nothing repeats: it has no name by which a repeat could be told.</summary>
public interface ISentOnce
{
    bool IsSentOnce { get; }
}

/// <summary>Carries messages: late, twice, in another order, or not at all.</summary>
public sealed class Network(World world)
{
    private readonly Dictionary<(int From, int To), int> _cuts = [];

    public Weather Weather { get; set; } = Weather.Fine;

    /// <summary>Milliseconds that a message takes at least.</summary>
    internal ulong LeastDelay { get; set; } = 1;

    /// <summary>By so much less than this it takes longer.</summary>
    internal ulong Spread { get; set; } = 9;

    /// <summary>Messages that never arrive, for a schedule that is made by hand; null for none.</summary>
    internal Func<Process, Process, object?, bool>? Drops { get; set; }

    /// <summary>Messages from one do not reach the other until <see cref="Mend"/>.</summary>
    public void Cut(Process from, Process to) => _cuts[(from.Index, to.Index)] = _cuts.GetValueOrDefault((from.Index, to.Index)) + 1;

    public void Mend(Process from, Process to)
    {
        if (_cuts.TryGetValue((from.Index, to.Index), out var count))
        {
            _ = count > 1 ? _cuts[(from.Index, to.Index)] = count - 1 : _cuts.Remove((from.Index, to.Index)) ? 0 : 0;
        }
    }

    internal void Heal() => _cuts.Clear();

    internal void Send(Process from, Process to, Envelope envelope)
    {
        var id = world.Draw();
        if (_cuts.Count > 0 && _cuts.ContainsKey((from.Index, to.Index)))
        {
            return;
        }

        if (Drops is { } drops && drops(from, to, envelope.Body))
        {
            return;
        }

        var loss = Mix.Of(id, 1);
        if (world.Decides(loss, Weather.Loss))
        {
            Record(loss, from, to, envelope, "is lost");
            return;
        }

        Carry(id, from, to, envelope);
        var twice = Mix.Of(id, 2);
        if (envelope.Body is not ISentOnce { IsSentOnce: true } && world.Decides(twice, Weather.Duplicate))
        {
            Record(twice, from, to, envelope, "arrives twice");
            Carry(twice, from, to, envelope);
        }
    }

    private void Carry(ulong id, Process from, Process to, Envelope envelope)
    {
        var delay = LeastDelay + (Mix.Of(id, 3) % Spread);
        var late = Mix.Of(id, 4);
        if (world.Decides(late, Weather.Delay))
        {
            delay += Mix.Of(id, 5) % Weather.LongestDelay;
            Record(late, from, to, envelope, "is late");
        }

        world.ScheduleAs(id, world.Now + delay, new Delivery(from, to, envelope));
    }

    private void Record(ulong id, Process from, Process to, Envelope envelope, string fate)
    {
        if (world.IsRecording)
        {
            var words = $"the message '{envelope.Label}' from {from.Name} to {to.Name} {fate}";
            world.Record(id, words);
            from.Say($"{words}");
        }
    }

    private sealed class Delivery(Process from, Process to, Envelope envelope) : Happening
    {
        internal override bool IsWanted => to.IsUp;

        internal override void Run() => to.Deliver(from, envelope);
    }
}
