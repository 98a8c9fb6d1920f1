using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Tests.Validators;

/// <summary>Validators over real HTTP, each with a quarter of the stake.</summary>
public sealed class StandingWatchTests
{
    private static readonly Address Node = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly ModelDigest Build = new(Keccak256.Of([1]));

    [Fact]
    public async Task The_subnet_is_told_what_more_than_two_thirds_say_and_only_what_is_new()
    {
        await using var watched = await WatchedGateway.StartAsync();
        var told = watched.Gateway.Actors.Subnet.Standings;
        Say(watched, StandingStatus.Good, 0, 1);
        await LookAsync(watched);
        Assert.Empty(told);

        Say(watched, StandingStatus.Good, 2);
        await LookAsync(watched);
        var node = Assert.Single(Assert.Single(told));
        Assert.Equal((StandingStatus.Good, 10_000u, Build), (node.Status, node.RatePpm, Assert.Single(node.Verified)));

        await LookAsync(watched);
        Assert.Single(told);
        Assert.Equal([1, 1, 2], watched.Validators[..3].Select(static validator => validator.Told)); // the third had said something unsigned before

        Say(watched, StandingStatus.Slashed, 1, 2, 3);
        await LookAsync(watched);
        Assert.Equal(StandingStatus.Slashed, Assert.Single(told[^1]).Status);
    }

    [Fact]
    public async Task What_is_not_signed_by_a_validator_of_the_set_moves_nothing()
    {
        await using var watched = await WatchedGateway.StartAsync();
        using var stranger = new Signer(Enumerable.Repeat((byte)99, 32).ToArray());
        foreach (var validator in watched.Validators)
        {
            var slashed = new LedgerStanding(1, 9, default, [new NodeStanding(Node, 0, StandingStatus.Slashed, 1, 1, [])], [], [], validator.Key.Address);
            validator.Say(slashed.SignedWith(stranger, watched.Gateway.Identity.NetworkDomain));
        }

        await LookAsync(watched);
        Assert.Empty(watched.Gateway.Actors.Subnet.Standings);
        Assert.Empty(watched.Gateway.Get<StandingWatch>().Believed.Nodes);
    }

    [Fact]
    public async Task One_that_answers_in_no_known_characters_keeps_none_of_the_others_from_being_heard()
    {
        await using var watched = await WatchedGateway.StartAsync();
        watched.Validators[3].ContentType = "application/json; charset=none";
        Say(watched, StandingStatus.Good, 0, 1, 2, 3);
        await LookAsync(watched);
        Assert.Single(watched.Gateway.Actors.Subnet.Standings);
    }

    private static void Say(WatchedGateway watched, StandingStatus status, params int[] validators) => Array.ForEach(
        validators, validator => watched.Validators[validator].Say([new NodeStanding(Node, 10_000, status, 50, 0, [Build])]));

    private static Task LookAsync(WatchedGateway watched)
    {
        watched.Time.Advance(TimeSpan.FromSeconds(3));
        return watched.Gateway.Get<ValidatorRounds>().TickAsync(CancellationToken.None);
    }
}
