using System.Runtime.CompilerServices;

namespace Ncn.Simulation.Kernel;

/// <summary>What travels.</summary>
/// <param name="Number">Of the call that it is or answers; 0 for a note, which nobody answers.</param>
internal readonly record struct Envelope(object? Body, ulong Number, bool IsAnswer)
{
    internal string Label => (IsAnswer ? "answer: " : string.Empty) + (Body?.ToString() ?? "nothing");
}

/// <summary>A call that waits for its answer.</summary>
public sealed class Call(Process from, Process at, object body, ulong number)
{
    public Process From { get; } = from;

    public object Body { get; } = body;

    /// <summary>Answers; every further answer is like one that was sent twice.</summary>
    public void Reply(object? answer) => at.World.Network.Send(at, From, new Envelope(answer, number, IsAnswer: true));
}

/// <summary>A simulated process: it has a clock and a disk, is sent messages, crashes and comes back with what its disk kept.</summary>
public abstract class Process
{
    private readonly Dictionary<ulong, Waiting> _calls = [];
    private ulong _lastCall;

    protected Process(World world, string name)
    {
        ArgumentNullException.ThrowIfNull(world);
        (World, Name) = (world, name);
        (Clock, Disk) = (new Clock(world), new Disk(world, this));
        Index = world.Add(this);
    }

    public World World { get; }

    public string Name { get; }

    public int Index { get; }

    /// <summary>From 1, higher with every start.</summary>
    public int Life { get; private set; } = 1;

    public bool IsUp { get; private set; } = true;

    public Clock Clock { get; }

    public Disk Disk { get; }

    /// <summary>At the beginning and after each crash: memory is empty, the disk is not.</summary>
    internal abstract void Start();

    /// <summary>Stops at once.</summary>
    public void Crash()
    {
        if (!IsUp)
        {
            return;
        }

        Say($"crashes");
        IsUp = false;
        Disk.Crash();
        _calls.Clear();
    }

    public void Restart()
    {
        if (IsUp)
        {
            return;
        }

        (IsUp, Life) = (true, Life + 1);
        Say($"starts again");
        Start();
    }

    /// <summary>A line of the trace.</summary>
    public void Say([InterpolatedStringHandlerArgument("")] ref SayText text)
    {
        if (text.Text is { } words)
        {
            World.Trace.Write(World.Now - World.Beginning, Name, words);
        }
    }

    /// <summary>Calls another process; null when no answer came in time.</summary>
    protected internal Pending<object?> Ask(Process to, object body, ulong milliseconds)
    {
        var number = ((ulong)Life << 40) + ++_lastCall;
        var answer = new Pending<object?>();
        var timeout = After(milliseconds, () => Resolve(number, null));
        _calls.Add(number, new Waiting(answer, timeout));
        World.Network.Send(this, to, new Envelope(body, number, IsAnswer: false));
        return answer;
    }

    /// <summary>Sends what nobody answers.</summary>
    protected internal void Tell(Process to, object body) => World.Network.Send(this, to, new Envelope(body, 0, IsAnswer: false));

    /// <summary>Does something after a while, unless the process crashes before.</summary>
    protected internal Happening After(ulong milliseconds, Action action) => World.Schedule(World.Now + milliseconds, new Alarm(this, action));

    protected internal Pending<bool> Sleep(ulong milliseconds)
    {
        var pending = new Pending<bool>();
        After(milliseconds, () => pending.Complete(true));
        return pending;
    }

    protected virtual void OnCall(Call call) => throw new InvalidOperationException($"{Name} is not called.");

    protected virtual void OnNote(Process from, object body) => throw new InvalidOperationException($"{Name} gets no notes.");

    internal void Deliver(Process from, Envelope envelope)
    {
        if (envelope.IsAnswer)
        {
            Resolve(envelope.Number, envelope.Body);
        }
        else if (envelope.Number == 0)
        {
            OnNote(from, envelope.Body!);
        }
        else
        {
            OnCall(new Call(from, this, envelope.Body!, envelope.Number));
        }
    }

    private void Resolve(ulong number, object? answer)
    {
        if (_calls.Remove(number, out var waiting))
        {
            waiting.Timeout.Cancel();
            waiting.Answer.Complete(answer);
        }
    }

    private readonly record struct Waiting(Pending<object?> Answer, Happening Timeout);
}
