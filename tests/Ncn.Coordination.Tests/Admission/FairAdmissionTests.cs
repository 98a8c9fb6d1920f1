using Ncn.Coordination.Admission;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Admission;

public class FairAdmissionTests
{
    private static readonly FairQueueLimits Limits = new() { MaxWaiting = 8, MaxWaitingPerPayer = 6, MaxSlotsPerPayer = 4, Quantum = 100, MaxWork = 1_000, MaxWeight = 4 };
    private readonly List<FairQueueOutput> _outputs = [];
    private FairQueueState _state = FairQueueState.Empty(1);
    private ulong _now = Samples.Start;
    private ulong _lastId;
    private ulong _patience = 10_000;

    [Fact]
    public void Who_comes_to_free_places_is_let_in_at_once()
    {
        Set(2);
        var (first, second, third) = (Come(1), Come(1), Come(1));
        Assert.Equal([first, second], Admitted());
        End(first);
        Assert.Equal([third], Admitted());
    }

    [Fact]
    public void A_payer_with_many_waiting_does_not_keep_another_waiting()
    {
        var running = Come(1);
        for (var i = 0; i < 5; i++)
        {
            Come(1);
        }

        var other = Come(2);
        Drop();
        End(running);
        var next = Admitted().Single();
        End(next);
        Assert.Contains(other, new[] { next, Admitted().Single() });
    }

    [Fact]
    public void Payers_share_work_and_not_requests()
    {
        var running = Come(3);
        for (var i = 0; i < 4; i++)
        {
            Come(1, fee: 300, work: 300);
            Come(2, work: 100);
        }

        var order = Drain(running).Select(static applicant => applicant.Payer == Samples.Node(1) ? 1 : 2).Take(4).ToArray();
        Assert.Equal(3, order.Count(static payer => payer == 2));
    }

    [Fact]
    public void Better_pay_buys_a_larger_share_and_starves_nobody()
    {
        var running = Come(3);
        for (var i = 0; i < 4; i++)
        {
            Come(1, fee: 1);
            Come(2, fee: 3);
        }

        var order = Drain(running).Select(static applicant => applicant.Payer == Samples.Node(1) ? 1 : 2).ToArray();
        Assert.Equal(3, order[..4].Count(static payer => payer == 2));
        Assert.Equal(8, order.Length);
    }

    [Fact]
    public void Weight_has_a_limit()
    {
        var running = Come(3);
        for (var i = 0; i < 4; i++)
        {
            Come(1, fee: 1, work: 200);
            Come(2, fee: 1_000_000_000, work: 200);
        }

        var order = Drain(running).Select(static applicant => applicant.Payer == Samples.Node(1) ? 1 : 2).ToArray();
        Assert.InRange(Array.IndexOf(order, 1), 0, 4);
    }

    [Fact]
    public void A_payers_own_requests_go_by_priority_then_pay_then_age()
    {
        var running = Come(1);
        var (old, young, paid, urgent) = (Come(1), Come(1), Come(1, fee: 500), Come(1, priority: 1));
        Assert.Equal([urgent, paid, old, young], Drain(running));
    }

    [Fact]
    public void Priority_moves_nobody_else()
    {
        var running = Come(3);
        var others = Come(1);
        Come(2, priority: int.MaxValue);
        Assert.Equal(others, Drain(running)[0]);
    }

    [Fact]
    public void A_payer_at_its_limit_of_places_waits_and_others_pass()
    {
        Set(8);
        for (var i = 0; i < 4; i++)
        {
            Come(1);
        }

        var waits = Come(1);
        var passes = Come(2);
        var admitted = Admitted();
        Assert.DoesNotContain(waits, admitted);
        Assert.Contains(passes, admitted);
        End(admitted[0]);
        Assert.Equal([waits], Admitted());
    }

    [Fact]
    public void A_wide_request_is_waited_for_and_runs_alone_when_it_is_wider_than_all()
    {
        Set(2);
        var (first, second) = (Come(1), Come(1));
        var wide = Come(2, slots: 3);
        var narrow = Come(3);
        Drop();
        End(first);
        Assert.Empty(_outputs);
        End(second);
        Assert.Equal([wide], Admitted());
        End(wide);
        Assert.Equal([narrow], Admitted());
    }

    [Fact]
    public void A_payer_with_too_many_waiting_is_told_so()
    {
        Come(1);
        for (var i = 0; i < 6; i++)
        {
            Come(1);
        }

        var more = Come(1);
        Assert.Equal((more, ShedReason.PayerFull), Shed().Single());
    }

