using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Ncn.Hosting;

namespace Ncn.ChainEvents.Hosting;

/// <summary>Operator-only endpoints: from loopback, with the operator's token as a bearer.</summary>
internal static class OperatorAccess
{
    /// <summary>The answer that refuses the caller; null for the operator.</summary>
    internal static IResult? Refuse(HttpContext http, IConfiguration configuration)
    {
        var expected = configuration["Ncn:Operator:Token"];
        if (string.IsNullOrEmpty(expected) || http.Connection.RemoteIpAddress is not { } caller || !IPAddress.IsLoopback(caller))
        {
            return Problem(403, "This endpoint is the operator's: call it from the machine itself, with Ncn:Operator:Token configured.");
        }

        return OperatorSecret.IsIn(http.Request.Headers.Authorization, expected) ? null : Problem(401, OperatorSecret.Demand);
    }

    internal static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);
}
