using Ncn.Inference.Generation;
using Ncn.Protocol;

namespace Ncn.Attacks.Nodes;

/// <summary>What a node does with a job.</summary>
/// <param name="Name">In the table.</param>
/// <param name="WriteAsync">Makes the answer.</param>
internal sealed record Cheat(string Name, Func<CheatWork, Task<Draft>> WriteAsync)
{
    /// <summary>What it makes of the receipt.</summary>
    public Func<Receipt, Receipt> Alter { get; init; } = static receipt => receipt;

    /// <summary>What it shows in place of the evidence.</summary>
    public Func<ReceiptEvidence, CheatWork, ReceiptEvidence> Present { get; init; } = static (evidence, _) => evidence;

    /// <summary>True when it lies about the receipt; otherwise an answer that is the honest one, token for token, does no harm and cannot be told apart.</summary>
    public bool LiesAnyway { get; init; }

    /// <summary>True when it uses the answer to the job before.</summary>
    public bool RemembersLast { get; init; }

    /// <summary>Does what it is paid for.</summary>
    public static Cheat Honest { get; } = new("honest node", static work => Draft.GeneratedAsync(work.Shelf.Promised.Engine, work.Asked));

    /// <summary>All that are tried.</summary>
    public static IReadOnlyList<Cheat> All { get; } =
    [
        new("smaller model", static work => Draft.GeneratedAsync(work.Shelf.Smaller.Engine, work.Asked)),
        new("weights rounded to 8 bits", static work => Draft.GeneratedAsync(work.Shelf.Rounded.Engine, work.Asked)),
        new("smaller model, honest prefill", static work => PrefilledAsync(work, work.Shelf.Smaller.Engine, work.Asked)),
        new("rounded weights, honest prefill", static work => PrefilledAsync(work, work.Shelf.Rounded.Engine, work.Asked)),
        new("cached answer to another prompt", static work => Draft.PrefilledAsync(work.Shelf.Promised.Engine, work.Asked, Fitting(work))) { RemembersLast = true },
        new("copied answer to the same prompt", static work => PrefilledAsync(work, work.Shelf.Promised.Engine, work.Asked with { Sampling = work.Asked.Sampling with { Seed = ~work.Asked.Sampling.Seed } })),
        new("truncated answer", CutAsync),
        new("another temperature", static work => Draft.GeneratedAsync(
            work.Shelf.Promised.Engine, work.Asked with { Sampling = work.Asked.Sampling with { Temperature = work.Asked.Sampling.Temperature == 0 ? 0.7 : 0 } })),
        new("another seed", static work => Draft.GeneratedAsync(work.Shelf.Promised.Engine, work.Asked with { Sampling = work.Asked.Sampling with { Seed = work.Asked.Sampling.Seed ^ 1 } })),
        Honest with { Name = "receipt replay", RemembersLast = true, LiesAnyway = true, Present = static (fresh, work) => work.Last! with { Job = fresh.Job, Input = fresh.Input } },
        Honest with { Name = "more completion tokens", LiesAnyway = true, Alter = static receipt => receipt with { CompletionTokens = receipt.CompletionTokens + 8 } },
        Honest with { Name = "more prompt tokens", LiesAnyway = true, Alter = static receipt => receipt with { PromptTokens = receipt.PromptTokens + 1 } },
        new("tokens after the end", PaddedAsync),
    ];

    private static async Task<Draft> PrefilledAsync(CheatWork work, DecoderModel cheap, GenerationRequest asked)
    {
        Draft draft = await Draft.GeneratedAsync(cheap, asked);
        return await Draft.PrefilledAsync(work.Shelf.Promised.Engine, work.Asked, draft.Tokens);
    }

    private static async Task<Draft> CutAsync(CheatWork work)
    {
        Draft whole = await Draft.GeneratedAsync(work.Shelf.Promised.Engine, work.Asked);
        return whole.Cut(whole.Tokens.Length / 2);
    }

    /// <summary>The end that the model draws is passed over, as far as the client's limit allows: more tokens, more pay.</summary>
    private static async Task<Draft> PaddedAsync(CheatWork work)
    {
        Draft whole = await Draft.GeneratedAsync(work.Shelf.Promised.Engine, work.Asked);
        int free = Math.Min(4, work.Asked.MaxTokens - whole.Tokens.Length);
        int[] padded = [.. whole.Tokens, .. Enumerable.Repeat(whole.Tokens.LastOrDefault(), free)];
        return await Draft.PrefilledAsync(work.Shelf.Promised.Engine, work.Asked, padded);
    }

    private static int[] Fitting(CheatWork work) => work.LastDraft!.Tokens[..Math.Min(work.LastDraft.Tokens.Length, work.Asked.MaxTokens)];
}

/// <summary>What a cheat has at hand.</summary>
/// <param name="Shelf">Models.</param>
/// <param name="Asked">What the job asks for.</param>
/// <param name="LastDraft">The answer to the job before this one; null for a cheat that does not remember it.</param>
/// <param name="Last">Its evidence.</param>
internal sealed record CheatWork(ModelShelf Shelf, GenerationRequest Asked, Draft? LastDraft, ReceiptEvidence? Last);
