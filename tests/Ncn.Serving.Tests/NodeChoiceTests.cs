using Ncn.Protocol;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Tests;

public sealed class NodeChoiceTests
{
    private static readonly HashSet<Address> Nobody = [];

    [Fact]
    public void The_better_of_the_two_drawn_is_chosen()
    {
        Candidate[] nodes = [Node(1, free: 1), Node(2, free: 3), Node(3, free: 2)];
        Assert.Equal(nodes[1], Pick(nodes, (0, 1)));
        Assert.Equal(nodes[1], Pick(nodes, (1, 2)));
        Assert.Equal(nodes[2], Pick(nodes, (0, 2)));
        Assert.Equal(nodes[0], Pick(nodes, (0, 0)));
    }

    [Fact]
    public void Full_failed_and_dear_nodes_are_left_out()
    {
        Candidate[] nodes = [Node(1, free: 0), Node(2, free: 4), Node(3, free: 4, price: 200)];
        Assert.Equal(nodes[1], Pick(nodes, (0, 2)));
        Assert.Null(NodeChoice.Pick(nodes, new HashSet<Address> { nodes[1].Node.Operator }, Ceiling, new(100), (0, 1)));
    }

    [Fact]
    public void An_ejected_node_is_used_only_when_no_other_is_left()
    {
        Candidate[] nodes = [Node(1, free: 4, ejected: true), Node(2, free: 1)];
        Assert.Equal(nodes[1], Pick(nodes, (0, 1)));
        Assert.Equal(nodes[0], Pick(nodes[..1], (0, 1)));
    }

    [Fact]
    public void Nobody_is_chosen_when_there_is_nobody() => Assert.Null(Pick([], (3, 4)));

    private static Candidate? Pick(Candidate[] nodes, (uint, uint) draws) => NodeChoice.Pick(nodes, Nobody, Ceiling, new(100), draws);

    private static TokenAmount Ceiling(ModelOffer offer) => offer.Price.PerRequest;

    private static Candidate Node(byte number, int free, uint price = 100, bool ejected = false)
    {
        var bytes = new byte[20];
        bytes[0] = number;
        var offer = new ModelOffer(
            default, "m", "1", ModelOffer.Decoder, ModelPrice.Free with { PerRequest = new(price) }, 512, 1, 4096, "CPU", [], []);
        var record = new NodeRecord(new Address(bytes), 1, "127.0.0.1:1", [1], [offer], 4, HexBytes.Empty, 0, ulong.MaxValue);
        return new Candidate(record, offer, free, ejected);
    }
}
