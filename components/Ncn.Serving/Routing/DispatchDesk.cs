using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Ncn.Coordination.Dispatch;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing;

/// <summary>Keeps the dispatcher's state for this process and gives it time and luck; what its outputs ask for is the run's to do.</summary>
public sealed class DispatchDesk(IOptions<RoutingOptions> routing, IOptions<GatewayOptions> gateway, TimeProvider time)
{
    private readonly Lock _turn = new();
    private readonly DispatchRules _rules = new()
    {
        MarginBasisPoints = gateway.Value.MarginBasisPoints,
        HedgePercent = (uint)routing.Value.HedgePercent,
        LeastHedge = (ulong)routing.Value.LeastHedgeMilliseconds,
        HedgeSamples = (uint)routing.Value.HedgeSamples,
        Ejection = (ulong)routing.Value.EjectionMilliseconds,
        Patience = (ulong)routing.Value.PatienceSeconds * 1000,
    };

    private DispatchState _state = DispatchState.Empty;
    private ulong _runs;

    /// <summary>What is known now; changes with the next step.</summary>
    public DispatchState State => Volatile.Read(ref _state);

    /// <summary>Now, as the dispatcher counts time: unix milliseconds.</summary>
    internal ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A number for a new run.</summary>
    internal ulong NextRun() => Interlocked.Increment(ref _runs);

    /// <summary>64 random bits.</summary>
    internal static ulong Draw()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return BitConverter.ToUInt64(random);
    }

    /// <summary>The subnet's nodes are these.</summary>
    internal void Replace(ImmutableArray<DispatchOffer> offers) => Apply(new DispatchInput.Nodes(Now, offers));

    /// <summary>One step.</summary>
    internal IReadOnlyList<DispatchOutput> Apply(DispatchInput input)
    {
        lock (_turn)
        {
            (var next, var outputs) = Dispatcher.Apply(_state, input, _rules);
            Volatile.Write(ref _state, next);
            return outputs;
        }
    }
}
