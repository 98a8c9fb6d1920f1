using System.Text.Json;
using Ncn.Protocol;
using Ncn.Serving.Execution;

namespace Ncn.Serving.OpenAi.Writing;

/// <summary>A node's signature over what it has delivered so far, for clients that ask for it: <c>{"commitment": {…}}</c> under <c>ncn</c>.</summary>
internal static class CommitmentJson
{
    /// <summary>Writes the member <c>ncn</c>; nothing for a piece that is not signed.</summary>
    public static void Write(Utf8JsonWriter json, ChunkCommitment? commitment)
    {
        if (commitment is null)
        {
            return;
        }

        json.WriteStartObject("ncn");
        json.WritePropertyName("commitment");
        JsonSerializer.Serialize(json, commitment, ProtocolJson.Options);
        json.WriteEndObject();
    }
}
