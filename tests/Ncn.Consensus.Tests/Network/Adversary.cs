using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Network;

/// <summary>What a Byzantine validator adds to what its honest core would send: other votes, other blocks, or nothing, to each receiver as it likes.</summary>
internal sealed class Adversary(TestNetwork network, int index)
{
    private readonly List<Hash32> _known = [];

    /// <summary>Whether two votes of it that exclude each other have left.</summary>
    internal bool HasEquivocated { get; private set; }

    internal void Learn(ConsensusMessage message)
    {
        if (message is ConsensusMessage.Proposed proposed && !_known.Contains(proposed.Proposal.Block.Hash))
        {
            _known.Add(proposed.Proposal.Block.Hash);
        }
    }

    internal IEnumerable<ConsensusMessage> Twist(int to, ConsensusMessage message)
    {
        var luck = network.Luck;
        switch (message)
        {
            case ConsensusMessage.Proposed { Proposal: var proposal } when luck.OneIn(2):
                yield return new ConsensusMessage.Proposed(Other(proposal));
                break;
            case ConsensusMessage.Ballot { Vote.Vote: var vote }:
                yield return message;
                yield return new ConsensusMessage.Ballot(Sample.Vote(index, Draw(VoteKind.Notarize, VoteKind.Finalize), vote.View, Hash()));
                if (luck.OneIn(2))
                {
                    yield return new ConsensusMessage.Ballot(Sample.Vote(index, VoteKind.Nullify, vote.View));
                }

                break;
            default:
                if (!luck.OneIn(3))
                {
                    yield return message;
                }

                break;
        }

        _ = to;
    }

    private static Proposal Other(Proposal proposal)
    {
        var header = proposal.Block.Header;
        var block = Block.Of(header with { Context = header.Context with { Time = header.Context.Time + 1 } }, proposal.Block.Operations)!;
        return Sample.Proposal(block, proposal.Justification);
    }

    private VoteKind Draw(VoteKind one, VoteKind other) => network.Luck.OneIn(2) ? one : other;

    private Hash32 Hash() => _known.Count > 0 && network.Luck.OneIn(2) ? _known[^1] : Sample.Word(1 + (network.Luck.Next() % 3));
}
