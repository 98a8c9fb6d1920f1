using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Outbound;

/// <summary>Where a gateway may be sent by its clients (section <c>Ncn:Gateway:Outbound</c>).</summary>
public sealed class OutboundOptions
{
    /// <summary>
    /// Whether a client may name URLs on the gateway's own machine, also without TLS; default false. For development: who can, reaches
    /// every port of the machine.
    /// </summary>
    public bool AllowLoopback { get; set; }

    /// <summary>Whether a client may name URLs without TLS elsewhere; default false.</summary>
    public bool AllowPlain { get; set; }

    /// <summary>How long one call may take, seconds, from the name's look-up to the answer's last byte: 1 to 120, default 10.</summary>
    [Range(1, 120)]
    public int Seconds { get; set; } = 10;

    /// <summary>Largest answer that is read, bytes: 1 KiB to 64 MiB, default 64 KiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxAnswerBytes { get; set; } = 64 * 1024;
}
