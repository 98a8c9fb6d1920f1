using Ncn.Payments.Channels;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>A ceiling held on a client's channel (Ncn.Serving's BatchScheme).</summary>
/// <param name="Until">When it expires at the latest, as far as this process has a hand in it.</param>
/// <param name="Reply">What the client is told when it is not held; null when it is.</param>
internal sealed record ClientHold(ChannelResult? Held, OrderReply? Reply, ulong Until = 0)
{
    private const ulong Slack = 6_000;

    /// <summary>An earlier run was charged.</summary>
    internal bool IsCharged => Held?.Outcome == ChannelOutcome.AlreadyCharged;

    /// <summary>Holds it longer while its run or the keeping of its answer takes its time (Ncn.Serving's HeldLonger).</summary>
    internal static Happening KeepHolding(GatewayProcess gateway, Order order) => gateway.After(order.Patience, () =>
    {
        var (holder, until) = (gateway.Holder, gateway.Clock.Now + (10 * order.Patience));
        gateway.Line(Names.ClientLedger(order.Client)).Tell(now => new ChannelInput.Assign(now, order.Key, holder, until), $"hold {order.Key} longer");
    });

    /// <summary>Reserves what the order may cost.</summary>
    internal static async Flow<ClientHold> ReserveAsync(GatewayProcess gateway, OrderCall call, bool isQueued, bool isOverflow)
    {
        var order = call.Order;
        var channel = Names.ClientLedger(order.Client);
        if (await gateway.FundsAsync(channel) is not { } funds)
        {
            return new ClientHold(null, new OrderReply(CallEnd.Failed));
        }

        var holder = isQueued ? null : gateway.Holder;
        var expiresAt = gateway.Clock.Now + order.Patience + Slack;
        var line = gateway.Line(channel);
        var amount = gateway.Cores.Fault == ShellFault.ExceedsTheCeiling ? order.Ceiling + order.Ceiling : order.Ceiling;
        var result = await line.Ask(
            now => new ChannelInput.Reserve(now, order.Key, call.Voucher, amount, funds, expiresAt)
            {
                Fingerprint = order.IsKeyed || isQueued ? order.Content : null,
                Holder = holder,
            },
            $"reserve {order.Ceiling} for {order.Key}");
        if (result is null)
        {
            // Whoever does not hear the answer holds nothing: what may have been reserved all the same is given back after it.
            if (holder is not null)
            {
                line.Tell(now => new ChannelInput.Release(now, order.Key) { Holder = holder, Until = expiresAt }, $"release {order.Key}");
            }

            return new ClientHold(null, new OrderReply(CallEnd.Failed));
        }

        if (!IsHeld(order, result, isQueued))
        {
            return new ClientHold(null, new OrderReply(EndOf(result.Outcome), Total: result.StrictBase));
        }

        if (isQueued && result.HeldBy is not null)
        {
            if (!isOverflow)
            {
                return new ClientHold(null, new OrderReply(CallEnd.Conflict));
            }

            result = await line.Ask(now => new ChannelInput.Assign(now, order.Key, null, expiresAt), $"leave {order.Key} to the queue");
        }

        return new ClientHold(result, result is null ? new OrderReply(CallEnd.Failed) : null, expiresAt);
    }

    private static bool IsHeld(Order order, ChannelResult result, bool isQueued) =>
        result.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated
        || ((order.IsKeyed || isQueued) && result.Outcome == ChannelOutcome.AlreadyCharged);

    private static CallEnd EndOf(ChannelOutcome outcome) => outcome switch
    {
        ChannelOutcome.VoucherTooLow => CallEnd.VoucherTooLow,
        ChannelOutcome.Conflict => CallEnd.Conflict,
        _ => CallEnd.Refused,
    };
}