    [Fact]
    public void A_full_queue_sheds_from_who_has_the_most_in_it()
    {
        Come(9);
        for (var i = 0; i < 5; i++)
        {
            Come(1);
        }

        var last = Come(1, fee: 0);
        Come(2);
        Come(3);
        Assert.Empty(Shed());
        var newcomer = Come(4);
        Assert.Equal((last, ShedReason.QueueFull), Shed().Single());
        Drop();
        Assert.Equal((Come(1), ShedReason.QueueFull), Shed().Single());
        Assert.Equal(8, _state.Waiting);
        Assert.Contains(_state.Payers[Samples.Node(4)].Waiting, applicant => applicant == newcomer);
    }

    [Fact]
    public void Waiting_ends_at_its_time()
    {
        var running = Come(1);
        var late = Come(1);
        Assert.Equal(late.Until, FairAdmission.NextWake(_state));
        _now = late.Until - 1;
        Step(new FairQueueInput.Tick(_now));
        Assert.Empty(Shed());
        _now++;
        var fresh = Come(2);
        Assert.Equal((late, ShedReason.WaitedTooLong), Shed().Single());
        Drop();
        End(running);
        Assert.Equal([fresh], Admitted());
        Assert.Null(FairAdmission.NextWake(_state));
    }

    [Fact]
    public void Who_leaves_is_let_in_no_more_and_leaving_twice_changes_nothing()
    {
        var running = Come(1);
        var (gone, stays) = (Come(1), Come(1));
        Step(new FairQueueInput.Leave(_now, gone));
        Step(new FairQueueInput.Leave(_now, gone));
        Assert.Equal([stays], Drain(running));
        Assert.Empty(_state.Payers);
        Assert.Equal((0, 0), (_state.Slots, _state.Waiting));
    }

    [Fact]
    public void New_places_let_the_waiting_in_and_no_place_lets_nobody_in()
    {
        Set(0);
        var (first, second) = (Come(1), Come(2));
        Assert.Empty(_outputs);
        Set(2);
        Assert.Equal([first, second], Admitted());
    }

    [Fact]
    public void A_repeat_is_advised_by_the_pace_of_late()
    {
        _patience = 1_000_000;
        var running = Come(1);
        for (var i = 0; i < 6; i++)
        {
            Come(1);
        }

        Assert.Equal(1, ((FairQueueOutput.Shed)OutputsAfter(() => Come(1)).Single()).RetryAfterSeconds);
        for (var i = 0; i < 6; i++)
        {
            _now += 8_000;
            Drop();
            End(running);
            running = Admitted().Single();
            Come(1);
        }

        Assert.InRange(((FairQueueOutput.Shed)OutputsAfter(() => Come(1)).Single()).RetryAfterSeconds, 20, 60);
    }

    [Fact]
    public void An_end_of_what_was_not_let_in_is_a_bug() =>
        Assert.Throws<InvalidOperationException>(() => End(Applicant(1)));

    private List<FairQueueOutput> OutputsAfter(Action act)
    {
        Drop();
        act();
        return _outputs;
    }

    private void Set(int capacity) => Step(new FairQueueInput.SetCapacity(_now, capacity));

    private Applicant Applicant(int payer, ulong fee = 100, ulong work = 100, int slots = 1, int priority = 0) =>
        new(++_lastId, Samples.Node(payer), new TokenAmount(fee), work, slots, priority, _now, _now + _patience);

    private Applicant Come(int payer, ulong fee = 100, ulong work = 100, int slots = 1, int priority = 0)
    {
        var applicant = Applicant(payer, fee, work, slots, priority);
        Step(new FairQueueInput.Arrive(_now, applicant));
        return applicant;
    }

    private void End(Applicant applicant) => Step(new FairQueueInput.End(_now, applicant));

    private void Drop() => _outputs.Clear();

    private void Step(FairQueueInput input)
    {
        (_state, var outputs) = FairAdmission.Apply(_state, input, Limits);
        _outputs.AddRange(outputs);
    }

    private List<Applicant> Admitted()
    {
        List<Applicant> admitted = [.. _outputs.OfType<FairQueueOutput.Admit>().Select(static output => output.Applicant)];
        _outputs.RemoveAll(static output => output is FairQueueOutput.Admit);
        return admitted;
    }

    private List<(Applicant, ShedReason)> Shed() => [.. _outputs.OfType<FairQueueOutput.Shed>().Select(static output => (output.Applicant, output.Reason))];

    // Ends what runs, one after the other; returns the order in which the rest was let in.
    private List<Applicant> Drain(Applicant running)
    {
        List<Applicant> order = [];
        Drop();
        for (Applicant? current = running; current is not null; current = Admitted().SingleOrDefault())
        {
            if (current != running)
            {
                order.Add(current);
            }

            End(current);
        }

        return order;
    }
}
