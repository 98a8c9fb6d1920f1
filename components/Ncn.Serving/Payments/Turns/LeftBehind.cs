using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Turns;

/// <summary>Ends what an earlier life of this process left reserved, so that nobody waits for it to expire.</summary>
/// <remarks>
/// A request whose answer was kept is charged what the answer says: its client has it, or gets it by a repeat. Every other one is released:
/// what it had delivered is this gateway's loss, and a repeat runs it anew, once, with the same seed. One of the queue whose answer was on its
/// way goes back there: its node delivers again. A job at a node is released; a node that charged it proves so by its receipt.
/// </remarks>
public sealed class LeftBehind(IActorProxyFactory actors, GatewayLife life, ILogger<LeftBehind> log)
{
    internal async Task SettleAsync(IChannelActor ledger, ChannelId channel)
    {
        var keys = await ledger.ListLeftAsync(life.Holder);
        if (keys.Length == 0)
        {
            return;
        }

        var steps = new ChannelStep[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            steps[i] = await EndAsync(keys[i]);
        }

        foreach (var part in steps.Chunk(256))
        {
            await ledger.ApplyAsync(part);
        }

        log.LogWarning(
            "An earlier life of this gateway left {Count} requests on channel {Channel}: {Charged} were charged by their kept answers, the others released",
            keys.Length, channel, steps.Count(static step => step.Charge is not null));
    }

    private async Task<ChannelStep> EndAsync(string key)
    {
        var found = Hex.TryParse<RequestId>(key, out var request)
            ? await actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request).GetAsync()
            : null;
        return found switch
        {
            { Answer: { StatusCode: >= 200 and < 300 } answer } => new ChannelStep { Charge = new ChargeCall(key, answer.Charged) },
            { Answer: null, Queued: not null } => new ChannelStep { Assign = new AssignCall(key, null, 0) },
            _ => new ChannelStep { Release = new ReleaseCall(key, LeftBehind: life.Holder) },
        };
    }
}
