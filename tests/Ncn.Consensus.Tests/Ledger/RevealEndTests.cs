using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus.Tests.Ledger;

/// <summary>K2: a chain of reveals has an end that the ledger knows, so that no ledger stops at it.</summary>
public sealed class RevealEndTests
{
    private static readonly EpochSettings Epoch = Sample.Epoch(Sample.Set(1, 1, 1, 1), 0);
    private static readonly Address Proposer = Epoch.Set.Members[0].Key;
    private static readonly Hash32 Last = Sample.Word(1);

    [Fact]
    public void The_last_link_is_owed_and_after_it_none()
    {
        var almost = Shown(LedgerExecution.MostReveals - 1);
        Assert.Throws<ArgumentException>(() => LedgerExecution.Build(almost, Place(default), []));
        LedgerExecution.Build(almost, Place(Last), []);

        var after = Shown(LedgerExecution.MostReveals);
        LedgerExecution.Build(after, Place(default), []);
        Assert.Throws<ArgumentException>(() => LedgerExecution.Build(after, Place(Last), [])); // its preimage of the tip would be one link too many
    }

    [Fact]
    public void Links_are_counted_from_the_tip_on_and_the_beacon_has_them()
    {
        var tip = Shown(null);
        Assert.Equal((0UL, Keccak256.Of(Last.ToArray())), (tip.RevealsOf(Proposer), tip.RevealTipOf(Proposer)));
        var block = Sample.Block(Epoch, 1, Epoch.Anchor, LedgerState.Empty);
        var place = new BlockPlace(Epoch, BlockKind.Normal, Proposer, block.Header.Context with { Reveal = Last });
        var header = block.Header with { Proposer = 0, Context = place.Context, Roots = LedgerExecution.Build(tip, place, []).Roots };
        var state = LedgerExecution.Execute(tip, Epoch, Block.Of(header, [])!)!;
        Assert.Equal((1UL, Last, Last), (state.RevealsOf(Proposer), state.RevealTipOf(Proposer), state.Reveals));
    }

    private static BlockPlace Place(Hash32 reveal) => new(Epoch, BlockKind.Normal, Proposer, new BlockContext(0, default, reveal, 1));

    private static LedgerState Shown(ulong? links)
    {
        var tip = new CanonicalWriter().Word(Keccak256.Of(Last.ToArray()));
        return LedgerState.Empty.With(LedgerState.Key(LedgerTable.RevealTip, Proposer), links is { } shown ? tip.Number(shown) : tip);
    }
}
