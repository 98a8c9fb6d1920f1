namespace Dapr.Actors.Communication;

/// <summary>Names on the wire.</summary>
internal static class Wire
{
    internal const string Namespace = "urn:actors";
    internal const string RequestHeaderName = "X-DaprRequestHeader";
    internal const string ErrorHeaderName = "X-DaprErrorResponseHeader";
    internal const string ReentrancyHeaderName = "Dapr-Reentrancy-Id";
    internal const string TtlHeaderName = "Metadata.ttlExpireTime";

    internal const string JsonRemotingOnly =
        "This build of the Dapr actor library supports remoting with JSON only. Set UseJsonSerialization = true on both ActorProxyOptions and ActorRuntimeOptions.";
}
