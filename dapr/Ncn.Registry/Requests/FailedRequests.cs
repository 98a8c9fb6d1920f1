using System.Text.Json;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Requests;

/// <summary>Answers a queued request that will never be run: its reservation is released, its answer is an error. Idempotent.</summary>
internal sealed class FailedRequests(IActorProxyFactory actors, ILogger<FailedRequests> log)
{
    private const int GatewayTimeout = 504;
    private const string InferDialect = "infer";

    internal async Task TellAsync(RequestId id, string code, string message)
    {
        var request = actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(id), ActorTypes.Request);
        if (await request.GetAsync() is not { Answer: null, Queued: { } queued })
        {
            return;
        }

        if (queued.Channel is { } channel)
        {
            await ReleaseAsync(channel, id);
        }

        await request.CompleteAsync(new StoredAnswer(GatewayTimeout, Body(queued.Dialect, code, message), [], TokenAmount.Zero));
        log.LogInformation("Request {Request} failed: {Reason}", id, message);
    }

    private async Task ReleaseAsync(ChannelId channel, RequestId id)
    {
        var ledger = actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
        var released = await ledger.ReleaseAsync(id.ToString());
        if (!released.KeyAmount.IsZero)
        {
            // A gateway is between its charge and its answer: the broker repeats this message, and finds the answer then.
            throw new InvalidOperationException($"Request {id} was charged already and waits for its answer.");
        }
    }

    private static string Body(string dialect, string code, string message) => dialect == InferDialect
        ? JsonSerializer.Serialize(new { error = message })
        : JsonSerializer.Serialize(new { error = new { message, type = "server_error", param = (string?)null, code } });
}
