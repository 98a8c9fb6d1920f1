using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Protocol;

namespace Ncn.Client.Inference;

/// <summary>A request that waits, runs or has ended.</summary>
/// <param name="Id">The gateway's id of the request.</param>
/// <param name="Status">queued, completed or failed.</param>
/// <param name="Cost">What was charged, once it has ended.</param>
/// <param name="StatusCode">The HTTP status that the answer would have had.</param>
/// <param name="Response">The answer's JSON; null while it waits.</param>
public sealed record QueuedRequest(
    RequestId Id, string Status, TokenAmount? Cost = null, [property: JsonPropertyName("status_code")] int? StatusCode = null, JsonElement? Response = null)
{
    /// <summary>True when there is an answer, good or bad.</summary>
    [JsonIgnore]
    public bool HasEnded => Status is "completed" or "failed";
}
