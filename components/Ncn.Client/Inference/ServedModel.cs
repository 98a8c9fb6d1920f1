using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Client.Inference;

/// <summary>A model that a gateway serves.</summary>
/// <param name="Kind">decoder or tensor; empty when the server does not say.</param>
/// <param name="Digests">What its nodes have loaded: a receipt must name one of them.</param>
public sealed record ServedModel(string Id, string Kind, IReadOnlyList<ModelDigest> Digests)
{
    internal static ServedModel Read(JsonElement model)
    {
        var id = model.GetProperty("id").GetString()!;
        if (!model.TryGetProperty("ncn", out var network))
        {
            return new ServedModel(id, string.Empty, []);
        }

        var digests = network.TryGetProperty("digests", out var list) ? list.Deserialize<ModelDigest[]>(ProtocolJson.Options)! : [];
        return new ServedModel(id, network.TryGetProperty("kind", out var kind) ? kind.GetString()! : string.Empty, digests);
    }
}
