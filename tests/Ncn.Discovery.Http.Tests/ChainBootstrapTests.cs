using Ncn.Chain.Registry;
using Ncn.Discovery.Http.Bootstrap;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Tests;

/// <summary>Addresses that operators announced on the chain are ways in, each to a peer of that operator only.</summary>
public sealed class ChainBootstrapTests
{
    [Fact]
    public void Entries_of_the_chain_that_are_urls_become_ways_in_to_their_operators()
    {
        var (one, other) = (Address.Parse("0x00000000000000000000000000000000000000a1"), Address.Parse("0x00000000000000000000000000000000000000a2"));
        var records = ChainBootstrap.Records(
        [
            new BootstrapEntry(one, new TokenAmount(5), "https://one.example/"), new BootstrapEntry(one, new TokenAmount(5), "https://one.example/"),
            new BootstrapEntry(other, new TokenAmount(1), "ftp://other.example"), new BootstrapEntry(other, new TokenAmount(1), "\0nonsense"),
        ]);
        var record = Assert.Single(records);
        Assert.Equal((new Uri("https://one.example/"), one, null), (record.Url, record.Operator, record.Record));
    }

    [Fact]
    public async Task An_announced_address_leads_to_a_peer_of_the_operator_that_announced_it_and_to_no_other()
    {
        await using var there = await Citizen.StartAsync();
        await using var newcomer = await Citizen.StartAsync();
        using var somebody = Town.NewKey();
        await newcomer.Entry(null, new Announced(new BootstrapEntry(somebody.Address, new TokenAmount(9), there.Contact.Url))).JoinAsync(default);
        Assert.Equal(0, newcomer.Peer.State.Table.Count);
        await newcomer.Entry(null, new Announced(new BootstrapEntry(there.Operator.Address, new TokenAmount(9), there.Contact.Url))).JoinAsync(default);
        await Town.UntilAsync(() => newcomer.Peer.State.Table.Count == 1, "The announced peer was not found.");
    }

    private sealed class Announced(params BootstrapEntry[] entries) : IBootstrapSource
    {
        public string Name => "entries";

        public Task<IReadOnlyList<BootstrapRecord>> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(ChainBootstrap.Records(entries));
    }
}
