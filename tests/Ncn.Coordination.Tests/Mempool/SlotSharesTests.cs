using Ncn.Coordination.Mempool;

namespace Ncn.Coordination.Tests.Mempool;

public class SlotSharesTests
{
    [Fact]
    public void A_pool_is_told_the_room_of_the_nodes_that_serve_it()
    {
        var shares = SlotShares.Of([Node(4, "chat"), Node(3, "chat", "embed"), Node(2, "vision")], static _ => false);

        Assert.Equal([("chat", 7u), ("embed", 3u), ("vision", 2u)], shares.Select(static share => (share.Key, share.Value)));
    }

    [Fact]
    public void Pools_that_have_jobs_share_a_nodes_room_and_none_of_it_is_given_out_twice()
    {
        var shares = SlotShares.Of([Node(5, "chat", "embed", "vision"), Node(1, "embed", "chat")], static pool => pool != "vision");

        Assert.Equal([("chat", 4u), ("embed", 2u), ("vision", 5u)], shares.Select(static share => (share.Key, share.Value)));
    }

    [Fact]
    public void Room_beyond_all_numbers_is_the_largest_number() =>
        Assert.Equal(uint.MaxValue, SlotShares.Of([Node(uint.MaxValue, "chat"), Node(1, "chat")], static _ => true)["chat"]);

    private static NodeRoom Node(uint free, params string[] pools) => new(free, pools);
}
