using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Discovery;
using Ncn.Discovery.Http;
using Ncn.Hosting;
using Ncn.Protocol;

namespace Ncn.Registry.Discovery;

/// <summary>What the operator's own apps ask by service invocation: who else there is, and to be told of.</summary>
internal static class DiscoveryEndpoints
{
    private const int MaxAdvertBytes = 64 * 1024;

    internal static void MapDiscovery(this WebApplication app)
    {
        app.MapGet("/discovery/gateways", (HttpContext http, DiscoveryHost host) => FindAsync(http, host, AdvertKind.Gateway));
        app.MapGet("/discovery/nodes", (HttpContext http, DiscoveryHost host) => FindAsync(http, host, AdvertKind.Node));
        app.MapGet("/discovery/peers", (DiscoveryHost host) => host.Peer is { } peer ? Json(Peers(peer)) : Off());
        app.MapPost("/discovery/adverts", PublishAsync);
    }

    private static async Task<IResult> FindAsync(HttpContext http, DiscoveryHost host, AdvertKind kind)
    {
        if (host.Index is not { } index || host.Peer is not { } peer)
        {
            return Off();
        }

        if (!TryReadKey(http.Request.Query, out var key))
        {
            return Refused("Ask for one of subnet (a number), model (0x and 64 hex digits), name, operator (an address), or for none to get all that is known.");
        }

        var adverts = (key is { } wanted ? await index.FindAsync(wanted, http.RequestAborted) : index.Known()).Where(advert => advert.Name.Kind == kind).ToArray();
        var version = adverts.Aggregate(0UL, static (sum, advert) => sum ^ Fold(advert.Id));
        if (http.Request.Query["known"] == version.ToString(CultureInfo.InvariantCulture))
        {
            return Results.NoContent();
        }

        return Json(new FoundAdverts(
            version.ToString(CultureInfo.InvariantCulture),
            [.. adverts.Select(static advert => advert.Gateway).OfType<Signed<GatewayRecord>>()],
            [.. adverts.Select(static advert => advert.Node).OfType<Signed<NodeRecord>>()],
            adverts.Select(static advert => advert.Name.Operator).Distinct().ToDictionary(static owner => owner.ToString(), owner => peer.State.Stakes.GetValueOrDefault(owner))));
    }

    private static bool TryReadKey(IQueryCollection query, out DiscoveryKey? key)
    {
        var (subnet, model, name, owner) = (query["subnet"].ToString(), query["model"].ToString(), query["name"].ToString(), query["operator"].ToString());
        key = subnet.Length > 0 && uint.TryParse(subnet, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? DiscoveryKey.OfSubnet(number)
            : model.Length > 0 && Hash32.TryParse(model, out var digest) ? DiscoveryKey.OfModel(new ModelDigest(digest))
            : name.Length is > 0 and <= 256 ? DiscoveryKey.OfName(name)
            : owner.Length > 0 && Address.TryParse(owner, out var address) ? DiscoveryKey.OfOperator(address)
            : null;
        return key is not null || subnet.Length + model.Length + name.Length + owner.Length == 0;
    }

    private static async Task<IResult> PublishAsync(HttpContext http, DiscoveryHost host, ChainSettings chain)
    {
        if (host.Peer is not { } peer)
        {
            return Off();
        }

        if (await BoundedBody.ReadAsync(http.Request, MaxAdvertBytes, http.RequestAborted) is not { } body)
        {
            return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
        }

        if (Read(body, chain.NetworkDomain) is not { } advert)
        {
            return Refused("Send {gateway} or {node}: a signed record, well-formed and signed by its operator under this network's domain.");
        }

        _ = peer.PublishAsync(advert, CancellationToken.None);
        return Results.Accepted();
    }

    private static VerifiedAdvert? Read(byte[] body, Eip712Domain network)
    {
        try
        {
            var advert = JsonSerializer.Deserialize<OwnAdvert>(body, ProtocolJson.Options);
            return advert?.Gateway is { } gateway ? VerifiedAdvert.Read(gateway, network) : VerifiedAdvert.Read(advert?.Node, network);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static object Peers(DiscoveryPeer peer) => new
    {
        self = peer.Self?.Record,
        peers = peer.State.Table.Peers.Select(static contact => new { id = contact.Id, @operator = contact.Operator, url = contact.Url }),
    };

    private static ulong Fold(Hash32 id) => BitConverter.ToUInt64(id.ToArray());

    private static JsonHttpResult<T> Json<T>(T value) => TypedResults.Json(value, ProtocolJson.Options);

    private static IResult Refused(string why) => Results.Problem(why, statusCode: StatusCodes.Status400BadRequest);

    private static IResult Off() => Results.Problem("Discovery is off: Ncn:Discovery:Port is not set.", statusCode: StatusCodes.Status404NotFound);
}
