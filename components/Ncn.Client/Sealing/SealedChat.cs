using System.Text.Json;
using Ncn.Client.Inference;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Client.Sealing;

/// <summary>A chat over all nodes that worked on it: what was asked, and the tokens that are here already.</summary>
internal sealed class SealedChat(ChatRequest request, uint maxTokens)
{
    private readonly List<int> tokens = [];
    private bool skipsOne;

    /// <summary>New tokens that the next node may make.</summary>
    public uint Remaining => maxTokens - (uint)Committed.Length;

    // All tokens are here and the end alone was lost: the last token is made once more, unseen.
    private int[] Committed => tokens.Count >= maxTokens ? [.. tokens[..^1]] : [.. tokens];

    /// <summary>What the next node gets.</summary>
    public Input Next()
    {
        skipsOne = tokens.Count >= maxTokens;
        var generate = new GenerateInput
        {
            MessagesJson = JsonSerializer.Serialize(request.Messages, ProtocolJson.Options),
            MaxTokens = maxTokens,
            Temperature = (float)(request.Temperature ?? 0),
            TopP = (float)(request.TopP ?? 1),
        };
        generate.Stop.AddRange(request.Stop ?? []);
        generate.CommittedTokens.AddRange(Committed);
        return new Input { Generate = generate };
    }

    /// <summary>The new text of a chunk.</summary>
    public string Take(Chunk chunk)
    {
        if (skipsOne && chunk.TokenIds.Count > 0)
        {
            skipsOne = false;
            return string.Empty;
        }

        tokens.AddRange(chunk.TokenIds);
        return chunk.Text;
    }
}
