using Ncn.Discovery;

namespace Ncn.Simulation.Discovery;

/// <summary>How a hostile peer lies. Each answers signs of life, so that it is in the others' tables.</summary>
public enum Hostility
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It names peers next to the target that do not exist.</summary>
    MadeUp,

    /// <summary>It names hostile peers only, the nearest of all there are.</summary>
    Clique,

    /// <summary>It takes adverts and forgets them.</summary>
    Forgetful,

    /// <summary>It answers with nothing.</summary>
    Empty,

    /// <summary>It gives the first version of an advert for ever.</summary>
    Stale,
}

/// <summary>One simulated peer.</summary>
internal sealed class DhtPeer(int index, Contact contact, Hostility hostility, DiscoveryState state)
{
    internal int Index => index;

    internal Contact Contact => contact;

    internal Hostility Hostility => hostility;

    internal DiscoveryState State { get; set; } = state;

    internal bool IsUp { get; set; } = true;

    internal ulong WakeAt { get; set; } = ulong.MaxValue;

    internal DhtPeer Copy() => new(index, contact, hostility, State) { IsUp = IsUp, WakeAt = WakeAt };
}
