using Ncn.Chain.Artifacts;
using Ncn.Chain.Registry;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests;

/// <summary>Contracts on their CREATE2 addresses, subnets and stakes.</summary>
public sealed class DeploymentTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public async Task Deploying_again_sends_nothing()
    {
        var again = await new ContractDeployer(local.Minter.Chain).DeployAllAsync(local.Artifacts, withTestToken: true);

        Assert.Equal(5, again.Count);
        Assert.All(again, deployment => Assert.Null(deployment.Transaction));
        Assert.True(await local.Minter.Chain.HasCodeAsync(local.Artifacts.InferencePayment.Address));
    }

    [Fact]
    public async Task The_escrow_can_stand_at_the_canonical_address_too()
    {
        await new CanonicalCopies(local.Minter.Chain).EnsureAsync(local.Artifacts);
        var elsewhere = new Party(local.Settings with { InferencePayment = Forknet.CanonicalX402 }, local.Minter.Key);
        var channel = elsewhere.ChannelTo(elsewhere);

        Assert.Equal(elsewhere.IdOf(channel), await elsewhere.Payments.ReadChannelIdAsync(channel));
        Assert.NotEqual(local.Minter.IdOf(channel), elsewhere.IdOf(channel));
        Assert.All(await new CanonicalCopies(local.Minter.Chain).EnsureAsync(local.Artifacts), copy => Assert.False(copy.IsNew));
    }

    [Fact]
    public void A_file_whose_address_does_not_follow_from_its_code_is_refused()
    {
        var contract = local.Artifacts.TestUsd;
        var path = Path.GetTempFileName();
        File.WriteAllText(path, $$"""
            {"deployer":"{{local.Artifacts.Deployer}}","contracts":{"TestUsd":{"address":"{{contract.Address}}","salt":"{{contract.Salt}}","creationCode":"0x00"} } }
            """);

        var refused = Assert.Throws<FormatException>(() => ContractArtifacts.Load(path));
        File.Delete(path);

        Assert.Contains("TestUsd", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subnet_is_made_read_and_staked_in()
    {
        var owner = await local.NewPartyAsync(10);
        var registry = new ValidatorRegistryContract(owner.Chain);
        var parameters = new SubnetParameters(new(3_000_000), new(1_000_000), new(2_000_000), 21 * 24 * 3600, 3600, 250, Hash32.Parse("0x" + new string('7', 64)));
        var before = await registry.ReadSubnetCountAsync();

        var subnet = await registry.CreateSubnetAsync("vision", local.Settings.Token, parameters);
        await owner.Token.EnsureAllowanceAsync(local.Settings.ValidatorRegistry, new TokenAmount(4_000_000));
        await registry.StakeAsync(subnet.Id, SubnetRole.Node, new TokenAmount(4_000_000));

        Assert.Equal(new SubnetId(before + 1), subnet.Id);
        Assert.Equal(new SubnetView(subnet.Id, "vision", owner.Address, local.Settings.Token, parameters), await registry.ReadSubnetAsync(subnet.Id));
        Assert.Equal(new StakeView(new(4_000_000), TokenAmount.Zero, TokenAmount.Zero, 0), await registry.ReadStakeAsync(subnet.Id, SubnetRole.Node, owner.Address));
        Assert.Equal(6_000_000UL, await owner.DollarsAsync());
    }

    [Fact]
    public async Task An_unknown_subnet_is_named_in_the_error()
    {
        var refused = await Assert.ThrowsAsync<ContractRevertedException>(
            () => new ValidatorRegistryContract(local.Minter.Chain).ReadSubnetAsync(new SubnetId(4711)));

        Assert.Equal("UnknownSubnet", refused.Error);
        Assert.Contains("subnetId 4711", refused.Message, StringComparison.Ordinal);
    }
}
