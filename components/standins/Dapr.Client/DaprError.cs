namespace Dapr;

/// <summary>The body of an error that the sidecar answers with.</summary>
public class DaprError
{
    /// <summary>Dapr's error code.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>The message for people.</summary>
    public string? Message { get; set; }
}
