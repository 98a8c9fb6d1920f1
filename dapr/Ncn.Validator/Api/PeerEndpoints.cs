using System.Text.Json;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Validator.Hosting;

namespace Ncn.Validator.Api;

/// <summary>Validators tell each other where they are, and pass on what others said.</summary>
internal static class PeerEndpoints
{
    internal const string PeersPath = "/ncn/v1/ledger/peers";
    private const int MostBytes = 4 * 1024;

    internal static void MapPeers(this WebApplication app)
    {
        app.MapGet(PeersPath, static (ValidatorHost host) => Known(host));
        app.MapPost(PeersPath, TakeAsync);
    }

    // Whoever comes learns what is known here; what it says of itself is kept if it is a member.
    private static async Task<IResult> TakeAsync(HttpContext http, ValidatorHost host)
    {
        if (await BoundedBody.ReadAsync(http.Request, MostBytes, http.RequestAborted) is not { } body)
        {
            return Results.Problem($"A validator's place has at most {MostBytes} bytes.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }

        if (Read(body) is not { Message: not null } said)
        {
            return Results.Problem("A place is {\"message\": {validator, network, api, link, issuedAt}, \"signature\": \"0x…\"}.", statusCode: StatusCodes.Status400BadRequest);
        }

        host.Places?.Take(said);
        return Known(host);
    }

    private static Signed<ValidatorPlace>? Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<Signed<ValidatorPlace>>(body, ProtocolJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IResult Known(ValidatorHost host) => Results.Json(host.Places?.All ?? [], ProtocolJson.Options);
}
