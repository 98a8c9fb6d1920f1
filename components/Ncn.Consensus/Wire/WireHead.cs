using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>The envelope of everything that validators send and write: version, kind, length, network, epoch.</summary>
/// <param name="PayloadBytes">Bytes that follow.</param>
/// <param name="Network">Salt of the vote domain.</param>
/// <param name="Epoch">Of all that is in it: no part repeats it.</param>
public readonly record struct WireHead(WireKind Kind, int PayloadBytes, Hash32 Network, ulong Epoch)
{
    /// <summary>Bytes of the head.</summary>
    public const int Size = 1 + 1 + 4 + Hash32.Size + 8;

    /// <summary>The one version there is.</summary>
    public const byte Version = 1;

    /// <summary>Reads the first <see cref="Size"/> bytes of a frame.</summary>
    /// <param name="reason">Why it cannot be read; never with anything of a secret in it.</param>
    public static bool TryRead(ReadOnlySpan<byte> frame, Hash32 network, out WireHead head, [NotNullWhen(false)] out string? reason)
    {
        head = default;
        reason = frame.Length < Size ? "the frame is shorter than its head" : frame[0] != Version ? $"version {frame[0]} is not spoken here" : null;
        if (reason is not null)
        {
            return false;
        }

        var kind = (WireKind)frame[1];
        var length = BinaryPrimitives.ReadUInt32BigEndian(frame[2..]);
        if (length > (uint)WireLimits.PayloadBytesOf(kind))
        {
            reason = $"a frame of kind {(byte)kind} with {length} bytes is unknown or too long";
            return false;
        }

        head = new WireHead(kind, (int)length, new Hash32(frame.Slice(6, Hash32.Size)), BinaryPrimitives.ReadUInt64BigEndian(frame[(6 + Hash32.Size)..]));
        reason = head.Network == network ? null : $"the frame is of another network, {head.Network}";
        return reason is null;
    }

    /// <summary>Puts a head before the payload.</summary>
    /// <exception cref="ArgumentException">The payload is longer than its kind may be: a fault of this program.</exception>
    internal static byte[] Frame(WireKind kind, Hash32 network, ulong epoch, CanonicalWriter payload)
    {
        var content = payload.Written;
        if (content.Length > WireLimits.PayloadBytesOf(kind))
        {
            throw new ArgumentException($"A {kind} of {content.Length} bytes is longer than the {WireLimits.PayloadBytesOf(kind)} that others read; make it smaller.", nameof(payload));
        }

        var frame = new byte[Size + content.Length];
        (frame[0], frame[1]) = (Version, (byte)kind);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(2), (uint)content.Length);
        network.CopyTo(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(6 + Hash32.Size), epoch);
        content.CopyTo(frame.AsSpan(Size));
        return frame;
    }
}
