using Ncn.Coordination.Requests;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Requests;

public class RequestLedgerTests
{
    private const ulong T0 = Samples.Start;
    private const ulong Retention = 86_400_000;
    private static readonly Hash32 A = Samples.Request(1).Value;
    private static readonly Hash32 B = Samples.Request(2).Value;

    /// <summary>Found by the simulator: an abandon that came late ended the run that was begun since.</summary>
    [Fact]
    public void An_abandon_that_comes_late_does_not_end_a_later_run()
    {
        var (first, _) = RequestLedger.Apply(RequestState.Empty, new RequestInput.Begin(T0, A, 1000, IsQueued: true), Retention);
        var (gone, _) = RequestLedger.Apply(first, new RequestInput.Abandon(T0 + 1, T0), Retention);
        var (again, _) = RequestLedger.Apply(gone, new RequestInput.Begin(T0 + 2, A, 1000, IsQueued: true), Retention);

        Assert.Equal(RequestPhase.None, gone.Phase);
        Assert.Equal(again, RequestLedger.Apply(again, new RequestInput.Abandon(T0 + 3, T0), Retention).State);
        Assert.Equal(RequestPhase.None, RequestLedger.Apply(again, new RequestInput.Abandon(T0 + 3), Retention).State.Phase);
    }

    /// <summary>Each row: what happens, at which time after the start, and what the shell is told (wake-ups aside).</summary>
    public static TheoryData<string, string> Histories() => new()
    {
        { "begin A 0; complete ok 10; begin A 20", "Start; KeepAnswer; GiveAnswer" },
        { "begin A 0; complete bad 10; begin A 20", "Start; KeepAnswer; GiveAnswer" },
        { "begin A 0; begin A 999", "Start; TellInProgress" },
        { "begin A 0; begin A 1000; complete ok 1001", "Start; Start; KeepAnswer" },
        { "begin A 0; begin B 10", "Start; TellConflict" },
        { "begin A 0; complete ok 10; begin B 20", "Start; KeepAnswer; TellConflict" },
        { "begin A 0; begin B 5000", "Start; TellConflict" },
        { "begin A 0; abandon 10; begin B 20", "Start; Forget; Start" },
        { "begin A 0; complete ok 10; abandon 20; begin A 30", "Start; KeepAnswer; Ignore; GiveAnswer" },
        { "begin A 0; complete ok 10; complete bad 20", "Start; KeepAnswer; Ignore" },
        { "complete ok 0", "Ignore" },
        { "abandon 0", "Ignore" },
        { "tick 0", "" },
        { "begin A 0; complete ok 10; tick 86400009; tick 86400010; begin B 86400011", "Start; KeepAnswer; Forget; Start" },
        { "begin A 0; complete ok 10; begin B 86400010", "Start; KeepAnswer; Forget+Start" },
        { "begin A 0; complete ok 86401000", "Start; Forget+Ignore" },
        { "queue A 0; begin A 10; complete ok 20", "Start; TellInProgress; KeepAnswer" },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_request_follows_its_table(string history, string expected)
    {
        var state = RequestState.Empty;
        var told = new List<string>();
        foreach (var line in history.Split("; "))
        {
            (state, var outputs) = RequestLedger.Apply(state, Parse(line.Split(' ')), Retention);
            told.Add(string.Join('+', outputs.Where(static output => output is not RequestOutput.WakeAt).Select(static output => output.GetType().Name)));
        }

        Assert.Equal(expected, string.Join("; ", told.Where(static text => text.Length > 0)));
    }

    [Fact]
    public void It_wakes_to_be_forgotten()
    {
        var (begun, outputs) = RequestLedger.Apply(RequestState.Empty, new RequestInput.Begin(T0, A, 1_000, IsQueued: true), Retention);
        Assert.Contains(new RequestOutput.WakeAt(T0 + 1_000 + Retention), outputs);
        Assert.Equal(RequestPhase.Pending, begun.Phase);

        var (done, _) = RequestLedger.Apply(begun, new RequestInput.Complete(T0 + 5_000, IsSuccess: true), Retention);
        Assert.Equal(RequestPhase.Done, done.Phase);
        var (early, later) = RequestLedger.Apply(done, new RequestInput.Tick(T0 + 1_000 + Retention), Retention);
        Assert.Same(done, early);
        Assert.Equal([new RequestOutput.WakeAt(T0 + 5_000 + Retention)], later);
    }

    [Fact]
    public void A_lease_is_bounded()
    {
        var (state, _) = RequestLedger.Apply(RequestState.Empty, new RequestInput.Begin(T0, A, ulong.MaxValue, IsQueued: false), Retention);

        Assert.Equal(T0 + RequestLedger.MaxLeaseMilliseconds, state.LeaseUntil);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void One_answer_and_one_lease_at_a_time_over_random_histories(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var state = RequestState.Empty;
        var now = T0;
        var leaseUntil = 0UL;
        var answered = false;
        for (var i = 0; i < 5_000; i++)
        {
            now += (ulong)random.Below(random.Below(50) == 0 ? 100_000_000 : 600);
            (state, var outputs) = RequestLedger.Apply(state, Draw(random, now), Retention);
            foreach (var output in outputs)
            {
                (answered, leaseUntil) = output switch
                {
                    RequestOutput.Forget => (false, 0UL),
                    RequestOutput.Start => Begun(answered, leaseUntil, now, state),
                    RequestOutput.KeepAnswer => (Once(answered), leaseUntil),
                    _ => (answered, leaseUntil),
                };
            }

            Assert.Equal(answered, state.IsAnswered);
        }
    }

    private static (bool, ulong) Begun(bool answered, ulong leaseUntil, ulong now, RequestState state)
    {
        Assert.False(answered, "an answered request was begun again");
        Assert.True(now >= leaseUntil, "two leases at once");
        return (false, state.LeaseUntil);
    }

    private static bool Once(bool answered)
    {
        Assert.False(answered, "a second answer was kept");
        return true;
    }

    private static RequestInput Draw(SeededRandom random, ulong now) => random.Below(6) switch
    {
        0 => new RequestInput.Complete(now, random.Below(2) == 0),
        1 => new RequestInput.Abandon(now),
        2 => new RequestInput.Tick(now),
        _ => new RequestInput.Begin(now, random.Below(4) == 0 ? B : A, (ulong)random.Below(2_000), random.Below(2) == 0),
    };

    private static RequestInput Parse(string[] words)
    {
        var now = T0 + ulong.Parse(words[^1], System.Globalization.CultureInfo.InvariantCulture);
        return words[0] switch
        {
            "begin" => new RequestInput.Begin(now, words[1] == "A" ? A : B, 1_000, IsQueued: false),
            "queue" => new RequestInput.Begin(now, words[1] == "A" ? A : B, 1_000, IsQueued: true),
            "complete" => new RequestInput.Complete(now, words[1] == "ok"),
            "abandon" => new RequestInput.Abandon(now),
            _ => new RequestInput.Tick(now),
        };
    }
}
