using System.Collections.Immutable;
using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Rules;

/// <summary>A2, A4, P3: one validator whose epoch the others have left.</summary>
public sealed class CatchUpRuleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A2_who_is_far_behind_an_epochs_end_goes_on_from_a_snapshot_of_it_with_tails_and_without(int tails)
    {
        var single = new OneValidator(endHeight: 4, limits: new ConsensusLimits { MaxCatchUp = 1 });
        var proof = Ended(single, tails);
        Assert.Contains(single.Give(ConsensusInput.LaterEpochSeen.Instance), static output => output is ConsensusOutput.Fetch { What: Wanted.OfEpoch { Epoch: 1 } });
        var outputs = single.Give(new ConsensusInput.EpochProofReceived(proof));
        Assert.Contains(outputs, static output => output is ConsensusOutput.Fetch { What: Wanted.OfLedger { AboveHeight: 0 } });

        var ledger = LedgerExecution.Execute(LedgerState.Empty, single.Epoch, single.Block(1))!;
        Assert.Null(VerifiedSnapshot.Of(proof.Finalization, proof.End, LedgerState.Empty));
        single.Give(new ConsensusInput.SnapshotReceived(VerifiedSnapshot.Of(proof.Finalization, proof.Blocks, ledger)!));
        var after = single.Confirm();
        Assert.Equal(proof.End.Hash, Assert.Single(after.OfType<ConsensusOutput.Restore>()).Snapshot.Block.Hash);
        Assert.Equal(proof.Blocks.Length, Assert.Single(after.OfType<ConsensusOutput.EpochClosed>()).Proof.Blocks.Length);
    }

    [Fact]
    public void A2_a_tail_that_does_not_hang_on_the_end_makes_no_snapshot()
    {
        var single = new OneValidator(endHeight: 4);
        var proof = Ended(single, 2);
        var ledger = LedgerExecution.Execute(LedgerState.Empty, single.Epoch, single.Block(1))!;
        Assert.Null(VerifiedSnapshot.Of(proof.Finalization, [proof.Blocks[0], proof.End], ledger));
        Assert.Null(VerifiedSnapshot.Of(proof.Finalization, [proof.Blocks[0]], ledger));
        Assert.Null(VerifiedSnapshot.Of(proof.Finalization, [], ledger));
    }

    [Fact]
    public void A2_blocks_that_nobody_gives_any_more_are_left_out()
    {
        var single = new OneValidator(endHeight: 4);
        var first = single.Give(new ConsensusInput.EpochProofReceived(Ended(single, 1)));
        Assert.Contains(first, static output => output is ConsensusOutput.Fetch { What: Wanted.OfBlock });
        Assert.DoesNotContain(first, static output => output is ConsensusOutput.Fetch { What: Wanted.OfLedger });

        single.Fire(TimerKind.Resend);
        single.Fire(TimerKind.Resend);
        Wanted[] wanted = [.. single.Fire(TimerKind.Resend).OfType<ConsensusOutput.Fetch>().Select(static fetch => fetch.What)];
        Assert.Contains(wanted, static what => what is Wanted.OfBlock);
        Assert.Contains(wanted, static what => what is Wanted.OfLedger { AboveHeight: 0 });
    }

    private static VerifiedEpochProof Ended(OneValidator single, int tails)
    {
        var blocks = ImmutableArray.Create(single.Block(1));
        while (blocks.Length < 4 + tails)
        {
            blocks = blocks.Add(single.Child(blocks[^1], (ulong)blocks.Length + 1));
        }

        return VerifiedEpochProof.Of(single.Certificate(VoteKind.Finalize, (ulong)blocks.Length, blocks[^1].Hash), [.. blocks.Skip(3).Reverse()])!;
    }
}
