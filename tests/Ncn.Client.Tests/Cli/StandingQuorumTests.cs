using System.Collections.Immutable;
using Ncn.Cli.Validators;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Cli;

/// <summary>Of what validators say, that counts which more than two thirds of the stake say.</summary>
public sealed class StandingQuorumTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(1, Address.Parse("0x00000000000000000000000000000000000000aa"));
    private static readonly Address Node = Address.Parse("0x00000000000000000000000000000000000000bb");
    private readonly Signer[] keys = [.. Enumerable.Range(1, 5).Select(static number => new Signer([.. new byte[31], (byte)number]))];

    private StandingQuorum Quorum => new(keys.Take(4).ToImmutableSortedDictionary(static key => key.Address, static _ => (UInt128)100), Domain);

    public void Dispose() => Array.ForEach(keys, static key => key.Dispose());

    [Theory]
    [InlineData(3, StandingStatus.Slashed)]
    [InlineData(2, StandingStatus.New)]
    public void More_than_two_thirds_are_believed(int agreeing, StandingStatus believed)
    {
        var said = keys.Take(4).Select((key, place) => Say(key, place < agreeing ? StandingStatus.Slashed : StandingStatus.Good, height: (ulong)place));
        Assert.Equal(believed, Assert.Single(Quorum.Nodes(said)).Status);
    }

    [Fact]
    public void Nobody_has_two_voices_and_strangers_and_forgers_have_none()
    {
        LedgerStanding[] said =
        [
            Say(keys[0], StandingStatus.Slashed, 1), Say(keys[0], StandingStatus.Slashed, 2), Say(keys[1], StandingStatus.Slashed, 1), Say(keys[4], StandingStatus.Slashed, 1),
            Say(keys[2], StandingStatus.Good, 1) with { Nodes = [Stands(StandingStatus.Slashed)] },
        ];
        Assert.Empty(Quorum.Nodes(said));
        Assert.Contains("does not vote", Quorum.ProblemOf(said[3]), StringComparison.Ordinal);
        Assert.Contains("not signed", Quorum.ProblemOf(said[4]), StringComparison.Ordinal);
        Assert.Equal(StandingStatus.Slashed, Assert.Single(Quorum.Nodes([.. said, Say(keys[3], StandingStatus.Slashed, 9)])).Status);
    }

    private static NodeStanding Stands(StandingStatus status) => new(Node, 1_000_000, status, 8, 4, []);

    private static LedgerStanding Say(Signer key, StandingStatus status, ulong height) =>
        new LedgerStanding(1, height, default, [Stands(status)], [], [], key.Address).SignedWith(key, Domain);
}
