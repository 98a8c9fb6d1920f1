using System.Collections.Immutable;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>One channel on disk, shared by all processes that pay with the key.</summary>
/// <remarks>
/// A step is: 1 take the lock, 2 read, 3 change, 4 write a new file, 5 flush it to the disk, 6 rename it over the old one, 7 flush
/// the folder. Steps 5 and 7 are left out when no higher total was signed and no dispute began or ended: losing such a change costs a correction, never money.
/// </remarks>
internal sealed class ChannelFile(string directory, ChannelId id) : IDisposable
{
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(2);
    private readonly SemaphoreSlim gate = new(1);
    private readonly string path = System.IO.Path.Combine(directory, $"{id}.json");

    /// <summary>Reads, changes and keeps the channel; the change is durable before this returns if it raised what is signed.</summary>
    public async Task<PayerChannel> UpdateAsync(ChannelConfig config, Func<PayerChannel, PayerChannel> change, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            Directory.CreateDirectory(directory);
            await using var held = await LockAsync(cancellation);
            var before = Read(config);
            var after = change(before);
            if (!ReferenceEquals(before, after))
            {
                Write(after, durable: after.Signed > before.Signed || after.IsDisputed != before.IsDisputed);
            }

            return after;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    /// <summary>The channel as last written; null when it was never used.</summary>
    public static PayerChannel? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(path), ProtocolJson.Options)!.ToChannel() : null;

    private PayerChannel Read(ChannelConfig config)
    {
        try
        {
            return Read(path) ?? PayerChannel.New(config);
        }
        catch (JsonException exception)
        {
            throw new PaymentException($"The channel file {path} is damaged; move it away, and the receiver's books are used to go on.", exception);
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellation)
    {
        var giveUpAt = Environment.TickCount64 + (long)LockLimit.TotalMilliseconds;
        while (true)
        {
            try
            {
                return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Environment.TickCount64 < giveUpAt)
            {
                await Task.Delay(LockRetry, cancellation);
            }
        }
    }

    private void Write(PayerChannel channel, bool durable)
    {
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, Stored.From(channel), ProtocolJson.Options);
            file.Flush(flushToDisk: durable);
        }

        File.Move(temporary, path, overwrite: true);
        if (durable)
        {
            FolderFlush.Flush(directory);
        }
    }

    private sealed record Stored(
        ChannelConfig Config, TokenAmount Charged, TokenAmount Signed, TokenAmount ReservedThere, Dictionary<string, Hold> Holds,
        TokenAmount StatedMax = default, AccountedCharges? Accounted = null, bool IsDisputed = false)
    {
        public static Stored From(PayerChannel channel) =>
            new(channel.Config, channel.Charged, channel.Signed, channel.ReservedThere, channel.Holds.ToDictionary(), channel.StatedMax, channel.Accounted,
                channel.IsDisputed);

        public PayerChannel ToChannel() =>
            new(Config, Charged, Signed, ReservedThere, Holds.ToImmutableSortedDictionary(StringComparer.Ordinal), StatedMax, IsDisputed)
            {
                Accounted = Accounted ?? AccountedCharges.Empty,
            };
    }
}
