using System.ComponentModel.DataAnnotations;
using Ncn.Payments.Channels;

namespace Ncn.Serving.Payments.Turns;

/// <summary>How this process keeps channels' books (section <c>Ncn:Gateway:Channels</c>).</summary>
public sealed class ChannelOptions
{
    /// <summary>
    /// The name of this gateway process's place: the same after a restart, and no other living process has it, because whoever starts under
    /// it ends what was left under it. Up to 128 characters; default: the environment's APP_ID and the machine's name.
    /// </summary>
    [StringLength(128)]
    public string? Instance { get; set; }

    /// <summary>How long a charge may wait for other steps on its channel to go with, milliseconds: 0 to 1,000, default 20.</summary>
    [Range(0, 1_000)]
    public int FlushMilliseconds { get; set; } = 20;

    /// <summary>
    /// How long a client waits while it is not known whether its answer was kept, milliseconds: 0 to 60,000, default 10,000. The gateway asks
    /// on without it, for about two minutes.
    /// </summary>
    [Range(0, 60_000)]
    public int KeepMilliseconds { get; set; } = 10_000;

    /// <summary>How long a reservation outlives its request's own time limit, seconds: 1 to 3,600, default 120.</summary>
    [Range(1, 3_600)]
    public int SlackSeconds { get; set; } = 120;
}

/// <summary>Who this process is among those that hold reservations.</summary>
public sealed record GatewayLife(Holder Holder)
{
    /// <summary>This life: the time of its start tells it from the ones before.</summary>
    public static GatewayLife Begin(ChannelOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var instance = options.Instance ?? $"{Environment.GetEnvironmentVariable("APP_ID") ?? "gateway"}@{Environment.MachineName}";
        return new GatewayLife(new Holder(instance, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()));
    }
}
