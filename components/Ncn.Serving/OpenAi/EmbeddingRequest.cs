using System.Collections.Frozen;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;

namespace Ncn.Serving.OpenAi;

/// <summary>A checked request for vectors of texts (OpenAI API reference, "Create embeddings").</summary>
/// <param name="Dimensions">Numbers to keep of each vector; 0 for all.</param>
/// <param name="AsBase64">Whether vectors come as base64 of little-endian floats; else as numbers.</param>
public sealed record EmbeddingRequest(string Model, IReadOnlyList<TextPrompt> Texts, uint Dimensions, bool AsBase64)
{
    private const int MaxTexts = 2048;

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
        ["model", "input", "dimensions", "encoding_format", "user", "provider", "models", "ncn"]);

    /// <summary>Who may answer it.</summary>
    public ModelChoice Choice { get; init; } = ModelChoice.Of(Model);

    /// <summary>The most that it can use.</summary>
    public Usage Limit => new((uint)Texts.Sum(static text => text.TokenBound), 0, (uint)Texts.Count);

    /// <summary>What a node gets.</summary>
    public Input ToInput()
    {
        var embed = new EmbedInput { Dimensions = Dimensions };
        if (Texts.All(static text => text.Text is not null))
        {
            embed.Texts.AddRange(Texts.Select(static text => text.Text));
        }
        else
        {
            embed.Tokens.AddRange(Texts.Select(static text =>
            {
                var tokens = new TokenIds();
                tokens.Ids.AddRange(text.Tokens);
                return tokens;
            }));
        }

        return new Input { Embed = embed };
    }

    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static EmbeddingRequest Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        RequestMembers.CheckKnown(root, Known);
        RequestMembers.CheckPassive(root);
        var texts = TextPrompt.ReadAll(root, "input", MaxTexts);
        if (texts.Any(static text => text.Text is null) && texts.Any(static text => text.Text is not null))
        {
            throw new ApiException(ApiError.BadRequest("invalid_type", "input must hold texts or arrays of token ids, not both.", "input"));
        }

        var choice = ModelChoice.Read(root);
        return new EmbeddingRequest(
            choice.Model, texts, (uint)JsonBody.Integer(root, "dimensions", 1, 65_536, 0),
            RequestMembers.OneOf(root, "encoding_format", "float", "base64") == "base64")
        {
            Choice = choice,
        };
    }
}
