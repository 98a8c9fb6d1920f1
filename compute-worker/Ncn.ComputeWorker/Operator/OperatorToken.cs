using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Ncn.ComputeWorker.Operator;

/// <summary>Wants the operator's secret as a bearer token; without a configured secret nobody gets in.</summary>
internal sealed class OperatorToken(IOptions<NetworkOptions> options) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        string secret = options.Value.Operator.Token;
        byte[] given = Encoding.UTF8.GetBytes(context.HttpContext.Request.Headers.Authorization.ToString());
        bool matches = secret.Length > 0 && CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes($"Bearer {secret}"));
        return matches
            ? await next(context)
            : Results.Problem("This endpoint is the operator's: send Authorization: Bearer and the value of Ncn:Operator:Token.", statusCode: StatusCodes.Status401Unauthorized);
    }
}
