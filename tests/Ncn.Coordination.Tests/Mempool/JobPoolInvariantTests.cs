using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Mempool;

public class JobPoolInvariantTests
{
    private static readonly MempoolLimits Limits = new(3) { Capacity = 12, MaxRemembered = 4096, MemoryMilliseconds = 1_000_000_000 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Invariants_hold_over_random_histories(int seed)
    {
        var history = new History((ulong)seed);
        for (var i = 0; i < 6_000; i++)
        {
            history.Step();
        }

        Assert.True(history.Ended > 200, $"only {history.Ended} jobs ended: the history tests too little");
    }

    private sealed class History(ulong seed)
    {
        private readonly SeededRandom _random = new(seed);
        private readonly Dictionary<RequestId, int> _releases = [];
        private readonly HashSet<RequestId> _ended = [];
        private readonly HashSet<RequestId> _submitted = [];
        private readonly List<(RequestId Request, ulong Token, Address Node)> _leases = [];
        private MempoolState _state = MempoolState.Empty;
        private ulong _now = Samples.Start;
        private ulong _lastToken;

        internal int Ended => _ended.Count;

        internal void Step()
        {
            _now += (ulong)_random.Below(4_000);
            var before = _state;
            var input = Draw();
            (_state, var outputs) = JobPool.Apply(_state, input, Limits);
            foreach (var output in outputs)
            {
                Check(output, input);
            }

            CheckState(before, input);
            if (JobPool.NextWake(_state, Limits) is { } wake && wake < _now)
            {
                // Whatever is due is done by a Tick: the pool never waits for something that has passed.
                (_state, var later) = JobPool.Apply(_state, new MempoolInput.Tick(_now), Limits);
                foreach (var output in later)
                {
                    Check(output, new MempoolInput.Tick(_now));
                }

                Assert.True((JobPool.NextWake(_state, Limits) ?? _now) >= _now, "a Tick left something undone");
            }
        }

        private void Check(MempoolOutput output, MempoolInput input)
        {
            switch (output)
            {
                case MempoolOutput.Release release:
                    Assert.True(release.Token > _lastToken, "tokens rise");
                    _lastToken = release.Token;
                    _releases[release.Request] = _releases.GetValueOrDefault(release.Request) + 1;
                    Assert.True(_releases[release.Request] <= Limits.MaxDeliveries, "handed out too often");
                    Assert.True(_state.Jobs[release.Request.Value].Deadline > _now || input.Now < _now, "handed out after its deadline");
                    _leases.Add((release.Request, release.Token, Samples.Node(_random.Below(3))));
                    break;
                case MempoolOutput.Forget forget:
                    Assert.True(_ended.Add(forget.Request), "a job ends once");
                    break;
                default:
                    break;
            }
        }

        private void CheckState(MempoolState before, MempoolInput input)
        {
            Assert.True(_state.Jobs.Count - _state.Count(JobPhase.Dead) <= Limits.Capacity, "over capacity");
            Assert.True(_state.Jobs.Count <= 2 * Limits.Capacity, "too many dead");
            Assert.All(_state.Jobs.Values, job => Assert.True(job.Phase != JobPhase.Running || !job.Node.IsZero));
            if (input is not MempoolInput.SetFreeSlots && _state.Count(JobPhase.Released) > before.Count(JobPhase.Released))
            {
                Assert.True(_state.Count(JobPhase.Released) <= _state.FreeSlots, "released more than there is room for");
            }
        }

        private MempoolInput Draw()
        {
            switch (_random.Below(8))
            {
                case 0 or 1 or 2:
                    var request = Samples.Request(_random.Below(3_000));
                    _submitted.Add(request);
                    return new MempoolInput.Submit(
                        _now, request, Samples.Amount(_random.Below(20)), _now - (ulong)_random.Below(2_000), _now + (ulong)_random.Below(200_000));
                case 3:
                    return new MempoolInput.SetFreeSlots(_now, (uint)_random.Below(6));
                case 4 when _leases.Count > 0:
                    var lease = _leases[^Math.Min(_leases.Count, 1 + _random.Below(4))];
                    return new MempoolInput.Accept(_now, lease.Request, lease.Token, lease.Node);
                case 5 when _leases.Count > 0:
                    return new MempoolInput.Complete(_now, _leases[^Math.Min(_leases.Count, 1 + _random.Below(4))].Request);
                case 6 when _state.Jobs.Count > 0:
                    return new MempoolInput.Buried(_now, new RequestId(_state.Jobs.Keys.ElementAt(_random.Below(_state.Jobs.Count))));
                default:
                    return new MempoolInput.Tick(_now);
            }
        }
    }
}
