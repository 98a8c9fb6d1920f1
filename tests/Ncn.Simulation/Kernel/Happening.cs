namespace Ncn.Simulation.Kernel;

/// <summary>Something that will happen at a time.</summary>
public abstract class Happening
{
    internal ulong Id { get; set; }

    internal bool IsCancelled { get; private set; }

    /// <summary>It will not happen.</summary>
    public void Cancel() => IsCancelled = true;

    /// <summary>False when nobody is there any more to whom it could happen.</summary>
    internal virtual bool IsWanted => true;

    internal abstract void Run();
}

/// <summary>A process's own time has come; one that crashed meanwhile has forgotten it.</summary>
internal sealed class Alarm(Process owner, Action action) : Happening
{
    private readonly int _life = owner.Life;

    internal override bool IsWanted => owner.IsUp && owner.Life == _life;

    internal override void Run() => action();
}

/// <summary>The world itself does something: weather, not people.</summary>
internal sealed class WorldEvent(Action action) : Happening
{
    internal override void Run() => action();
}
