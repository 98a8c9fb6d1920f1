namespace Ncn.Protocol.Cryptography;

/// <summary>Keccak-256 of data that comes in pieces, such as a file larger than memory.</summary>
public sealed class IncrementalKeccak256
{
    private readonly ulong[] _state = new ulong[25];
    private readonly byte[] _block = new byte[Keccak256.Rate];
    private int _filled;

    /// <summary>Adds the next piece, of any length.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var taken = Math.Min(data.Length, Keccak256.Rate - _filled);
            data[..taken].CopyTo(_block.AsSpan(_filled));
            data = data[taken..];
            _filled += taken;
            if (_filled == Keccak256.Rate)
            {
                Keccak256.Absorb(_state, _block);
                _filled = 0;
            }
        }
    }

    /// <summary>The hash of all pieces; the next piece begins a new hash.</summary>
    public Hash32 Finish()
    {
        Span<byte> digest = stackalloc byte[Hash32.Size];
        Keccak256.Finish(_state, _block.AsSpan(0, _filled), digest);
        _filled = 0;
        Array.Clear(_state);
        return new Hash32(digest);
    }
}
