using System.Collections.Immutable;
using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus.Tests.Ledger;

public sealed class LedgerTests
{
    private static readonly Address Node = Sample.Key(50);
    private static readonly ValidatorSet Set = Sample.Set(1, 1, 1, 1);
    private static readonly EpochSettings Epoch = Sample.Epoch(Set, 0, endHeight: 1);

    [Fact]
    public void A_node_joins_changes_and_leaves_by_rising_sequences()
    {
        var state = Apply(LedgerState.Empty, new Operation.AnnounceNode(Node, 5, Sample.Word(1)));

        Assert.Equal(Sample.Word(1), state.RecordOf(Node));
        Refuses(state, new Operation.AnnounceNode(Node, 5, Sample.Word(2)));
        Refuses(state, new Operation.RetireNode(Node, 5));
        var left = Apply(state, new Operation.RetireNode(Node, 6));
        Assert.Null(left.RecordOf(Node));
        Refuses(left, new Operation.AnnounceNode(Node, 6, Sample.Word(2)));
        Refuses(left, new Operation.RetireNode(Node, 7));
    }

    [Fact]
    public void The_first_commitment_to_receipts_counts_and_only_of_a_node()
    {
        var commit = new Operation.CommitReceipts(Node, 3, Sample.Word(1), 10, new TokenAmount(5));
        Refuses(LedgerState.Empty, commit);
        var state = Apply(Apply(LedgerState.Empty, new Operation.AnnounceNode(Node, 1, Sample.Word(1))), commit);

        Refuses(state, commit with { Root = Sample.Word(2) });
        Assert.NotEqual(default, state.Roots(default).Receipts);
    }

    [Fact]
    public void A_receipt_is_audited_once_and_only_for_a_gateway_that_is_there()
    {
        var audit = new Operation.OpenAudit(Node, 3, Sample.Word(8), Sample.Key(60), new TokenAmount(500));
        Refuses(LedgerState.Empty, audit);
        var announced = Apply(LedgerState.Empty, new Operation.AnnounceNode(Node, 1, Sample.Word(1)));
        var state = Apply(announced, audit);

        Assert.NotEqual(announced.StateRoot, state.StateRoot);
        Refuses(state, audit with { Client = Sample.Key(61), Bond = new TokenAmount(1) });
        Apply(state, audit with { Receipt = Sample.Word(9) });
    }

    [Fact]
    public void A_verdict_is_what_was_committed_to_and_cannot_be_copied()
    {
        var reveal = new Operation.RevealVerdict(Sample.Key(0), Sample.Word(9), 1, Sample.Word(77));
        Refuses(LedgerState.Empty, reveal);
        var state = Apply(LedgerState.Empty, new Operation.CommitVerdict(Sample.Key(0), Sample.Word(9), reveal.Commitment()));
        state = Apply(state, new Operation.CommitVerdict(Sample.Key(1), Sample.Word(9), reveal.Commitment()));

        Refuses(state, reveal with { Outcome = 2 });
        Refuses(state, reveal with { Author = Sample.Key(1) });
        Assert.Null(state.VerdictOf(Sample.Key(0), Sample.Word(9)));
        state = Apply(state, reveal);
        Assert.Equal((byte)1, state.VerdictOf(Sample.Key(0), Sample.Word(9)));
        Refuses(state, reveal);
        Refuses(state, new Operation.CommitVerdict(Sample.Key(0), Sample.Word(9), reveal.Commitment()));
    }

    [Fact]
    public void A_testimony_is_ordered_and_leaves_the_ledger_as_it_is()
    {
        var testimony = new Operation.Testify(Node, 1, new HexBytes(new byte[Operation.Testify.MostContent]));

        Assert.Same(LedgerState.Empty, LedgerRules.Apply(LedgerState.Empty, testimony));
        Refuses(LedgerState.Empty, testimony with { Content = new HexBytes(new byte[Operation.Testify.MostContent + 1]) });
    }

    [Fact]
    public void Funds_are_observed_once()
    {
        var observed = new Operation.ObserveFunds(100, [new FundEntry(1, Sample.Word(3), new TokenAmount(5))]);
        var state = Apply(LedgerState.Empty, observed);

        Refuses(state, observed);
        Refuses(state, observed with { ChainNumber = 101, Entries = [.. Enumerable.Repeat(observed.Entries[0], Operation.ObserveFunds.MostEntries + 1)] });
        Refuses(state, observed with { ChainNumber = 101, Entries = default });
        Assert.NotEqual(state.StateRoot, Apply(state, observed with { ChainNumber = 101, Entries = [] }).StateRoot);
    }

