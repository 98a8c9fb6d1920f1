using System.Buffers.Binary;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>Frames that nobody honest sends, made of those that were seen.</summary>
internal sealed class SpoiledFrames(World world)
{
    private const int MostSeen = 64;
    private const ulong Kinds = 10;
    private readonly List<byte[]> _seen = [];

    internal void See(byte[] frame)
    {
        if (_seen.Count < MostSeen)
        {
            _seen.Add(frame);
        }
        else
        {
            _seen[Below(MostSeen)] = frame;
        }
    }

    /// <summary>Something that is like this frame.</summary>
    internal byte[] Like(byte[] frame)
    {
        var other = _seen.Count == 0 ? frame : _seen[Below(_seen.Count)];
        return world.Below(Kinds) switch
        {
            0 or 1 => Flipped(frame),
            2 => frame[..Below(frame.Length)],
            3 => [.. frame, .. other[..Below(other.Length)]],
            4 => WithLength([.. frame[..WireHead.Size], .. other[WireHead.Size..]]),
            5 => WithLength([.. frame[..(WireHead.Size + Below(frame.Length - WireHead.Size))], .. other[(WireHead.Size + Below(other.Length - WireHead.Size))..]]),
            6 => With(frame, static bytes => Names.Content(99).CopyTo(bytes.AsSpan(6))),
            7 => With(frame, bytes => BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(6 + Hash32.Size), BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(6 + Hash32.Size)) + (ulong)Below(3) - 1)),
            8 => With(frame, bytes => bytes[1] = (byte)(1 + Below(9))),
            _ => other,
        };
    }

    // A few bits, often in a signature or a hash.
    private byte[] Flipped(byte[] frame) => With(frame, bytes =>
    {
        for (var i = 0; i <= Below(3); i++)
        {
            bytes[Below(bytes.Length)] ^= (byte)(1 << Below(8));
        }
    });

    private static byte[] WithLength(byte[] frame) => With(frame, static bytes => BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), (uint)(bytes.Length - WireHead.Size)));

    private static byte[] With(byte[] frame, Action<byte[]> change)
    {
        byte[] copy = [.. frame];
        change(copy);
        return copy;
    }

    private int Below(int bound) => bound <= 0 ? 0 : (int)world.Below((ulong)bound);
}
