using Ncn.Protocol;

namespace Ncn.Serving.Tests.Crashes;

/// <summary>What dies at a point.</summary>
public enum Victim
{
    /// <summary>The client's connections.</summary>
    Client,

    /// <summary>The gateway's process: nothing of it reaches anybody any more.</summary>
    Gateway,

    /// <summary>The registry: calls of actors fail until it is back; what it did before is durable.</summary>
    Registry,

    /// <summary>The node that runs the request; another is there.</summary>
    Node,

    /// <summary>Gateway, registry and nodes at once, as when the local runtime dies.</summary>
    Everything,
}

/// <summary>A request's way through one life of the gateway, as a row of points, at one of which somebody dies.</summary>
/// <param name="fatal">The point; null for none.</param>
internal sealed class Life(Victim victim, string? fatal)
{
    private readonly Lock _turn = new();
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _never = new();
    private readonly List<string> _points = [];
    private Address? _deadNode;
    private volatile bool _isMended;

    /// <summary>The points so far, in their order.</summary>
    public IReadOnlyList<string> Points
    {
        get
        {
            lock (_turn)
            {
                return [.. _points];
            }
        }
    }

    /// <summary>Done when somebody has died.</summary>
    public Task Died => _died.Task;

    /// <summary>Done when this gateway is dead; never when somebody else dies.</summary>
    public Task Over => victim is Victim.Gateway or Victim.Everything ? Died : _never.Task;

    /// <summary>The client's connections are closed when this fires.</summary>
    public CancellationTokenSource Connection { get; } = new();

    /// <summary>Nothing of this gateway reaches anybody.</summary>
    public bool IsOver => Died.IsCompleted && victim is Victim.Gateway or Victim.Everything;

    private bool IsRegistryAway => Died.IsCompleted && !_isMended && victim is Victim.Registry;

    /// <summary>What died is back; a dead gateway is not: another life takes its place.</summary>
    public void Mend() => _isMended = true;

    /// <summary>The request passes a point of the gateway.</summary>
    public Task PassAsync(string point)
    {
        Note(point);
        return IsOver ? _never.Task : Task.CompletedTask;
    }

    /// <summary>The gateway asks an actor, or has its answer.</summary>
    public async Task PassActorAsync(string point)
    {
        await PassAsync(point);
        if (IsRegistryAway)
        {
            throw new HttpRequestException("The registry is not there.");
        }
    }

    /// <summary>A node passes a point; true when it is dead. The one that dies is the one that has the job, or is the first to get it.</summary>
    public bool PassNode(Address node, string point)
    {
        Note(point);
        if (!Died.IsCompleted || victim is not Victim.Node)
        {
            return IsOver && victim is Victim.Everything;
        }

        lock (_turn)
        {
            return (_deadNode ??= node) == node;
        }
    }

    private void Note(string point)
    {
        lock (_turn)
        {
            var name = Name(point);
            _points.Add(name);
            if (name != fatal || !_died.TrySetResult())
            {
                return;
            }
        }

        if (victim is Victim.Client)
        {
            Connection.Cancel();
        }
    }

    // The second time that a point is passed it is another one.
    private string Name(string point)
    {
        var before = _points.Count(known => known == point || known.StartsWith(point + " #", StringComparison.Ordinal));
        return before == 0 ? point : $"{point} #{before + 1}";
    }
}
