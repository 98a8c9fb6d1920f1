using System.Security.Cryptography;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Sealing;

/// <summary>The keys that clients seal requests with. The current one stands in the node's record; its predecessor is accepted for an hour more.</summary>
internal sealed class EncryptionKeys : IDisposable
{
    /// <summary>How long a replaced key still opens requests: clients may have read the record before.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly EncryptionKeyFile _file;
    private readonly ulong _life;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private List<Held> _keys = [];
    private ulong _retryAt;

    /// <param name="life">After how long a key is replaced.</param>
    public EncryptionKeys(EncryptionKeyFile file, TimeSpan life, TimeProvider time, ILogger<EncryptionKeys> logger)
    {
        (_file, _life, _time, _logger) = (file, (ulong)life.TotalMilliseconds, time, logger);
        _keys = [.. file.Read().Select(static seed => new Held(seed, HpkePrivateKey.Derive(seed.Seed)))];
        OpenedAt = Now;
        _ = Current;
    }

    /// <summary>Unix milliseconds since when this process has the keys, and remembers what was opened with them.</summary>
    public ulong OpenedAt { get; }

    /// <summary>
    /// What the record is to say. Makes a new key when there is none, or the newest has had its time; while the new one cannot be stored,
    /// the newest serves on, because a node whose disk is full must not drop out of the network.
    /// </summary>
    public HpkePublicKey Current
    {
        get
        {
            lock (_gate)
            {
                ulong now = Now;
                if (_keys.Count == 0)
                {
                    Rotate(now);
                }
                else if (now >= _keys[0].Seed.MadeAt + _life && now >= _retryAt)
                {
                    Replace(now);
                }

                return _keys[0].Key.PublicKey;
            }
        }
    }

    /// <summary>The key of this id, while it is accepted; null otherwise.</summary>
    public HpkePrivateKey? Find(ReadOnlySpan<byte> keyId)
    {
        lock (_gate)
        {
            ulong now = Now;
            for (int i = 0; i < _keys.Count; i++)
            {
                if ((i == 0 || IsInOverlap(_keys[i - 1], now)) && _keys[i].Key.PublicKey.KeyId.Span.SequenceEqual(keyId))
                {
                    return _keys[i].Key;
                }
            }

            return null;
        }
    }

    public void Dispose() => _keys.ForEach(static held => held.Key.Dispose());

    private ulong Now => (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Replace(ulong now)
    {
        try
        {
            Rotate(now);
        }
        catch (InvalidOperationException exception)
        {
            _retryAt = now + (ulong)RetryInterval.TotalMilliseconds;
            _logger.LogError("The key for sealed requests is due for a new one, and stays for now: {Problem}", exception.Message);
        }
    }

    // The keys that are out of their time leave the disk with this: what was sealed for them can then be opened by nobody.
    private void Rotate(ulong now)
    {
        var seed = new EncryptionSeed(RandomNumberGenerator.GetBytes(HpkePrivateKey.Size), now);
        var fresh = new Held(seed, HpkePrivateKey.Derive(seed.Seed));
        List<Held> kept = [fresh, .. _keys.Take(1)];
        _file.Write(kept.Select(static held => held.Seed));
        _keys = kept;
    }

    private static bool IsInOverlap(Held successor, ulong now) => now < successor.Seed.MadeAt + (ulong)Overlap.TotalMilliseconds;

    private sealed record Held(EncryptionSeed Seed, HpkePrivateKey Key)
    {
        public override string ToString() => Seed.ToString();
    }
}
