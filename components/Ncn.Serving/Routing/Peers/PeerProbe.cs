using System.Collections.Frozen;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Asks a peer which models it serves, and so whether it is there.</summary>
internal sealed class PeerProbe(PeerConnections connections, TimeSpan patience, TimeProvider time)
{
    private const int MaxListBytes = 1 << 20;
    private const int MaxModels = 4_096;

    /// <summary>Why the peer gave no list; null when it did.</summary>
    public async Task<string?> RunAsync(Peer peer, CancellationToken cancellationToken)
    {
        try
        {
            var begun = time.GetTimestamp();
            using var list = await GetAsync(peer, "/v1/models", cancellationToken);
            var taken = time.GetElapsedTime(begun);
            peer.Models = list.RootElement.GetProperty("data").EnumerateArray().Take(MaxModels).Select(static model => model.GetProperty("id").GetString()!).ToFrozenSet();
            peer.IsAsked = true;
            if (peer.Operator is null)
            {
                using var subnet = await GetAsync(peer, "/ncn/v1/subnet", cancellationToken);
                peer.Stated = subnet.RootElement.TryGetProperty("gateway", out var stated) && Address.TryParse(stated.GetString(), out var gateway) ? gateway : null;
            }

            peer.Note(health => health.Answered((long)taken.TotalMicroseconds));
            return null;
        }
        catch (Exception unread) when (!cancellationToken.IsCancellationRequested
            && unread is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            peer.Note(static health => health.Missed());
            return unread is OperationCanceledException ? $"no answer within {patience.TotalSeconds:0} s" : unread.Message;
        }
    }

    private async Task<JsonDocument> GetAsync(Peer peer, string path, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(peer.Url, path));
        using var response = await connections.SendAsync(peer.Address, request, limit.Token);
        response.EnsureSuccessStatusCode();
        await response.Content.LoadIntoBufferAsync(MaxListBytes, limit.Token);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(limit.Token));
    }
}
