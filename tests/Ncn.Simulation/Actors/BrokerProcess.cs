using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Actors;

/// <summary>A message for a topic; the answer says that the broker has it.</summary>
internal sealed record Publish(object Body)
{
    public override string ToString() => $"publish {Body}";
}

/// <summary>A topic's message on its way to the registry.</summary>
internal sealed record Topic(ulong Number, object Body)
{
    public override string ToString() => $"topic: {Body}";
}

/// <summary>A gateway's job for the mempool.</summary>
internal sealed record JobPublished(Order Order, ulong Deadline)
{
    public override string ToString() => $"job {Order.Key}";
}

/// <summary>Work for whoever pulls it.</summary>
internal sealed record Enqueue(WorkMessage Work)
{
    public override string ToString() => $"enqueue {Work}";
}

/// <summary>A node that has room waits for work.</summary>
internal sealed record Pull
{
    public override string ToString() => "pull";
}

/// <summary>Work that a node pulled; invisible for others until it is deleted or its time is up.</summary>
internal sealed record Pulled(ulong Number, WorkMessage Work)
{
    public override string ToString() => $"pulled {Work}";
}

/// <summary>The work is over.</summary>
internal sealed record Delete(ulong Number)
{
    public override string ToString() => "delete work";
}

/// <summary>
/// The broker and the work queue: both keep what they took until it was taken from them, and may hand it out more than once. They are
/// services with copies of their own: they may be out of reach, they lose nothing.
/// </summary>
internal sealed class BrokerProcess(World world) : Process(world, "broker")
{
    private const ulong Visibility = 3_000;
    private const ulong FirstRetry = 500;
    private const ulong LastRetry = 4_000;
    private readonly SortedDictionary<ulong, object> _topics = [];
    private readonly SortedDictionary<ulong, Item> _work = [];
    private readonly List<Call> _pulls = [];
    private ulong _numbers;

    internal Process Registry { get; set; } = null!;

    internal bool IsEmpty => _topics.Count == 0 && _work.Count == 0;

    internal override void Start()
    {
        _pulls.Clear();
        foreach (var (number, _) in _topics)
        {
            Deliver(number, FirstRetry);
        }
    }

    protected override void OnCall(Call call)
    {
        switch (call.Body)
        {
            case Publish published:
                _topics.Add(++_numbers, published.Body);
                call.Reply(true);
                Deliver(_numbers, FirstRetry);
                break;
            case Enqueue queued:
                _work.Add(++_numbers, new Item(queued.Work));
                call.Reply(true);
                HandOut();
                break;
            case Pull:
                _pulls.RemoveAll(waiting => waiting.From == call.From);
                _pulls.Add(call);
                HandOut();
                break;
            case Delete done:
                _work.Remove(done.Number);
                call.Reply(true);
                break;
            default:
                throw new InvalidOperationException($"The broker does not know {call.Body}.");
        }
    }

    private void Deliver(ulong number, ulong wait)
    {
        if (_topics.TryGetValue(number, out var body))
        {
            _ = DeliverAsync(number, body, wait);
        }
    }

    private async Flow DeliverAsync(ulong number, object body, ulong wait)
    {
        if (await Ask(Registry, new Topic(number, body), 8_000) is not null)
        {
            _topics.Remove(number);
            return;
        }

        After(wait, () => Deliver(number, Math.Min(LastRetry, wait * 2)));
    }

    private void HandOut()
    {
        while (_pulls.Count > 0 && NextVisible() is { } number)
        {
            var pull = _pulls[0];
            _pulls.RemoveAt(0);
            var item = _work[number];
            item.VisibleAt = World.Now + Visibility;
            After(Visibility + 1, HandOut);
            pull.Reply(new Pulled(number, item.Work));
        }
    }

    private ulong? NextVisible()
    {
        foreach (var (number, item) in _work)
        {
            if (item.VisibleAt <= World.Now)
            {
                return number;
            }
        }

        return null;
    }

    private sealed class Item(WorkMessage work)
    {
        internal WorkMessage Work { get; } = work;

        internal ulong VisibleAt { get; set; }
    }
}
