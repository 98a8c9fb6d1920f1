using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Coordination.Batches;
using Ncn.Serving.Calls;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Batches;

/// <summary><c>/v1/batches</c>: create, get, list and cancel (OpenAI API reference, "Batch").</summary>
public sealed class BatchesEndpoint(BatchAdmission admission, BatchDesk desk, BatchRunner runner, Accounts accounts)
{
    private const int MaxBodyBytes = 64 * 1024;

    public Task CreateAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, MaxBodyBytes, http.RequestAborted);
        var created = await admission.CreateAsync(HttpCalls.Read(http), accounts.Of(http), BatchWish.Parse(body), body);
        runner.Ring();
        await (created.Refund is { } refund
            ? StoredAnswers.WriteAsync(http, refund)
            : WriteAsync(http, BatchObject.Of(created.Batch!, created.Secret is { } secret ? new { url = created.WebhookUrl, secret } : null)));
    });

    public Task GetAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
        await WriteAsync(http, BatchObject.Of((await desk.FindAsync(accounts.Of(http), id)).Result)));

    public Task CancelAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var (batch, _) = await desk.FindAsync(accounts.Of(http), id);
        var result = await desk.Actor(batch).CancelAsync();
        if (result.Outcome == BatchOutcome.Ended && result.State.Phase != BatchPhase.Cancelled)
        {
            throw new ApiException(new ApiError(409, "batch_ended", $"The batch {id} is {BatchObject.StatusOf(result.State.Phase)}; there is nothing to cancel.", "id"));
        }

        runner.Ring();
        await WriteAsync(http, BatchObject.Of(result));
    });

    public Task ListAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var ids = await desk.ListAsync(accounts.Own(http), http.RequestAborted);
        var (page, more) = Page.Cut(http, ids, static id => id);
        var found = await Task.WhenAll(page.Select(id => desk.Actor(BatchObject.Read(id)!.Value).GetAsync()));
        var batches = found.Where(static result => result.Spec is not null).ToArray();
        await WriteAsync(http, Page.Of(
            batches.Select(static result => BatchObject.Of(result)), batches.FirstOrDefault()?.Spec!.Id, batches.LastOrDefault()?.Spec!.Id, more));
    });

    private static Task WriteAsync(HttpContext http, object body) => http.Response.WriteAsJsonAsync(body, OpenAiJson.Options, http.RequestAborted);
}

/// <summary>What a client wants of a batch.</summary>
/// <param name="Hours">Until it expires.</param>
public sealed record BatchWish(string InputFile, string Endpoint, string Window, int Hours, string? MetadataJson, string? WebhookUrl, string? WebhookSecret)
{
    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static BatchWish Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        RequestMembers.CheckPassive(root);
        var endpoint = JsonBody.RequiredString(root, "endpoint");
        if (!LineOrders.Endpoints.Contains(endpoint))
        {
            throw Bad("invalid_value", $"endpoint must be one of {string.Join(", ", LineOrders.Endpoints)}.", "endpoint");
        }

        var window = JsonBody.RequiredString(root, "completion_window");
        var hours = window.EndsWith('h') && int.TryParse(window[..^1], out var given) && given is >= 1 and <= 24
            ? given : throw Bad("invalid_value", "completion_window must be 1h to 24h.", "completion_window");
        var hook = root.TryGetProperty("webhook", out var member) && member.ValueKind == JsonValueKind.Object ? member : default;
        return new BatchWish(
            JsonBody.RequiredString(root, "input_file_id"), endpoint, window, hours,
            root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? metadata.GetRawText() : null,
            hook.ValueKind == JsonValueKind.Object ? JsonBody.RequiredString(hook, "url") : null,
            hook.ValueKind == JsonValueKind.Object ? JsonBody.OptionalString(hook, "secret", 128, "webhook") : null);
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
