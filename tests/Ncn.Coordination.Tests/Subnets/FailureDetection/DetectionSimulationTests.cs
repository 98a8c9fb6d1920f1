using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Subnets.FailureDetection;

/// <summary>How fast the dead are found, and how often the living are taken for dead, under jitter and loss: seeded, in virtual time.</summary>
public class DetectionSimulationTests
{
    private const ulong Hour = 3_600_000;
    private const int Members = 10;
    private static readonly SubnetLimits Limits = new(5_000);

    // Ten members for an hour: 36,000 or 72,000 beats. With two losses in a row of beats on the second, nothing distinguishes the living
    // from the dead for three seconds; they are back with the next beat.
    [Theory]
    [InlineData(1_000, 50, 0, 0, 0)]
    [InlineData(1_000, 300, 0, 0, 0)]
    [InlineData(1_000, 300, 1, 400, 6)]
    [InlineData(1_000, 200, 5, 1_900, 110)]
    [InlineData(500, 200, 1, 40, 0)]
    [InlineData(500, 200, 5, 300, 25)]
    public void The_living_are_seldom_suspected_and_hardly_ever_ejected(int period, int jitter, int lossPercent, int mostSuspected, int mostEjected)
    {
        var world = new World(seed: 1, jitter, lossPercent, (ulong)period);
        world.Run(Samples.Start + Hour, dead: null);

        Assert.InRange(world.Outputs.OfType<SubnetOutput.Suspected>().Count(), 0, mostSuspected);
        Assert.InRange(world.Outputs.OfType<SubnetOutput.Ejected>().Count(), 0, mostEjected);
    }

    [Theory]
    [InlineData(1_000, 0, 0, 2_400)]
    [InlineData(1_000, 200, 0, 2_500)]
    [InlineData(1_000, 200, 2, 3_000)]
    [InlineData(500, 200, 2, 2_400)]
    public void The_dead_are_out_within_three_seconds_in_the_mean_and_five_at_most(int period, int jitter, int lossPercent, int mean)
    {
        var times = Enumerable.Range(1, 40).Select(seed => TimeToEject((ulong)seed, jitter, lossPercent, (ulong)period)).ToArray();

        Assert.InRange(times.Average(static time => (double)time), 1_500, mean);
        Assert.InRange(times.Max(), 0UL, 5_300UL);
    }

    // From the kill, anywhere between two beats, until the registry puts it out.
    private static ulong TimeToEject(ulong seed, int jitter, int lossPercent, ulong period)
    {
        var world = new World(seed, jitter, lossPercent, period);
        world.Run(Samples.Start + 120_000 + (seed * 97 % 1_000), dead: null);
        var killed = world.Now;
        return world.Run(killed + 10_000, dead: 3) - killed;
    }

    private sealed class World
    {
        private readonly SeededRandom _random;
        private readonly int _jitter;
        private readonly int _lossPercent;
        private readonly ulong _period;
        private readonly PriorityQueue<(int Node, bool IsArrival), (ulong At, int Order)> _events = new();
        private SubnetState _state = SubnetState.Empty;
        private int _order;

        internal World(ulong seed, int jitter, int lossPercent, ulong period)
        {
            (_random, _jitter, _lossPercent, _period) = (new SeededRandom(seed), jitter, lossPercent, period);
            for (var node = 0; node < Members; node++)
            {
                Apply(new SubnetInput.Join(Now, new SubnetId(1), Samples.Record(node, 1) with { ExpiresAt = Now + (2 * Hour) }));
                Schedule(node, isArrival: false, Now + (ulong)_random.Below(1_000));
            }
        }

        internal ulong Now { get; private set; } = Samples.Start;

        internal List<SubnetOutput> Outputs { get; } = [];

        /// <summary>Until then, or until the dead one is out; the time of that.</summary>
        internal ulong Run(ulong until, int? dead)
        {
            while (_events.TryPeek(out var next, out var when) && when.At <= until)
            {
                _events.Dequeue();
                Now = when.At;
                Happen(next.Node, next.IsArrival, dead);
                if (dead is { } node && _state.Loads[Samples.Node(node)].Standing == MemberStanding.Ejected)
                {
                    return Now;
                }
            }

            return Now = until;
        }

        private void Happen(int node, bool isArrival, int? dead)
        {
            if (isArrival)
            {
                Apply(new SubnetInput.Heartbeat(Now, new NodeHeartbeat(Samples.Node(node), Now, 4, 0, Now)));
            }
            else if (node != dead)
            {
                Schedule(node, isArrival: false, Now + _period);
                if (_random.Below(100) >= _lossPercent)
                {
                    Schedule(node, isArrival: true, Now + (ulong)_random.Below(_jitter + 1));
                }
            }
        }

        private void Schedule(int node, bool isArrival, ulong at) => _events.Enqueue((node, isArrival), (at, _order++));

        private void Apply(SubnetInput input)
        {
            (_state, var outputs) = SubnetMembership.Apply(_state, input, Limits);
            Outputs.AddRange(outputs);
        }
    }
}
