using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Http.Receiving;

/// <summary>Cuts a stream of bytes into frames. It grows to the frame that comes, which its head has announced within the bounds of its kind, and shrinks again.</summary>
internal sealed class FrameBuffer(Hash32 network)
{
    private const int Usual = 64 * 1024;
    private byte[] _bytes = new byte[Usual];
    private int _start;
    private int _end;

    /// <summary>Why the stream cannot be read on; null while it can.</summary>
    internal string? Reason { get; private set; }

    /// <summary>Where the next bytes go.</summary>
    internal Memory<byte> Free => _bytes.AsMemory(_end);

    internal void Added(int count) => _end += count;

    /// <summary>The next whole frame; empty when more bytes are needed, or when the stream is broken. It is good until <see cref="MakeRoom"/>.</summary>
    internal ReadOnlySpan<byte> Next()
    {
        var rest = _bytes.AsSpan(_start, _end - _start);
        if (rest.Length < WireHead.Size || Reason is not null)
        {
            return default;
        }

        if (!WireHead.TryRead(rest, network, out var head, out var reason))
        {
            Reason = reason;
            return default;
        }

        var length = WireHead.Size + head.PayloadBytes;
        if (rest.Length < length)
        {
            return default;
        }

        _start += length;
        return rest[..length];
    }

    /// <summary>Makes room for the rest of the frame that has begun.</summary>
    internal void MakeRoom()
    {
        var kept = _bytes.AsSpan(_start, _end - _start);
        var wanted = WireHead.TryRead(kept, network, out var head, out _) ? Math.Max(Usual, WireHead.Size + head.PayloadBytes) : Usual;
        if (wanted > _bytes.Length || (wanted == Usual && _bytes.Length > Usual))
        {
            var other = new byte[wanted];
            kept.CopyTo(other);
            _bytes = other;
        }
        else if (_start > 0)
        {
            kept.CopyTo(_bytes);
        }

        (_start, _end) = (0, _end - _start);
    }
}
