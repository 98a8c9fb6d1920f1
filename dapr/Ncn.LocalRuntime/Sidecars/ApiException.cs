namespace Ncn.LocalRuntime.Sidecars;

/// <summary>A request that the Dapr API refuses; becomes <c>{"errorCode":…,"message":…}</c> with the status.</summary>
internal sealed class ApiException(int status, string errorCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Status { get; } = status;

    public string ErrorCode { get; } = errorCode;

    public static ApiException Malformed(string reason) => new(400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {reason}");
}
