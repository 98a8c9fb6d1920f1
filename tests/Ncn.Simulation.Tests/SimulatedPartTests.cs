using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

/// <summary>The seam by which consensus and verification come into the simulated world, with the smallest part that uses all of it.</summary>
public sealed class SimulatedPartTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_part_lives_under_all_faults_and_is_quiet_at_the_end(ulong seed)
    {
        var part = new Counting();

        var result = SeedRun.Run(new SimulationOptions(seed, 6_000, new Cores()) { Part = () => part });

        Assert.True(result.Violation is null, result.Violation?.Message);
        Assert.True(part.Wanted > 0, "nobody acted");
        Assert.Equal(part.Wanted, part.Counter.Count);
    }

    [Fact]
    public void What_a_part_finds_broken_is_shown_short()
    {
        var options = new SimulationOptions(3, 1_500, new Cores()) { Part = static () => new Counting { Most = 1 } };

        var (_, result) = new Shrinker(options, Counting.Bounded).Shrink();

        Assert.Equal(2, result.Decisions.Count);
        Assert.All(result.Decisions, static decision => Assert.Equal("one more is counted", decision.Words));
    }

    /// <summary>Somebody counts what others want counted, durably; each wish is repeated until it is heard.</summary>
    private sealed class Counting : ISimulated
    {
        internal const string Bounded = "no more are counted than allowed";
        private Asker _asker = null!;

        internal int Most { get; init; } = int.MaxValue;

        internal int Wanted { get; private set; }

        internal Tally Counter { get; private set; } = null!;

        public bool IsQuiet => Counter.Count == Wanted;

        public IReadOnlyList<Process> Build(World world, Cores cores)
        {
            Counter = new Tally(world, Most);
            _asker = new Asker(world, Counter);
            // The one that wants never dies: its wishes are kept nowhere.
            return [Counter];
        }

        public string Act(ulong id)
        {
            _ = _asker.WantAsync(++Wanted);
            return "one more is counted";
        }

        public string Misbehave(ulong id) => "nobody misbehaves";

        public void BeCalm()
        {
        }

        public void CheckQuiet()
        {
            if (Counter.Count != Wanted)
            {
                throw new ViolationException("what is wanted is counted", $"{Counter.Count} of {Wanted}");
            }
        }
    }

    private sealed record Wish(int Number);

    private sealed record Counted(string Numbers);

    private sealed class Asker(World world, Tally tally) : Process(world, "asker")
    {
        internal async Flow WantAsync(int number)
        {
            while (await Ask(tally, new Wish(number), 1_000) is null)
            {
                await Sleep(100);
            }
        }

        internal override void Start()
        {
        }
    }

    private sealed class Tally(World world, int most) : Process(world, "tally")
    {
        private HashSet<int> _numbers = [];

        internal int Count => _numbers.Count;

        internal override void Start() => _numbers = [.. (Disk.Read<Counted>("numbers")?.Numbers ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

        protected override void OnCall(Call call)
        {
            _numbers.Add(((Wish)call.Body).Number);
            if (_numbers.Count > most)
            {
                throw new ViolationException(Counting.Bounded, $"{_numbers.Count} > {most}");
            }

            Disk.Write("numbers", new Counted(string.Join(',', _numbers)), () => call.Reply(true));
        }
    }
}
