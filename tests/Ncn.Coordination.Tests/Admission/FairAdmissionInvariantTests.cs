using Ncn.Coordination.Admission;

namespace Ncn.Coordination.Tests.Admission;

public class FairAdmissionInvariantTests
{
    private static readonly FairQueueLimits Limits = new() { MaxWaiting = 20, MaxWaitingPerPayer = 8, MaxSlotsPerPayer = 5, Quantum = 50, MaxWork = 400, MaxWeight = 4 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Invariants_hold_over_random_histories(int seed)
    {
        var history = new History((ulong)seed);
        for (var i = 0; i < 5_000; i++)
        {
            history.Step();
        }

        Assert.True(history.Admitted > 1_000 && history.Shed > 100, $"{history.Admitted} admitted and {history.Shed} shed: the history tests too little");
    }

    private sealed class History(ulong seed)
    {
        private readonly SeededRandom _random = new(seed);
        private readonly Dictionary<ulong, Applicant> _waiting = [];
        private readonly Dictionary<ulong, Applicant> _running = [];
        private FairQueueState _state = FairQueueState.Empty(4);
        private ulong _now = Samples.Start;
        private ulong _lastId;

        internal int Admitted { get; private set; }

        internal int Shed { get; private set; }

        internal void Step()
        {
            _now += (ulong)_random.Below(50);
            var input = Draw();
            (_state, var outputs) = FairAdmission.Apply(_state, input, Limits);
            foreach (var output in outputs)
            {
                Take(output);
            }

            Check();
        }

        private void Take(FairQueueOutput output)
        {
            Assert.True(_waiting.Remove(output.Applicant.Id), "let in or shed twice, or never came");
            if (output is FairQueueOutput.Shed shed)
            {
                Shed++;
                Assert.InRange(shed.RetryAfterSeconds, 1, 60);
                return;
            }

            Admitted++;
            Assert.True(output.Applicant.Until > _now, "let in too late");
            _running.Add(output.Applicant.Id, output.Applicant);
        }

        private void Check()
        {
            Assert.Equal(_running.Values.Sum(static applicant => applicant.Slots), _state.Slots);
            Assert.Equal(_waiting.Count, _state.Waiting);
            Assert.Equal(_waiting.Keys.Order(), _state.Payers.Values.SelectMany(static share => share.Waiting).Select(static applicant => applicant.Id).Order());
            Assert.True(_state.Waiting <= Limits.MaxWaiting);
            Assert.Equal(_waiting.Values.Select(static applicant => applicant.Payer).Distinct().Order(), _state.Turns.Order());
            Assert.All(_state.Payers, share => Assert.True(share.Value.Waiting.Count <= Limits.MaxWaitingPerPayer && (share.Value.Slots > 0 || !share.Value.Waiting.IsEmpty)));
            var mayRun = _state.Turns.Select(payer => _state.Payers[payer]).Where(share => share.Slots + share.Waiting.Min!.Slots <= Limits.MaxSlotsPerPayer).ToArray();
            Assert.True(mayRun.Length == 0 || mayRun.Any(share => _state.Slots + share.Waiting.Min!.Slots > _state.Capacity) || _state.Capacity == 0, "somebody waits although there is room");
        }

        private FairQueueInput Draw()
        {
            switch (_random.Below(9))
            {
                case 0 or 1 or 2 or 3:
                    var applicant = new Applicant(
                        ++_lastId, Samples.Node(_random.Below(6)), Samples.Amount(_random.Below(2_000)), 1 + (ulong)_random.Below(600), 1 + _random.Below(3), _random.Below(2), _now,
                        _now + (ulong)_random.Below(2_000));
                    _waiting.Add(applicant.Id, applicant);
                    return new FairQueueInput.Arrive(_now, applicant);
                case 4 when _waiting.Count > 0:
                    var leaving = _waiting.Values.ElementAt(_random.Below(_waiting.Count));
                    _waiting.Remove(leaving.Id);
                    return new FairQueueInput.Leave(_now, leaving);
                case 5 when _random.Below(10) == 0:
                    return new FairQueueInput.SetCapacity(_now, _random.Below(8));
                case 6 or 7 or 8 when _running.Count > 0:
                    var ended = _running.Values.ElementAt(_random.Below(_running.Count));
                    _running.Remove(ended.Id);
                    return new FairQueueInput.End(_now, ended);
                default:
                    return new FairQueueInput.Tick(_now);
            }
        }
    }
}
