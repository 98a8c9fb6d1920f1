using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Requests;

/// <summary>
/// What a run has delivered under its nodes' signatures so far. A client that leaves pays for it even when the node does not answer any more:
/// the signed hash of a chunk is evidence for all tokens up to it. A choice that has ended has its receipt.
/// </summary>
/// <param name="stopping">Fires when nobody waits for the run any more.</param>
internal sealed class DeliveredWork(RequestId request, Eip712Domain network, CancellationToken stopping) : IRunWatch
{
    private readonly Lock _turn = new();
    private readonly Dictionary<int, Progress> _choices = [];
    private readonly List<RunPart.Finished> _ends = [];

    /// <summary>The client left, and the run was cut without a receipt.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The client gets its parts as they come.</summary>
    public bool IsStreamed { get; set; }

    /// <summary>It was charged.</summary>
    public bool IsCharged { get; set; }

    /// <summary>A charge was begun and is not known to have been made.</summary>
    public bool IsChargeOpen { get; set; }

    /// <summary>The whole answer, once it was to be kept.</summary>
    public StoredAnswer? Answer { get; set; }

    /// <summary>Whether it is charged or given back is decided when it is known which answer its request has.</summary>
    public bool IsLeft { get; set; }

    /// <summary>Fills the log; done when the run is over.</summary>
    public Task Pump { get; set; } = Task.CompletedTask;

    /// <summary>The choices that have ended.</summary>
    public IReadOnlyList<RunPart.Finished> Ends()
    {
        lock (_turn)
        {
            return [.. _ends];
        }
    }

    /// <summary>A part came.</summary>
    public void Saw(RunPart part)
    {
        lock (_turn)
        {
            Count(part);
        }
    }

    /// <summary>The run ended without an end of its own.</summary>
    public void Failed(Exception failure) => IsCut |= failure is OperationCanceledException && stopping.IsCancellationRequested;

    /// <summary>What the client used of each offer, as far as a node has signed for it, in choices that have not ended.</summary>
    public IReadOnlyList<(Address Node, string Model, Usage Usage)> Signed()
    {
        lock (_turn)
        {
            return
            [
                .. from choice in _choices.Values
                   where choice.Last?.IsSignedFor(request, network) is true
                   select (choice.Last!.Node, choice.Model, new Usage(choice.PromptTokens, choice.SignedTokens, 0)),
            ];
        }
    }

    private void Count(RunPart part)
    {
        if (part is RunPart.Finished end)
        {
            _ends.Add(end);
            _choices.Remove(part.Choice);
        }

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
