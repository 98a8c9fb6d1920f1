namespace Ncn.Simulation.Invariants;

/// <summary>All that must hold, at every step.</summary>
internal sealed class InvariantSet
{
    internal InvariantSet()
    {
        Channels = new ChannelInvariants(Money);
        Pool = new PoolInvariants();
    }

    internal MoneyInvariants Money { get; } = new();

    internal ChannelInvariants Channels { get; }

    internal PoolInvariants Pool { get; }

    internal DispatchInvariants Dispatch { get; } = new();

    internal AdmissionInvariants Admission { get; } = new();
}
