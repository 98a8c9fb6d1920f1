using Ncn.Chain.Registry;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests;

/// <summary>A newcomer reads from the chain whom to ask first.</summary>
public sealed class BootstrapDirectoryTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public async Task Entries_come_by_stake_and_those_without_any_do_not_come()
    {
        var subnet = await NewSubnetAsync();
        var (small, large, leaving) = (await StakedAsync(subnet, 1_000_000), await StakedAsync(subnet, 3_000_000), await StakedAsync(subnet, 2_000_000));
        foreach (var (who, url) in new[] { (small, "https://small.example/"), (large, "https://large.example/"), (leaving, "https://leaving.example/") })
        {
            await AnnounceAsync(who, subnet, url);
        }

        await AnnounceAsync(small, subnet, "https://small.example:444/");
        await leaving.Chain.SendAsync(new StakeContract(leaving.Chain).UnbondCall(subnet, SubnetRole.Gateway, new TokenAmount(2_000_000)));

        var entries = await Directory(local.Minter).ReadAsync(subnet);

        Assert.Equal(
            [new BootstrapEntry(large.Address, new(3_000_000), "https://large.example/"), new BootstrapEntry(small.Address, new(1_000_000), "https://small.example:444/")],
            entries);
        Assert.Single(await Directory(local.Minter).ReadAsync(subnet, most: 1));

        await local.Minter.Chain.SendAsync(Directory(local.Minter).RemoveCall(subnet, leaving.Address));
        await Assert.ThrowsAsync<ContractRevertedException>(() => local.Minter.Chain.SendAsync(Directory(local.Minter).RemoveCall(subnet, large.Address)));
    }

    [Fact]
    public async Task More_entries_than_a_page_holds_are_read_and_a_subnet_without_any_has_none()
    {
        var subnet = await NewSubnetAsync();
        Assert.Empty(await Directory(local.Minter).ReadAsync(subnet));
        var parties = new List<Party>();
        for (var index = 0; index < 5; index++)
        {
            parties.Add(await StakedAsync(subnet, 1_000_000 + (ulong)index));
            await AnnounceAsync(parties[^1], subnet, "https://example.com/");
        }

        var entries = await new BootstrapDirectoryContract(local.Minter.Chain) { PageSize = 2 }.ReadAsync(subnet);
        Assert.Equal(parties.AsEnumerable().Reverse().Select(static party => party.Address), entries.Select(static entry => entry.Operator));
    }

    [Fact]
    public async Task Who_has_no_stake_is_refused_by_name()
    {
        var subnet = await NewSubnetAsync();
        var stranger = await local.NewPartyAsync(1);
        var refused = await Assert.ThrowsAsync<ContractRevertedException>(() => AnnounceAsync(stranger, subnet, "https://stranger.example/"));
        Assert.Contains("NotActive", refused.Message, StringComparison.Ordinal);
    }

    private static BootstrapDirectoryContract Directory(Party party) => new(party.Chain);

    private static async Task AnnounceAsync(Party party, SubnetId subnet, string url) =>
        await party.Chain.SendAsync(Directory(party).AnnounceCall(subnet, new Uri(url)));

    private async Task<SubnetId> NewSubnetAsync()
    {
        var parameters = new SubnetParameters(new(1_000_000), new(1_000_000), new(1_000_000), 21 * 24 * 3600, 3600, 250, default);
        return (await new ValidatorRegistryContract(local.Minter.Chain).CreateSubnetAsync("text", local.Settings.Token, parameters)).Id;
    }

    private async Task<Party> StakedAsync(SubnetId subnet, ulong units)
    {
        var party = await local.NewPartyAsync(10);
        await party.Token.EnsureAllowanceAsync(local.Settings.ValidatorRegistry, new TokenAmount(units));
        await new ValidatorRegistryContract(party.Chain).StakeAsync(subnet, SubnetRole.Gateway, new TokenAmount(units));
        return party;
    }
}
