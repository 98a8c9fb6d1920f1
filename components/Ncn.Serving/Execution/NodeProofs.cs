using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Serving.Execution;

/// <summary>Reads what a node proves its running total with.</summary>
internal static class NodeProofs
{
    private const int MaxChars = 16_384;

    /// <summary>The receipt; null when it is none.</summary>
    internal static Signed<Receipt>? Read(string? json)
    {
        try
        {
            return json is { Length: > 0 and < MaxChars } && JsonSerializer.Deserialize<Signed<Receipt>>(json, ProtocolJson.Strict) is { Message: not null } receipt
                ? receipt : null;
        }
        catch (JsonException)
        {
            // A node that cannot prove its total is passed over like one that has none to prove.
            return null;
        }
    }
}
