namespace Ncn.Simulation.Kernel;

/// <summary>A process's own clock: it is set wrong, runs fast or slow, and is set back.</summary>
public sealed class Clock(World world)
{
    private const long FurthestOff = 2_000;
    private long _offset;
    private long _partsPerMillion;
    private ulong _since = World.Beginning;

    /// <summary>Unix milliseconds as the process has them.</summary>
    public ulong Now => (ulong)((long)world.Now + _offset + ((long)(world.Now - _since) * _partsPerMillion / 1_000_000));

    /// <summary>From now on it runs this much too fast, after a leap.</summary>
    /// <remarks>It is never further off than <see cref="FurthestOff"/>: somebody watches over the clocks of servers.</remarks>
    public void Drift(long partsPerMillion, long leapMilliseconds) =>
        (_offset, _partsPerMillion, _since) = (Math.Clamp((long)Now - (long)world.Now + leapMilliseconds, -FurthestOff, FurthestOff), partsPerMillion, world.Now);

    /// <summary>Right again.</summary>
    public void Settle() => (_offset, _partsPerMillion, _since) = (0, 0, world.Now);
}
