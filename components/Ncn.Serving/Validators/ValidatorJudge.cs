using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Validators;

/// <summary>Lets validators of the chain's current set in, by a signed and recent request, and nobody else: prompts are in what they get.</summary>
public sealed class ValidatorJudge(GatewayIdentity identity, CurrentValidators validators, TimeProvider time)
{
    private const int MaxHeaderChars = 4096;

    private readonly string _origin = ReceiptQuery.OriginOf(new Uri(identity.PublicUrl));

    /// <summary>Throws <see cref="ApiException"/> unless a validator asks for this period.</summary>
    internal async Task RequireAsync(HttpContext http, ulong period)
    {
        var query = Read(http.Request.Headers[ReceiptQuery.Header].FirstOrDefault());
        var (message, now) = (query.Message, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
        var age = now > message.IssuedAt ? now - message.IssuedAt : message.IssuedAt - now;
        if (message.Gateway != identity.Address || message.Period != period)
        {
            throw Refused($"The request is for gateway {message.Gateway} and period {message.Period}; this is gateway {identity.Address} and the path names period {period}.");
        }

        if (message.Origin != _origin)
        {
            throw Refused($"The request was made for {Shown(message.Origin)}; this gateway is {_origin}: name it so in Ncn:Validator:Gateways.");
        }

        if (age > ReceiptQuery.MaxAgeMilliseconds)
        {
            throw Refused($"The request's issuedAt is {age} ms from the gateway's clock ({now}); sign it anew with the present time.");
        }

        if (!query.IsSignedBy(message.Validator, identity.NetworkDomain))
        {
            throw Refused($"The request is not signed by {message.Validator} for this network.");
        }

        if (!(await validators.GetAsync(http.RequestAborted)).ContainsKey(message.Validator))
        {
            throw new ApiException(new ApiError(403, "not_a_validator", $"{message.Validator} is no consensus key of the chain's current set of validators; only they see receipts and prompts."));
        }
    }

    private static Signed<ReceiptQuery> Read(string? header)
    {
        try
        {
            return header is { Length: > 0 and <= MaxHeaderChars } && JsonSerializer.Deserialize<Signed<ReceiptQuery>>(Convert.FromBase64String(header), ProtocolJson.Strict) is { Message.Origin: not null } query
                ? query : throw new FormatException("it is missing, too long or empty");
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            throw Refused($"The header {ReceiptQuery.Header} is not base64 of the JSON of a signed ReceiptQuery: {malformed.Message}.");
        }
    }

    private static string Shown(string? origin) => origin is { Length: > 0 and <= PublicUrl.MaxChars } ? origin : "no place";

    private static ApiException Refused(string problem) => new(new ApiError(401, "signature_invalid", problem));
}
