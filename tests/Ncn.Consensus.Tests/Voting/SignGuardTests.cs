using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Voting;

public sealed class SignGuardTests
{
    private static readonly Hash32 A = Sample.Word(1);
    private static readonly Hash32 B = Sample.Word(2);

    /// <summary>What was signed in a view, what is asked for, and whether rules G1 to G4 allow it. N notarize, U nullify, X finalize; a, b blocks.</summary>
    [Theory]
    [InlineData("", "Na", true)]
    [InlineData("Na", "Na", true)]
    [InlineData("Na", "Nb", false)]
    [InlineData("U", "Na", false)]
    [InlineData("Xa", "Na", true)]
    [InlineData("Xa", "Nb", false)]
    [InlineData("Na", "U", true)]
    [InlineData("U", "U", true)]
    [InlineData("Xa", "U", false)]
    [InlineData("", "Xa", true)]
    [InlineData("Na", "Xa", true)]
    [InlineData("Nb", "Xa", false)]
    [InlineData("U", "Xa", false)]
    [InlineData("NaU", "Xa", false)]
    [InlineData("NaU", "Na", true)]
    [InlineData("Xa", "Xb", false)]
    [InlineData("NaXa", "Xa", true)]
    public void The_guard_allows_what_excludes_nothing(string signed, string wanted, bool isAllowed)
    {
        var guard = Votes(signed).Aggregate(SignGuard.Of(1), static (all, vote) => all.With(vote));

        Assert.Equal(isAllowed, guard.Allows(Votes(wanted).Single()));
    }

    [Fact]
    public void Whatever_it_is_asked_for_nothing_that_it_allowed_is_evidence()
    {
        var luck = new Luck(1);
        for (var life = 0; life < 300; life++)
        {
            var (guard, signed) = (SignGuard.Of(1), new List<Vote>());
            for (var i = 0; i < 40; i++)
            {
                var kind = (VoteKind)(1 + luck.Below(3));
                var vote = new Vote(kind, 1, 1 + (ulong)luck.Below(4), kind == VoteKind.Nullify ? default : luck.OneIn(2) ? A : B);
                guard = luck.OneIn(10) ? guard.WithFloor((ulong)luck.Below(4)) : guard;
                if (guard.Allows(vote))
                {
                    guard = guard.With(vote);
                    signed.Add(vote);
                }
            }

            Assert.DoesNotContain(signed, one => signed.Exists(other => Evidence.Conflict(one, other)));
        }
    }

    [Fact]
    public void Nothing_is_signed_at_or_below_the_floor_nor_in_another_epoch()
    {
        var guard = SignGuard.Of(2).With(new Vote(VoteKind.Notarize, 2, 5, A)).WithFloor(5).WithFloor(3);

        Assert.Equal(5UL, guard.Floor);
        Assert.False(guard.Allows(new Vote(VoteKind.Notarize, 2, 5, A)));
        Assert.True(guard.Allows(new Vote(VoteKind.Notarize, 2, 6, A)));
        Assert.False(guard.Allows(new Vote(VoteKind.Notarize, 1, 6, A)));
        Assert.False(guard.Allows(new Vote(VoteKind.Notarize, 3, 6, A)));
        Assert.Throws<ArgumentException>(() => guard.ForEpoch(1));
        Assert.True(guard.ForEpoch(3).Allows(new Vote(VoteKind.Notarize, 3, 1, A)));
        Assert.Throws<InvalidOperationException>(() => guard.With(new Vote(VoteKind.Nullify, 2, 5, default)));
    }

    [Fact]
    public void Checkpoints_rise_over_epochs()
    {
        var mark = new Checkpoint(1, 10, A, A, A, A, default);
        var guard = SignGuard.Of(1).With(mark).ForEpoch(2);

        Assert.True(guard.Allows(mark));
        Assert.False(guard.Allows(mark with { StateRoot = B }));
        Assert.False(guard.Allows(mark with { Height = 9 }));
        Assert.True(guard.Allows(mark with { Height = 11, Epoch = 2 }));
    }

    private static IEnumerable<Vote> Votes(string text)
    {
        for (var i = 0; i < text.Length; i += text[i] == 'U' ? 1 : 2)
        {
            var kind = text[i] == 'N' ? VoteKind.Notarize : text[i] == 'U' ? VoteKind.Nullify : VoteKind.Finalize;
            yield return new Vote(kind, 1, 5, kind == VoteKind.Nullify ? default : text[i + 1] == 'a' ? A : B);
        }
    }
}
