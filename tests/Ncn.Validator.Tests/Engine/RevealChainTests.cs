using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Engine;

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

    private static Hash32 Reveal(RevealChain chain, Hash32 link)
    {
        var before = chain.Before(link);
        Assert.NotNull(before);
        Assert.Equal(link, Keccak256.Of(before.Value.ToArray()));
        return before.Value;
    }
}
