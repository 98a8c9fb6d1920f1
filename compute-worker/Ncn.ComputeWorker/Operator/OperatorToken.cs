using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Ncn.ComputeWorker.Operator;

/// <summary>Wants the operator's secret as a bearer token; without a configured secret nobody gets in.</summary>
internal sealed class OperatorToken(IOptions<NetworkOptions> options) : IEndpointFilter
{
    /// <summary>What a caller without the secret is told.</summary>
    public const string Demand = "This endpoint is the operator's: send Authorization: Bearer and the value of Ncn:Operator:Token.";

    /// <summary>Whether an Authorization header has the secret; takes as long for a wrong one as for the right one.</summary>
    public static bool IsIn(string? authorization, NetworkOptions options)
    {
        string secret = options.Operator.Token;
        byte[] given = Encoding.UTF8.GetBytes(authorization ?? "");
        return secret.Length > 0 && CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes($"Bearer {secret}"));
    }

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return IsIn(context.HttpContext.Request.Headers.Authorization, options.Value)
            ? await next(context)
            : Results.Problem(Demand, statusCode: StatusCodes.Status401Unauthorized);
    }
}
