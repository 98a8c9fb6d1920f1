using Ncn.Consensus.Wire;

namespace Ncn.Consensus.Http.Sending;

/// <summary>What goes before what: a body of a megabyte must not delay a vote.</summary>
internal enum Lane
{
    /// <summary>Votes, certificates, checkpoints, questions.</summary>
    Votes,

    /// <summary>Proposals.</summary>
    Bodies,

    /// <summary>Operations and answers.</summary>
    Others,
}

/// <summary>A frame on its way to some peers. Equal when the bytes are: what waits already does not wait twice.</summary>
internal sealed class Outgoing : IEquatable<Outgoing>
{
    private readonly int _hash;

    private Outgoing(byte[] frame, Lane lane)
    {
        (Frame, Lane) = (frame, lane);
        var hash = default(HashCode);
        hash.AddBytes(frame.AsSpan()[^Math.Min(frame.Length, 128)..]); // ends in a signature, or in what differs
        _hash = hash.ToHashCode();
    }

    internal byte[] Frame { get; }

    internal Lane Lane { get; }

    internal static Outgoing Of(WireMessage message, Protocol.Hash32 network) => new(WireForm.Write(message, network), message switch
    {
        WireMessage.Proposed => Lane.Bodies,
        WireMessage.Operations or WireMessage.Answered => Lane.Others,
        _ => Lane.Votes,
    });

    public bool Equals(Outgoing? other) => other is not null && (ReferenceEquals(this, other) || (_hash == other._hash && Frame.AsSpan().SequenceEqual(other.Frame)));

    public override bool Equals(object? obj) => Equals(obj as Outgoing);

    public override int GetHashCode() => _hash;
}
