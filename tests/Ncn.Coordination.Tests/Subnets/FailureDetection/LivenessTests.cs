using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Subnets.FailureDetection;

/// <summary>Live, suspect, ejected, returned: in virtual time, with members that beat each second.</summary>
public class LivenessTests
{
    private const ulong T0 = Samples.Start;
    private static readonly SubnetLimits Limits = new(5_000);

    [Fact]
    public void A_dead_member_is_suspect_within_two_seconds_or_so_and_out_within_three()
    {
        var run = new Beats(4);
        run.Until(T0 + 60_000);
        var died = run.Now;
        run.Dead.Add(1);

        Assert.InRange(run.UntilOutput<SubnetOutput.Suspected>() - died, 1_900UL, 2_300UL);
        Assert.InRange(run.UntilOutput<SubnetOutput.Ejected>() - died, 2_500UL, 3_000UL);
        Assert.Equal(MemberStanding.Ejected, run.StandingOf(1));
        Assert.Equal(MemberStanding.Live, run.StandingOf(2));
        Assert.Equal(12u, run.FreeSlots);
    }

    [Fact]
    public void A_member_that_beats_again_is_on_probation_first_and_live_after_three_more_beats()
    {
        var run = new Beats(4);
        run.Until(T0 + 60_000);
        run.Dead.Add(1);
        run.UntilOutput<SubnetOutput.Ejected>();

        run.Dead.Clear();
        var back = run.UntilOutput<SubnetOutput.Returned>();
        Assert.Equal(MemberStanding.Probation, run.StandingOf(1));
        run.Until(back + 2_100);
        Assert.Equal(MemberStanding.Probation, run.StandingOf(1));
        run.Until(back + 3_100);
        Assert.Equal(MemberStanding.Live, run.StandingOf(1));
    }

    [Fact]
    public void A_suspect_that_beats_is_live_at_once()
    {
        var run = new Beats(4);
        run.Until(T0 + 60_000);
        run.Dead.Add(1);
        run.UntilOutput<SubnetOutput.Suspected>();
        Assert.Equal(MemberStanding.Suspect, run.StandingOf(1));

        run.Apply(new SubnetInput.Heartbeat(run.Now, new NodeHeartbeat(Samples.Node(1), run.Now, 4, 0, run.Now)));
        Assert.Equal(MemberStanding.Live, run.StandingOf(1));
    }

    [Fact]
    public void When_most_are_silent_half_of_them_stay_suspects_until_the_longest_silence()
    {
        var run = new Beats(4);
        run.Until(T0 + 60_000);
        run.Dead.UnionWith([0, 1, 2, 3]);

        run.Until(T0 + 64_000);
        Assert.Equal(2, run.Count(MemberStanding.Ejected));
        Assert.Equal(2, run.Count(MemberStanding.Suspect));
        run.Until(T0 + 66_000);
        Assert.Equal(4, run.Count(MemberStanding.Ejected));
    }

    [Fact]
    public void A_pause_of_the_registry_itself_ejects_nobody()
    {
        var run = new Beats(4);
        run.Until(T0 + 60_000);

        run.Sleep(20_000);
        run.Apply(new SubnetInput.Tick(run.Now));
        Assert.Equal(4, run.Count(MemberStanding.Suspect));
        run.Until(run.Now + 1_100);

        Assert.Equal(4, run.Count(MemberStanding.Live));
        Assert.DoesNotContain(run.All, output => output is SubnetOutput.Ejected or SubnetOutput.Lost);
    }

    [Fact]
    public void A_silence_is_excused_once_so_that_a_registry_that_is_seldom_asked_forgets_the_dead_too()
    {
        var run = new Beats(2);
        run.Until(T0 + 10_000);
        run.Dead.UnionWith([0, 1]);

        for (var look = 0; look < 3; look++)
        {
            run.Sleep(10_000);
            run.Apply(new SubnetInput.Tick(run.Now));
        }

        Assert.Equal(2, run.Count(MemberStanding.Ejected));
    }

    [Fact]
    public void A_draining_member_offers_no_slots_and_stays_until_it_leaves()
    {
        var run = new Beats(2);
        run.Until(T0 + 5_000);
        run.Draining.Add(0);
        run.Until(T0 + 30_000);

        Assert.True(run.State.Loads[Samples.Node(0)].IsDraining);
        Assert.Equal(MemberStanding.Live, run.StandingOf(0));
        Assert.Equal(4u, run.FreeSlots);
    }

    private sealed class Beats
    {
        private const ulong Step = 20;
        private readonly int _members;

        internal Beats(int members)
        {
            _members = members;
            for (var node = 0; node < members; node++)
            {
                Apply(new SubnetInput.Join(Now, new SubnetId(1), Samples.Record(node, 1)));
            }
        }

        internal ulong Now { get; private set; } = T0;

        internal SubnetState State { get; private set; } = SubnetState.Empty;

        internal HashSet<int> Dead { get; } = [];

        internal HashSet<int> Draining { get; } = [];

        internal List<SubnetOutput> All { get; } = [];

        internal uint FreeSlots => State.ReportedFreeSlots;

        internal MemberStanding StandingOf(int node) => State.Loads[Samples.Node(node)].Standing;

        internal int Count(MemberStanding standing) => State.Loads.Values.Count(load => load.Standing == standing);

        internal void Sleep(ulong milliseconds) => Now += milliseconds;

        internal void Until(ulong time)
        {
            while (Now < time)
            {
                Advance();
            }
        }

        internal ulong UntilOutput<T>()
            where T : SubnetOutput
        {
            for (var i = 0; i < 1_000; i++)
            {
                if (Advance().OfType<T>().Any())
                {
                    return Now;
                }
            }

            throw new InvalidOperationException($"No {typeof(T).Name} in 20 seconds.");
        }

        internal IReadOnlyList<SubnetOutput> Apply(SubnetInput input)
        {
            (State, var outputs) = SubnetMembership.Apply(State, input, Limits);
            All.AddRange(outputs);
            return outputs;
        }

        private List<SubnetOutput> Advance()
        {
            Now += Step;
            var outputs = new List<SubnetOutput>(Apply(new SubnetInput.Tick(Now)));
            for (var node = 0; node < _members && Now % 1_000 == 0; node++)
            {
                if (!Dead.Contains(node))
                {
                    var beat = new NodeHeartbeat(Samples.Node(node), Now, 4, 0, Now) { Draining = Draining.Contains(node) };
                    outputs.AddRange(Apply(new SubnetInput.Heartbeat(Now, beat)));
                }
            }

            return outputs;
        }
    }
}
