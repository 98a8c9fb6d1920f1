namespace Ncn.Simulation.Kernel;

/// <summary>A process's own clock: it is set wrong, runs fast or slow, and is set back.</summary>
public sealed class Clock(World world)
{
    private long _offset;
    private long _partsPerMillion;
    private ulong _since = World.Beginning;

    /// <summary>Unix milliseconds as the process has them.</summary>
    public ulong Now => (ulong)((long)world.Now + _offset + ((long)(world.Now - _since) * _partsPerMillion / 1_000_000));

    /// <summary>From now on it runs this much too fast, after a leap.</summary>
    public void Drift(long partsPerMillion, long leapMilliseconds) =>
        (_offset, _partsPerMillion, _since) = ((long)Now - (long)world.Now + leapMilliseconds, partsPerMillion, world.Now);

    /// <summary>Right again.</summary>
    public void Settle() => (_offset, _partsPerMillion, _since) = (0, 0, world.Now);
}
