using System.Collections.Concurrent;
using System.Text.Json;
using Ncn.Consensus.Http;
using Ncn.Protocol;
using Ncn.Validator.Api;

namespace Ncn.Validator.Hosting;

/// <summary>Who the other validators are: their APIs are in the settings, and each says there under which key it votes and where its link is.</summary>
/// <remarks>Nothing that is said there is believed: whoever answers on a link proves that it has the key, and its messages prove themselves.</remarks>
internal sealed class PeerBook(PeerUrls peers, HttpClient http, ILogger log)
{
    internal const string ClientName = "peers";
    internal const int MostBytes = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly ConcurrentDictionary<Uri, LinkPeer> _known = [];

    internal IReadOnlyCollection<LinkPeer> Known => [.. _known.Values.DistinctBy(static peer => peer.Key)];

    /// <summary>Asks all of them once; who does not answer keeps what it said last.</summary>
    internal Task LookAsync(CancellationToken cancellationToken) => Task.WhenAll(peers.All.Select(peer => LookAsync(peer, cancellationToken)));

    private async Task LookAsync(Uri peer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var status = await http.GetFromJsonAsync<ValidatorStatus>(new Uri(peer, LedgerEndpoints.StatusPath), ProtocolJson.Options, patience.Token);
            if (status is { Validator.IsZero: false, Link: { } link } && Uri.TryCreate(link, UriKind.Absolute, out var url))
            {
                _known[peer] = new LinkPeer(status.Validator, url);
            }
        }
        catch (Exception silent) when (silent is HttpRequestException or JsonException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            log.LogDebug("The validator at {Peer} does not say who it is: {Reason}", peer, silent.Message);
        }
    }
}

/// <summary>Where the other validators' APIs are.</summary>
internal sealed class PeerUrls(IReadOnlyList<Uri> all)
{
    internal IReadOnlyList<Uri> All { get; set; } = all;
}
