using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Verification.Tests.Fold;

namespace Ncn.Verification.Tests.Economics;

/// <summary>Leaves as the contract hashes them: the expected words are from foundry's cast (abi-encode, keccak, keccak).</summary>
public sealed class RewardTreeTests
{
    private static readonly SubnetId Subnet = new(7);
    private static readonly Address Token = Address.Parse("0x1111111111111111111111111111111111111111");
    private static readonly Address Account = Address.Parse("0x2222222222222222222222222222222222222222");
    private static readonly Hash32 Id = Hash32.Parse("0x3333333333333333333333333333333333333333333333333333333333333333");

    [Fact]
    public void Leaves_are_those_of_the_contract()
    {
        var reason = Hash32.Parse("0x4444444444444444444444444444444444444444444444444444444444444444");
        var penalty = new Penalty(Id, PenalizedRole.Node, Account, new TokenAmount(5_000_000), reason, 1, default, default, []);

        Assert.Equal("0x00ee3184a34dc65a87721918c3d815cf59654db2949ec85c1f67cdd07e85eca3", RewardTree.RewardLeaf(Subnet, Token, Account, new TokenAmount(123_456_789)).ToString());
        Assert.Equal("0x1b176d8f1825231b311e6debb00e4a00613eb380a9a83e3223cf467ab52d02d0", RewardTree.PenaltyLeaf(Subnet, penalty).ToString());
        Assert.Equal("0x7ccb86795fd891a7cb27a2db75ed2eda60707c4e7e9296e89e32b3a2f1db65f3", RewardTree.PardonLeaf(Subnet, Id).ToString());
    }

    [Fact]
    public void Everything_that_was_stated_has_its_proof()
    {
        var town = new Town();
        town.Check([.. Enumerable.Range(0, 4).Select(_ => town.Receipt())], Town.Cheat);
        town.Check([town.Receipt(Town.Key(201))], Town.Honest);
        town.Deliver(new Fact.FundsReceived(FundKind.Fee, Town.WordOf(Town.Gateway), new TokenAmount(1_000_000)));
        town.EndEpoch();
        var made = town.All<VerificationOutput.StatementMade>().Last();
        var tree = RewardTree.Of(VerificationState.Read(made.Stated.Write())!);

        Assert.Equal((made.Root, town.State.StatementRoot), (tree.Root, made.Root));
        var claim = tree.ClaimOf(Town.Key(201))!;
        Assert.Equal(new TokenAmount(700_000), claim.Cumulative);
        Assert.True(MerkleTree.IsProven(RewardTree.RewardLeaf(claim.Subnet, claim.Token, claim.Account, claim.Cumulative), claim.Proof, tree.Root));
        Assert.Null(tree.ClaimOf(Town.Node));
        var penalty = Assert.Single(made.Stated.Penalties.Values);
        Assert.True(MerkleTree.IsProven(RewardTree.PenaltyLeaf(Town.Place.Subnet, penalty), tree.ProofOf(penalty), tree.Root));
        Assert.True(RewardTree.IsStated(made.Stated, town.State.StatementRoot));
        Assert.False(RewardTree.IsStated(made.Stated with { Reserve = new TokenAmount(1) }, town.State.StatementRoot));
    }
}
