using System.Runtime.CompilerServices;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Requests;

/// <summary>
/// What a run has delivered under its nodes' signatures so far. A client that leaves pays for it even when the node does not answer any more:
/// the signed hash of a chunk is evidence for all tokens up to it.
/// </summary>
internal sealed class DeliveredWork
{
    private readonly Dictionary<int, Progress> _choices = [];

    /// <summary>The client left, and the run was cut without a receipt.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The run, watched.</summary>
    /// <param name="stopping">Fires when nobody waits for it any more.</param>
    public async IAsyncEnumerable<RunPart> WatchAsync(IAsyncEnumerable<RunPart> parts, [EnumeratorCancellation] CancellationToken stopping)
    {
        await using var run = parts.GetAsyncEnumerator(CancellationToken.None);
        while (await NextAsync(run, stopping))
        {
            Count(run.Current);
            yield return run.Current;
        }
    }

    /// <summary>What the client used of each offer, as far as a node has signed for it.</summary>
    public IEnumerable<(Address Node, string Model, Usage Usage)> Signed() =>
        from choice in _choices.Values
        where choice.Last is not null
        select (choice.Last!.Node, choice.Model, new Usage(choice.PromptTokens, choice.SignedTokens, 0));

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<RunPart> run, CancellationToken stopping)
    {
        try
        {
            return await run.MoveNextAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            IsCut = true;
            throw;
        }
    }

    private void Count(RunPart part)
    {
        if (part is not RunPart.Text text)
        {
            return;
        }

        var before = _choices.GetValueOrDefault(part.Choice) ?? new Progress(0, 0, 0, null, text.Model);
        var tokens = before.Tokens + (uint)text.TokenIds.Count;
        _choices[part.Choice] = before with
        {
            PromptTokens = Math.Max(before.PromptTokens, text.PromptTokens),
            Tokens = tokens,
            SignedTokens = text.Commitment is null ? before.SignedTokens : tokens,
            Last = text.Commitment ?? before.Last,
            Model = text.Model,
        };
    }

    private sealed record Progress(uint PromptTokens, uint Tokens, uint SignedTokens, ChunkCommitment? Last, string Model);
}
