namespace Ncn.Verification.Tests.Fold;

/// <summary>The floor that the subnet sets on the chain, once the ledger has it.</summary>
public sealed class FloorTests
{
    [Fact]
    public void It_holds_from_the_next_epoch_on_and_the_last_one_of_an_epoch_counts()
    {
        var town = new Town();
        var before = town.State.Rules.FloorPpm;
        town.Deliver(new Fact.FloorObserved(20_000), new Fact.FloorObserved(50_000));
        Assert.Equal((before, 50_000u), (town.State.Rules.FloorPpm, town.State.NextFloorPpm));
        Assert.Equal(town.State.Digest, VerificationState.Read(town.State.Write())?.Digest);

        town.EndEpoch();
        Assert.Equal((50_000u, 0u), (town.State.Rules.FloorPpm, town.State.NextFloorPpm));
        Assert.Equal(50_000u, town.All<VerificationOutput.StatementMade>().Last().Stated.Rules.FloorPpm);
        town.EndEpoch();
        Assert.Equal(50_000u, town.State.Rules.FloorPpm);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1_000_001u)]
    public void What_is_no_share_is_left_out(uint floor)
    {
        var town = new Town();
        town.Deliver(new Fact.FloorObserved(floor));
        Assert.Equal(0u, town.State.NextFloorPpm);
    }
}
