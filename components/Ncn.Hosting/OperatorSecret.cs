using System.Security.Cryptography;
using System.Text;

namespace Ncn.Hosting;

/// <summary>The secret that opens an operator's own endpoints: a bearer token, <c>Ncn:Operator:Token</c>.</summary>
public static class OperatorSecret
{
    /// <summary>What a caller without the secret is told.</summary>
    public const string Demand = "This endpoint is the operator's: send Authorization: Bearer and the value of Ncn:Operator:Token.";

    /// <summary>Whether an Authorization header has the secret; takes as long for a wrong one as for the right one. Nobody has an empty one.</summary>
    public static bool IsIn(string? authorization, string? secret) =>
        !string.IsNullOrEmpty(secret) && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization ?? string.Empty), Encoding.UTF8.GetBytes($"Bearer {secret}"));
}
