using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Turns;

/// <summary>A step on its way to a channel's actor.</summary>
/// <param name="Waiter">Whoever waits for its result; null when nobody does, and it is repeated until it is done.</param>
/// <param name="Promised">The part of the channel's books that was told to a payer ahead of this step.</param>
internal sealed record PendingStep(ChannelStep Step, TaskCompletionSource<ChannelResult>? Waiter, Promise? Promised = null)
{
    public int Failures { get; init; }
}

/// <summary>A charge that a payer was told of before it was durable.</summary>
internal sealed record Promise(TokenAmount Charged, TokenAmount Freed);
