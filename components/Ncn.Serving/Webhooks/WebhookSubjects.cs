using System.Text.Json;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Batches;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Webhooks;

/// <summary>Knows when what a webhook waits for is done, and what its event says: a type and the subject's id, as OpenAI's events do; the client asks for the rest.</summary>
public sealed class WebhookSubjects(IActorProxyFactory actors, TimeProvider time)
{
    /// <summary>The event; null while the subject is not done.</summary>
    public async Task<string?> EventAsync(Webhook hook, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hook);
        cancellationToken.ThrowIfCancellationRequested();
        var type = hook.Subject switch
        {
            WebhookSubject.Batch => await BatchAsync(hook.SubjectId),
            WebhookSubject.Response => await RequestAsync("0x" + hook.SubjectId[(hook.SubjectId.IndexOf('_', StringComparison.Ordinal) + 1)..], "response"),
            _ => await RequestAsync(hook.SubjectId, "request"),
        };
        return type is null ? null : JsonSerializer.Serialize(
            new { id = "evt" + hook.Id[3..], @object = "event", type, created_at = time.GetUtcNow().ToUnixTimeSeconds(), data = new { id = hook.SubjectId } },
            OpenAiJson.Options);
    }

    private async Task<string?> BatchAsync(string id) => BatchObject.Read(id) is { } batch
        && await actors.CreateActorProxy<IBatchActor>(ActorTypes.IdOf(batch), ActorTypes.Batch).GetAsync() is { State: { IsEnded: true } state }
        ? $"batch.{BatchObject.StatusOf(state.Phase)}" : null;

    private async Task<string?> RequestAsync(string id, string subject) => Hex.TryParse<RequestId>(id, out var request)
        && await actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request).GetAsync() is { Answer: { } answer }
        ? $"{subject}.{(answer.StatusCode == 200 ? "completed" : answer.StatusCode == 499 ? "cancelled" : "failed")}" : null;
}
