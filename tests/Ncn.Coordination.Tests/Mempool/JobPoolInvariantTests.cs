using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Mempool;

/// <summary>Random histories: every step is held against <see cref="NaivePool"/>, and what was promised against what comes out.</summary>
public class JobPoolInvariantTests
{
    private static readonly MempoolLimits Limits = new(3)
    {
        Capacity = 12, MaxBytes = 12 * 600, MaxPerPayer = 6, MaxRemembered = 40, MemoryMilliseconds = 400_000, MaxDeclines = 3,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_step_is_that_of_the_simple_pool_and_keeps_the_invariants(int seed)
    {
        var history = new History((ulong)seed);
        for (var i = 0; i < 2_500; i++)
        {
            history.Step();
        }

        Assert.True(history.Ended > 200, $"only {history.Ended} jobs ended: the history tests too little");
        Assert.Equal(Enum.GetValues<MempoolOutcome>(), history.Outcomes.Order());
        Assert.Equal(Enum.GetValues<JobDeath>().Skip(1), history.Deaths.Order());
    }

    private sealed class History(ulong seed)
    {
        private readonly SeededRandom _random = new(seed);
        private readonly NaivePool _simple = new(Limits);
        private readonly Dictionary<RequestId, Job> _kept = [];
        private readonly Dictionary<RequestId, ulong> _remembered = [];
        private readonly Dictionary<RequestId, ulong> _tokens = [];
        private readonly List<(RequestId Request, ulong Token, Address Node)> _leases = [];
        private MempoolState _state = new();
        private ulong _now = Samples.Start;
        private ulong _lastToken;

        internal int Ended { get; private set; }

        internal HashSet<MempoolOutcome> Outcomes { get; } = [];

        internal HashSet<JobDeath> Deaths { get; } = [];

        internal void Step()
        {
            _now += (ulong)_random.Below(_random.Below(10) == 0 ? 20_000 : 400);
            if (_random.Below(200) == 0)
            {
                _state = new MempoolState(_kept, _remembered, _state.LastToken, Limits);
                _simple.Crash();
            }

            Apply(Draw());
            if (JobPool.NextWake(_state) is { } wake && wake < _now)
            {
                // Whatever is due is done by a Tick: the pool never waits for something that has passed.
                Apply(new MempoolInput.Tick(_now));
                Assert.True((JobPool.NextWake(_state) ?? _now) >= _now, "a Tick left something undone");
            }
        }

        private void Apply(MempoolInput input)
        {
            var released = _state.Count(JobPhase.Released);
            (_state, var outputs) = JobPool.Apply(_state, input, Limits);
            Assert.Equal(_simple.Apply(input), outputs);
            Assert.Equal(_simple.Jobs, _state.Jobs);
            Assert.Equal(_simple.FreeSlots, _state.FreeSlots);
            Assert.Equal(_simple.NextWake, JobPool.NextWake(_state));
            foreach (var output in outputs)
            {
                Check(output);
            }

            CheckState(released);
        }

        private void Check(MempoolOutput output)
        {
            switch (output)
            {
                case MempoolOutput.Release release:
                    Assert.True(release.Token > _lastToken, "tokens rise");
                    _lastToken = _tokens[release.Request] = release.Token;
                    Assert.True(_kept[release.Request].Deliveries <= Limits.MaxDeliveries, "handed out too often");
                    Assert.True(_kept[release.Request].Deadline > _now, "handed out after its deadline");
                    _leases.Add((release.Request, release.Token, Samples.Node(_random.Below(3))));
                    break;
                case MempoolOutput.Keep keep:
                    _kept[keep.Request] = keep.Job;
                    break;
                case MempoolOutput.Forget forget:
                    Assert.True(_kept.Remove(forget.Request), "a job ends once");
                    _remembered[forget.Request] = forget.RememberUntil;
                    Ended++;
                    break;
                case MempoolOutput.Bury bury:
                    Deaths.Add(bury.Death);
                    break;
                case MempoolOutput.Reply reply:
                    Outcomes.Add(reply.Outcome);
                    break;
            }
        }

        private void CheckState(int releasedBefore)
        {
            Assert.Equal(_kept.OrderBy(static entry => entry.Key.Value), _state.Jobs);
            foreach (var old in _remembered.Keys.Except(_state.Remembered.Select(static entry => entry.Key)).ToArray())
            {
                _remembered.Remove(old);
            }

            var living = _kept.Values.Where(static job => job.Phase != JobPhase.Dead).ToArray();
            Assert.Equal(living.Length, _state.Living);
            Assert.True(living.Length <= Limits.Capacity && _kept.Count <= 2 * Limits.Capacity, "over capacity");
            Assert.Equal(living.Aggregate(0UL, static (sum, job) => sum + job.Bytes + Limits.BytesBeside), _state.Bytes);
            Assert.True(_state.Bytes <= Limits.MaxBytes, "too many bytes");
            Assert.All(living.CountBy(static job => job.Payer), payer => Assert.True(payer.Value <= Limits.MaxPerPayer && payer.Value == _state.LivingOf(payer.Key)));
            Assert.All(living, static job => Assert.True(job.Phase != JobPhase.Running || !job.Node.IsZero));
            Assert.True(_state.Count(JobPhase.Released) <= Math.Max(_state.FreeSlots, releasedBefore), "released more than there is room for");
        }

        private MempoolInput Draw()
        {
            switch (_random.Below(12))
            {
                case 0 or 1 or 2 or 3:
                    return Submission();
                case 4:
                    return new MempoolInput.SetFreeSlots(_now, (uint)_random.Below(6));
                case 5 when _leases.Count > 0:
                    var (request, token, node) = Lease();
                    return new MempoolInput.Accept(_now, request, token, node);
                case 6 when _leases.Count > 0:
                    return new MempoolInput.Complete(_now, Lease().Request);
                case 7 when _kept.Count > 0:
                    return new MempoolInput.Buried(_now, Any());
                case 8 when _leases.Count > 0:
                    (request, token, node) = Lease();
                    return new MempoolInput.Decline(_now, request, token, node);
                case 9 when _leases.Count > 0 && _random.Below(3) == 0:
                    return new MempoolInput.ReleaseFailed(_now, _leases[^1].Request, _leases[^1].Token);
                case 10:
                    return new MempoolInput.Take(_now, Samples.Node(_random.Below(3)), (uint)_random.Below(3));
                case 11 when _kept.Count > 0 && _random.Below(3) == 0:
                    return new MempoolInput.Cancel(_now, Any());
                default:
                    return new MempoolInput.Tick(_now);
            }
        }

        private MempoolInput.Submit Submission() => new(
            _now, Samples.Request(_random.Below(600)), Samples.Node(_random.Below(4)), Samples.Amount(_random.Below(40)), _now - (ulong)_random.Below(2_000),
            _now + (ulong)(_random.Below(20) == 0 ? 0 : _random.Below(200_000)), (uint)_random.Below(300), _kept.Count > 0 && _random.Below(4) == 0 ? Any() : null);

        private (RequestId Request, ulong Token, Address Node) Lease() => _leases[^Math.Min(_leases.Count, 1 + _random.Below(4))];

        private RequestId Any() => _kept.Keys.OrderBy(static request => request.Value).ElementAt(_random.Below(_kept.Count));
    }
}
