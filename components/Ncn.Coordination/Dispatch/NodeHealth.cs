using Ncn.Coordination.Subnets;

namespace Ncn.Coordination.Dispatch;

/// <summary>What a gateway has seen of a node. Averages move by an eighth of the difference with each sample.</summary>
/// <param name="InFlight">Attempts that this gateway runs on it.</param>
/// <param name="FirstTokenMicroseconds">Average time to the first token; 0 before the first sample.</param>
/// <param name="MicrosecondsPerToken">Average time for one further token; 0 before the first sample.</param>
/// <param name="Samples">Times to the first token that were measured.</param>
/// <param name="Successes">Of the last 64 ends or so.</param>
/// <param name="Failures">Of the same.</param>
/// <param name="Strikes">Ejections without a long good time between them.</param>
/// <param name="EjectedUntil">Unix milliseconds; until then it is used only where too few others are left.</param>
/// <param name="BarredUntil">Unix milliseconds; until then it is not used.</param>
public sealed record NodeHealth(
    int InFlight, ulong FirstTokenMicroseconds, ulong MicrosecondsPerToken, uint Samples, uint Successes, uint Failures, int Strikes,
    ulong EjectedUntil, ulong BarredUntil)
{
    private const uint LeastCandour = 50;
    private const uint Window = 64;
    private const ulong Weight = 8;
    private const int MaxStrikes = 16;

    /// <summary>Nothing was seen.</summary>
    public static NodeHealth Unknown { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>How far the node is taken at its word about its free slots, permille: a broken one costs a part, a kept one gives a little back.</summary>
    public uint Candour { get; init; } = CapacityScore.Full;

    /// <summary>Whether this is worth keeping when the node has left.</summary>
    internal bool IsNeeded(ulong now) => InFlight > 0 || EjectedUntil > now || BarredUntil > now;

    /// <summary>It refused what it had said that it could run: an eighth less.</summary>
    internal NodeHealth BrokeItsWord() => this with { Candour = Math.Max(LeastCandour, Candour - (Candour / 8)) };

    /// <summary>It kept the work waiting for far longer than it had promised, with free slots by its own word: a sixteenth less.</summary>
    internal NodeHealth KeptWaiting() => this with { Candour = Math.Max(LeastCandour, Candour - (Candour / 16)) };

    /// <summary>It ran what it was given: a sixty-fourth of what it has lost.</summary>
    private NodeHealth KeptItsWord() => Candour >= CapacityScore.Full
        ? this
        : this with { Candour = Candour + Math.Max(1, (CapacityScore.Full - Candour) / 64) };

    internal NodeHealth Started() => this with { InFlight = InFlight + 1 };

    internal NodeHealth Released() => this with { InFlight = InFlight - 1 };

    internal NodeHealth FirstToken(ulong milliseconds) => this with
    {
        FirstTokenMicroseconds = Average(FirstTokenMicroseconds, milliseconds * 1000, Samples == 0),
        Samples = Math.Min(Samples + 1, uint.MaxValue - 1),
    };

    /// <summary>It was beaten after this long, so its own time would have been longer: counted only when that is news.</summary>
    internal NodeHealth Beaten(ulong milliseconds) => milliseconds * 1000 > FirstTokenMicroseconds ? FirstToken(milliseconds) : this;

    internal NodeHealth Succeeded(uint tokens, ulong generationMilliseconds)
    {
        var counted = Halved().KeptItsWord() with { Successes = Halved().Successes + 1 };
        return tokens < 8 ? counted : counted with
        {
            MicrosecondsPerToken = Math.Max(1, Average(MicrosecondsPerToken, generationMilliseconds * 1000 / (tokens - 1), MicrosecondsPerToken == 0)),
        };
    }

    internal NodeHealth Failed(ulong now, DispatchRules rules) => Ejected(now, rules) with { Failures = Halved().Failures + 1, Successes = Halved().Successes };

    internal NodeHealth Barred(ulong now, DispatchRules rules) => Failed(now, rules) with { BarredUntil = now + rules.Bar };

    /// <summary>5, 10, 20 … seconds; what happens while it is out already does not make it longer.</summary>
    internal NodeHealth Ejected(ulong now, DispatchRules rules)
    {
        if (now < EjectedUntil)
        {
            return this;
        }

        var strikes = EjectedUntil + rules.Forgiveness < now ? 0 : Math.Min(Strikes, MaxStrikes);
        return this with { Strikes = strikes + 1, EjectedUntil = now + Math.Min(rules.MaxEjection, rules.Ejection << strikes) };
    }

    private NodeHealth Halved() => Successes + Failures < Window ? this : this with { Successes = Successes / 2, Failures = Failures / 2 };

    private static ulong Average(ulong old, ulong sample, bool isFirst) =>
        isFirst ? sample : sample >= old ? old + ((sample - old) / Weight) : old - ((old - sample) / Weight);
}
