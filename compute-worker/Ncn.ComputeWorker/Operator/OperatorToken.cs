using Microsoft.Extensions.Options;
using Ncn.Hosting;

namespace Ncn.ComputeWorker.Operator;

/// <summary>Wants the operator's secret as a bearer token; without a configured secret nobody gets in.</summary>
internal sealed class OperatorToken(IOptions<NetworkOptions> options) : IEndpointFilter
{
    /// <summary>What a caller without the secret is told.</summary>
    public const string Demand = OperatorSecret.Demand;

    /// <summary>Whether an Authorization header has the secret.</summary>
    public static bool IsIn(string? authorization, NetworkOptions options) => OperatorSecret.IsIn(authorization, options.Operator.Token);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return IsIn(context.HttpContext.Request.Headers.Authorization, options.Value)
            ? await next(context)
            : Results.Problem(Demand, statusCode: StatusCodes.Status401Unauthorized);
    }
}
