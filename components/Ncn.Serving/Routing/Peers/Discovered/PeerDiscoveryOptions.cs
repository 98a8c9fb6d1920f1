using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Routing.Peers.Discovered;

/// <summary>How this gateway is found by others and finds them (section <c>Ncn:Gateway:Discovery</c>); off while its registry has no discovery port.</summary>
public sealed class PeerDiscoveryOptions
{
    /// <summary>The app id of the registry; default registry.</summary>
    [Required]
    public string Registry { get; set; } = "registry";

    /// <summary>Whether others are told of this gateway; default true. A process whose HTTP port serves no inference says false.</summary>
    public bool Announce { get; set; } = true;

    /// <summary>How long a signed record of this gateway is good, seconds: 60 to 86,400, default 600. Who dies is listed for that long, and left out by who tries.</summary>
    [Range(60, 86_400)]
    public int RecordSeconds { get; set; } = 600;

    /// <summary>Seconds between two announcements when nothing changes: 5 to 600, default 30; half of <see cref="RecordSeconds"/> at most.</summary>
    [Range(5, 600)]
    public int AnnounceSeconds { get; set; } = 30;

    /// <summary>Gateways whose operators have staked less than this, atomic units, are passed nothing: 0 to 10^15, default 0. For networks where strangers may not read prompts.</summary>
    [Range(0L, 1_000_000_000_000_000L)]
    public long MinimumStake { get; set; }
}