    [Fact]
    public void The_set_changes_when_a_quorum_of_the_next_one_is_ready()
    {
        var next = Sample.Set(3, 3, 3, 1, 1);
        var state = Apply(LedgerState.Empty, new Operation.ObserveSet(2, next.Members));
        Refuses(state, new Operation.ObserveSet(2, next.Members));
        Refuses(state, new Operation.BeReady(Sample.Key(9), next.Hash, default));
        Refuses(state, new Operation.BeReady(Sample.Key(0), Set.Hash, default));
        Refuses(state, new Operation.ObserveSet(3, [.. next.Members.Reverse()]));
        state = Apply(Apply(state, new Operation.BeReady(Sample.Key(0), next.Hash, default)), new Operation.BeReady(Sample.Key(1), next.Hash, default));
        Refuses(state, new Operation.BeReady(Sample.Key(1), next.Hash, default));

        Assert.Equal(Set.Hash, NextSet(state));
        state = Apply(state, new Operation.BeReady(Sample.Key(2), next.Hash, default));
        Assert.Equal(next.Hash, NextSet(state));
        Assert.Equal(Set.Hash, NextSet(state, epoch: 2)); // P5: the chain has not seen the end of epoch 1
        Assert.Equal(next.Hash, NextSet(Apply(state, new Operation.ObserveCheckpoint(1)), epoch: 2));
    }

    [Fact]
    public void A_reveal_is_the_preimage_of_the_tip_and_moves_the_beacon()
    {
        var (last, tip) = (Sample.Word(5), Keccak256.Of(Sample.Word(5).ToArray()));
        var proposer = Epoch.Set.Members[Epoch.Leaders.LeaderOf(1)].Key;
        var state = Apply(Apply(LedgerState.Empty, new Operation.ObserveSet(2, Set.Members)), new Operation.BeReady(proposer, Set.Hash, tip));
        var place = new BlockPlace(Epoch, BlockKind.EpochEnd, proposer, new BlockContext(0, default, last, 1));
        var content = LedgerExecution.Build(state, place, []);
        var block = Block.Of(new BlockHeader(
            Epoch.Network, 1, 1, 0, Epoch.Anchor.Hash, 1, BlockKind.EpochEnd, Epoch.Leaders.LeaderOf(1), Block.BodyRoot([]), content.Roots, content.Context), [])!;

        Assert.Equal(last, LedgerExecution.Execute(state, Epoch, block)!.Reveals);
        Assert.Null(LedgerExecution.Execute(LedgerState.Empty, Epoch, block));
        Assert.Throws<ArgumentException>(() => LedgerExecution.Build(state, place with { Context = place.Context with { Reveal = Sample.Word(6) } }, []));
    }

    [Fact]
    public void A_block_is_built_of_what_goes_through_and_refused_when_its_roots_are_wrong()
    {
        var good = SignedOperation.Trust(new Operation.AnnounceNode(Node, 1, Sample.Word(1)), default);
        var bad = SignedOperation.Trust(new Operation.RetireNode(Sample.Key(51), 1), default);
        var leader = Epoch.Leaders.LeaderOf(1);
        var content = LedgerExecution.Build(LedgerState.Empty, new BlockPlace(Epoch, BlockKind.EpochEnd, Set.Members[leader].Key, new BlockContext(0, default, default, 1)), [bad, good, good]);
        var header = new BlockHeader(Epoch.Network, 1, 1, 0, Epoch.Anchor.Hash, 1, BlockKind.EpochEnd, leader, Block.BodyRoot(content.Operations), content.Roots, content.Context);

        Assert.Same(good, Assert.Single(content.Operations));
        Assert.Equal(Set.Hash, content.Roots.NextSet);
        Assert.NotNull(LedgerExecution.Execute(LedgerState.Empty, Epoch, Block.Of(header, content.Operations)!));
        Assert.Null(LedgerExecution.Execute(LedgerState.Empty, Epoch, Block.Of(header with { Roots = content.Roots with { State = Sample.Word(1) } }, content.Operations)!));
        Assert.Null(LedgerExecution.Execute(LedgerState.Empty, Epoch, Block.Of(header with { Body = Block.BodyRoot([bad]) }, [bad])!));
        Assert.Null(Block.Of(header, []));
    }

    [Fact]
    public void An_operation_is_read_with_its_authors_signature_and_an_observation_without_any()
    {
        using var signer = new Signer([.. Enumerable.Repeat((byte)7, 32)]);
        var domain = Eip712Domain.Network(412346, Sample.Key(9));
        var operation = new Operation.AnnounceNode(signer.Address, 1, Sample.Word(1));
        var signature = signer.Sign(SignedOperation.Message(operation), domain).Signature;

        Assert.NotNull(SignedOperation.Read(operation, signature, domain));
        Assert.Null(SignedOperation.Read(operation with { Sequence = 2 }, signature, domain));
        Assert.Null(SignedOperation.Read(operation with { Author = Node }, signature, domain));
        Assert.NotNull(SignedOperation.Read(new Operation.ObserveCheckpoint(1), default, domain));
        Assert.Null(SignedOperation.Read(new Operation.ObserveCheckpoint(1), signature, domain));
    }

    private static Hash32 NextSet(LedgerState state, ulong epoch = 1) => LedgerExecution.Build(
        state, new BlockPlace(Epoch with { Number = epoch }, BlockKind.EpochEnd, Sample.Key(3), new BlockContext(0, default, default, 1)), ImmutableArray<SignedOperation>.Empty).Roots.NextSet;

    private static LedgerState Apply(LedgerState state, Operation operation)
    {
        var next = LedgerRules.Apply(state, operation);
        Assert.NotNull(next);
        return next;
    }

    private static void Refuses(LedgerState state, Operation operation) => Assert.Null(LedgerRules.Apply(state, operation));
}
