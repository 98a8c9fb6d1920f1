using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Engine;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Engine;

/// <summary>A validator reveals its chain link by link, also while it has a second chain for the next set.</summary>
public sealed class RevealChainTests
{
    [Fact]
    public void A_link_of_another_chain_that_was_looked_for_leaves_the_chain_as_it_was()
    {
        var (chain, other) = (new RevealChain(Keccak256.Of("one"u8), 1 << 13), new RevealChain(Keccak256.Of("two"u8), 1 << 13));
        var second = Reveal(chain, chain.Tip);

        Assert.Null(chain.Before(other.Tip));

        Assert.Equal(second, chain.Before(chain.Tip));
        Reveal(chain, second);
    }

    [Fact]
    public void A_chain_gives_each_of_its_links_once_and_at_its_end_the_validator_leads_without_one()
    {
        var chain = new RevealChain(Keccak256.Of("one"u8), 1 << 10);
        var link = chain.Tip;
        for (var i = 0; i < 1 << 10; i++)
        {
            link = Reveal(chain, link);
        }

        Assert.Null(chain.Before(link));

        var epoch = new EngineSettings(Sample.Salt, Sample.Domains, ConsensusLimits.Default, 100).FirstEpoch(TestCluster.SetOf(1, 2, 3, 4));
        var key = epoch.Set.Members[0].Key;
        Assert.Null(Led(LedgerExecution.MostReveals - 1)); // one is owed, and there is none: a missed turn
        Assert.True(Led(LedgerExecution.MostReveals) is { Context.Reveal.IsZero: true });

        BlockContent? Led(ulong shown)
        {
            var ledger = LedgerState.Empty with { Main = StateTrie.Of([(Keccak256.Of(new CanonicalWriter().Byte((byte)LedgerTable.RevealTip).Address(key).Written), new HexBytes(new CanonicalWriter().Word(link).Number(shown).Written))]) };
            var desk = new LedgerDesk(new OperationPool(), NoChain.Instance, [], chain.Before, TimeProvider.System);
            desk.Set(epoch.Anchor.Hash, ledger);
            return desk.Build(new ConsensusOutput.Build(1, epoch.Anchor, BlockKind.Normal, 1), epoch, key);
        }
    }

    private static Hash32 Reveal(RevealChain chain, Hash32 link)
    {
        var before = chain.Before(link);
        Assert.NotNull(before);
        Assert.Equal(link, Keccak256.Of(before.Value.ToArray()));
        return before.Value;
    }
}
