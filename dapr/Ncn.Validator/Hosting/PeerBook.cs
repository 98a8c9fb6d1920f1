using System.Collections.Concurrent;
using Ncn.Consensus.Http;
using Ncn.Protocol;
using Ncn.Validator.Api;

namespace Ncn.Validator.Hosting;

/// <summary>
/// Who the other validators are. Some of their APIs are in the settings; each says there under which key it votes and where its link is. Each is also told
/// the own place and gives all that it knows, so it is enough to be told of one: what members signed of themselves comes from any of the others.
/// </summary>
/// <remarks>Nothing that is said there is believed: whoever answers on a link proves that it has the key, and its messages prove themselves.</remarks>
/// <param name="strangers">Calls those whom only others named, where the rules for outgoing calls let it.</param>
/// <param name="own">The own place, once it is known.</param>
internal sealed class PeerBook(PeerUrls peers, PeerPlaces places, HttpClient http, HttpClient strangers, Func<Signed<ValidatorPlace>?> own, ILogger log)
{
    internal const string ClientName = "peers";
    internal const string StrangersName = "peers of peers";
    internal const int MostBytes = 256 * 1024;
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private const int StrangersAtOnce = 2;
    private readonly ConcurrentDictionary<Uri, LinkPeer> _known = [];
    private int _turn;

    /// <summary>Of one key, what it signed counts before what somebody says at a URL.</summary>
    internal IReadOnlyCollection<LinkPeer> Known => [.. places.Links.Concat(_known.Values).DistinctBy(static peer => peer.Key)];

    /// <summary>Asks all of the settings once, and some of the others; who does not answer keeps what it said last.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        places.Forget();
        await Task.WhenAll(peers.All.Select(peer => LookAsync(peer, cancellationToken)));
        await Task.WhenAll(Others().Select(peer => ExchangeAsync(strangers, peer, cancellationToken)));
    }

    private async Task LookAsync(Uri peer, CancellationToken cancellationToken)
    {
        await AskAsync(peer, async patience =>
        {
            var status = await http.GetFromJsonAsync<ValidatorStatus>(new Uri(peer, LedgerEndpoints.StatusPath), ProtocolJson.Options, patience);
            if (status is { Validator.IsZero: false, Link: { } link } && Uri.TryCreate(link, UriKind.Absolute, out var url))
            {
                _known[peer] = new LinkPeer(status.Validator, url);
            }
        }, cancellationToken);
        await ExchangeAsync(http, peer, cancellationToken);
    }

    private Task ExchangeAsync(HttpClient client, Uri peer, CancellationToken cancellationToken) => AskAsync(peer, async patience =>
    {
        using var answer = own() is { } place
            ? await client.PostAsJsonAsync(new Uri(peer, PeerEndpoints.PeersPath), place, ProtocolJson.Options, patience)
            : await client.GetAsync(new Uri(peer, PeerEndpoints.PeersPath), patience);
        foreach (var said in await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Signed<ValidatorPlace>?[]>(ProtocolJson.Options, patience) ?? [])
        {
            if (said is { Message: { } message } && message.Validator != own()?.Message.Validator)
            {
                places.Take(said);
            }
        }
    }, cancellationToken);

    private async Task AskAsync(Uri peer, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await ask(patience.Token);
        }
        catch (Exception silent) when (!cancellationToken.IsCancellationRequested) // whatever another answers, this one goes on
        {
            log.LogDebug("The validator at {Peer} does not say who it is: {Reason}", peer, silent.Message);
        }
    }

    // In turn, a few in each look.
    private IEnumerable<Uri> Others()
    {
        Uri[] others = [.. places.All.Select(static place => new Uri(place.Message.Api)).Where(url => !peers.All.Contains(url))];
        var from = others.Length == 0 ? 0 : (_turn += StrangersAtOnce) % others.Length;
        return others.Skip(from).Concat(others.Take(from)).Take(StrangersAtOnce);
    }
}

/// <summary>Where other validators' APIs are, as far as the settings say.</summary>
internal sealed class PeerUrls(IReadOnlyList<Uri> all)
{
    internal IReadOnlyList<Uri> All { get; set; } = all;
}
