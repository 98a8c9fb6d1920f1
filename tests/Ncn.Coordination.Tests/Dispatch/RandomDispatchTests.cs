using Ncn.Coordination.Dispatch;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Dispatch;

/// <summary>Random networks, requests and failures in virtual time: every step keeps the invariants, and every run ends once.</summary>
public sealed class RandomDispatchTests
{
    private const int Nodes = 7;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Invariants_hold_over_five_thousand_steps(ulong seed) => new Play(seed).Steps(5_000);

    private sealed class Play(ulong seed)
    {
        private readonly SeededRandom _random = new(seed);
        private readonly DispatchScript _script = new(new DispatchRules { Bar = 500, Ejection = 100, MaxEjection = 800, Patience = 2_000, HedgeSamples = 5 });
        private readonly Dictionary<ulong, Dictionary<uint, Address>> _running = [];
        private readonly HashSet<ulong> _followed = [];
        private ulong _last;
        private int _hedges;

        internal void Steps(int count)
        {
            Enumerable.Range(1, Nodes).ToList().ForEach(Join);
            for (var step = 0; step < count; step++)
            {
                _script.Now += (ulong)_random.Below(40);
                _script.Draw = _random.Next();
                Step(_random.Below(10));
                Check();
            }

            while (_running.Count > 0)
            {
                End(_running.Keys.First());
                Check();
            }

            Assert.True(_last > 500 && _hedges > 0, $"{_last} runs, {_hedges} hedges");
            Assert.All(_script.State.Health.Values, health => Assert.Equal(0, health.InFlight));
        }

        private void Join(int node) => _script.With(
            node, slots: (uint)(1 + _random.Below(4)), free: (uint)_random.Below(5), queued: (uint)_random.Below(2), sequence: _script.Now,
            offer: DispatchScript.Offer(perToken: (uint)(1 + _random.Below(3))));

        private void Step(int kind)
        {
            switch (kind)
            {
                case < 3:
                    Arrive();
                    break;
                case 3:
                    Join(1 + _random.Below(Nodes));
                    break;
                case 4 when _running.Count > 0:
                    OfSome((run, number) => Carry(run, _script.Fail(run, number, (DispatchFailure)_random.Below(4)), ended: number));
                    break;
                case 5 when _running.Count > 0:
                    var waiting = _running.Keys.ElementAt(_random.Below(_running.Count));
                    _script.Now = Math.Max(_script.Now + 500, _script.State.Runs[waiting].HedgeAt ?? 0);
                    Carry(waiting, _script.Tick(waiting));
                    break;
                case < 8 when _running.Count > 0:
                    OfSome((run, number) => Carry(run, _script.Output(run, number)));
                    break;
                default:
                    if (_running.Count > 0)
                    {
                        End(_running.Keys.ElementAt(_random.Below(_running.Count)));
                    }

                    break;
            }
        }

        private void Arrive()
        {
            var run = ++_last;
            _running[run] = [];
            var query = DispatchScript.Query() with
            {
                Node = _random.Below(8) == 0 ? Samples.Node(1 + _random.Below(Nodes)) : null,
                Prefixes = _random.Below(2) == 0 ? [(ulong)_random.Below(5)] : [],
                Deadline = _script.Now + 30_000,
            };
            Carry(run, _script.Arrive(run, query));
        }

        private void OfSome(Action<ulong, uint> act)
        {
            var run = _running.Keys.ElementAt(_random.Below(_running.Count));
            if (_running[run].Count > 0)
            {
                act(run, _running[run].Keys.ElementAt(_random.Below(_running[run].Count)));
            }
        }

        private void End(ulong run)
        {
            Carry(run, _running[run].Count > 0 && _random.Below(4) > 0
                ? _script.Finish(run, _running[run].Keys.First(), tokens: 12, generation: 50)
                : _script.Apply(new DispatchInput.Abandon(_script.Now, run)));
            _running.Remove(run);
            Assert.False(_script.State.Runs.ContainsKey(run));
        }

        private void Carry(ulong run, IReadOnlyList<DispatchOutput> outputs, uint? ended = null)
        {
            if (ended is { } number)
            {
                _running[run].Remove(number);
            }

            foreach (var output in outputs)
            {
                Carry(run, output);
            }
        }

        private void Carry(ulong run, DispatchOutput output)
        {
            switch (output)
            {
                case DispatchOutput.Start start:
                    Assert.DoesNotContain(start.Node.Operator, _running[run].Values);
                    Assert.True(_script.State.HealthOf(start.Node.Operator).BarredUntil <= _script.Now);
                    _running[run].Add(start.Number, start.Node.Operator);
                    _hedges += start.IsHedge ? 1 : 0;
                    Assert.False(start.IsHedge && _followed.Contains(run), "a hedge after the first output");
                    break;
                case DispatchOutput.Follow:
                    _followed.Add(run);
                    break;
                case DispatchOutput.Stop stop:
                    Assert.True(_running[run].Remove(stop.Number));
                    break;
                case DispatchOutput.GiveUp:
                    Assert.Empty(_running[run]);
                    Assert.True(_running.Remove(run));
                    break;
                default:
                    Assert.True(((DispatchOutput.Wake)output).At > _script.Now);
                    break;
            }
        }

        private void Check()
        {
            var state = _script.State;
            Assert.Equal(_running.Keys.Order(), state.Runs.Keys.Order());
            Assert.All(state.Runs, entry => Assert.True(entry.Value.Attempts.Length <= (entry.Value.HasOutput ? 1 : 2)));
            var counted = state.Runs.Values.SelectMany(static run => run.Attempts).GroupBy(static attempt => attempt.Node).ToDictionary(static group => group.Key, static group => group.Count());
            Assert.All(state.Health, entry => Assert.Equal(counted.GetValueOrDefault(entry.Key), entry.Value.InFlight));
            Assert.True(_hedges * 20 <= (int)_last, $"{_hedges} hedges in {_last} runs");
        }
    }
}
