namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Proof that <c>AddGrpc</c> was called, and which fallback endpoints are mapped already.</summary>
internal sealed class ServiceRegistry
{
    private readonly HashSet<string> fallbacks = new(StringComparer.Ordinal);

    internal bool AddFallback(string pattern) => fallbacks.Add(pattern);
}
