using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Which peer serves which model, as its <c>/v1/models</c> said at most 30 seconds ago.</summary>
public sealed class PeerModels(PeerConnections connections, IOptions<PeerOptions> options, TimeProvider time, ILogger<PeerModels> log)
{
    private const int MaxListBytes = 1 << 20;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FreshWhenUnread = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Uri, PeerList> _lists = [];

    /// <summary>The first peer that serves the model; null when none does.</summary>
    public async ValueTask<Uri?> FindAsync(string model, CancellationToken cancellationToken)
    {
        foreach (var peer in options.Value.Urls)
        {
            if ((await ReadAsync(peer).WaitAsync(cancellationToken)).Contains(model))
            {
                return peer;
            }
        }

        return null;
    }

    // Whoever comes while a list is read waits for the same reading.
    private Task<ImmutableHashSet<string>> ReadAsync(Uri peer)
    {
        var list = _lists.GetOrAdd(peer, static _ => new PeerList());
        lock (list)
        {
            if (list.Reading is { IsCompleted: false } || (list.Reading is not null && time.GetElapsedTime(list.ReadAt) < list.GoodFor))
            {
                return list.Reading;
            }

            (list.ReadAt, list.Reading) = (time.GetTimestamp(), FetchAsync(peer, list));
            return list.Reading;
        }
    }

    private async Task<ImmutableHashSet<string>> FetchAsync(Uri peer, PeerList list)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(peer, "/v1/models"));
            using var response = await connections.SendAsync(request, patience.Token);
            response.EnsureSuccessStatusCode();
            await response.Content.LoadIntoBufferAsync(MaxListBytes, patience.Token);
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(patience.Token));
            list.GoodFor = Fresh;
            return [.. document.RootElement.GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString()!)];
        }
        catch (Exception unread) when (unread is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            log.LogWarning("The models of the peer gateway {Peer} cannot be read, and nothing is passed on to it for a while: {Reason}", peer, unread.Message);
            list.GoodFor = FreshWhenUnread;
            return [];
        }
    }

    private sealed class PeerList
    {
        public Task<ImmutableHashSet<string>>? Reading { get; set; }

        public long ReadAt { get; set; }

        public TimeSpan GoodFor { get; set; }
    }
}
