using Ncn.Inference.Generation;

namespace Ncn.Attacks.Nodes;

/// <summary>An answer before it is signed.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Pieces">The text that each lets go.</param>
/// <param name="Rest">Text that comes at the end.</param>
/// <param name="Top">What is said to be likeliest at each token.</param>
internal sealed record Draft(int[] Tokens, string[] Pieces, string Rest, IReadOnlyList<TokenLogprob>[] Top)
{
    /// <summary>As a node writes it: by generating.</summary>
    public static async Task<Draft> GeneratedAsync(DecoderModel model, GenerationRequest asked)
    {
        var tokens = new List<GenerationEvent.Token>();
        GenerationEvent.Finished? finished = null;
        await foreach (GenerationEvent next in model.GenerateAsync(asked with { EvidenceAt = static _ => true }, CancellationToken.None))
        {
            tokens.AddRange(new[] { next }.OfType<GenerationEvent.Token>());
            finished = next as GenerationEvent.Finished;
        }

        return new Draft(
            [.. tokens.Select(token => token.TokenId)], [.. tokens.Select(token => token.Text)], finished!.Text,
            [.. tokens.Select(token => token.Evidence!)]);
    }

    /// <summary>Tokens that came from elsewhere, with what the model says of them: one pass, far cheaper than generating.</summary>
    public static async Task<Draft> PrefilledAsync(DecoderModel model, GenerationRequest asked, int[] tokens)
    {
        int committed = asked.Committed.Length;
        ReplayReport report = await model.ReplayAsync(asked, tokens, at => at >= committed, CancellationToken.None);
        int taken = report.Pieces.Count;
        return new Draft(tokens[..taken], [.. report.Pieces], report.Rest, [.. report.Scored.Select(at => at.Top)]);
    }

    /// <summary>Its first tokens, said to be all.</summary>
    public Draft Cut(int tokens) => new(Tokens[..tokens], Pieces[..tokens], "", Top[..tokens]);
}
