using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Outbound;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Webhooks;

/// <summary>Keeps webhooks, sees when their subjects are done, and sends their events (Standard Webhooks 1.0), at least once each.</summary>
/// <remarks>
/// 1. a webhook is kept before its subject begins; 2. when the subject is done its event is kept; 3. one process claims it and sends it;
/// 4. taken (2xx), it is gone; refused, it comes again later, and after its last attempt it is put aside.
/// </remarks>
public sealed class WebhookDesk(
    IObjectStore store, OutboundGuard guard, WebhookSubjects subjects, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookDesk> log)
{
    private const string Folder = "webhooks/";
    private const string DeadFolder = "webhooks-dead/";
    private const int SendsAtOnce = 16;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> NoTags = [];
    private DateTimeOffset _lookAt;
    private int _waiting = 1;

    /// <summary>The secret and URL of a client's wish. Throws <see cref="ApiException"/> when the gateway would not call the URL.</summary>
    public async Task<(Uri Url, WebhookSecret Secret)> CheckAsync(string? url, string? secret, string parameter, CancellationToken cancellationToken) =>
        (await guard.RequireAsync(url, parameter, cancellationToken), secret is null ? WebhookSecret.Random() : WebhookSecret.Read(secret, parameter));

    /// <summary>Keeps a webhook for a subject.</summary>
    public async Task WatchAsync(WebhookSubject subject, string subjectId, Uri url, WebhookSecret secret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (Volatile.Read(ref _waiting) > options.Value.MaxWaiting)
        {
            throw new ApiException(new ApiError(503, "too_many_webhooks", "Too many webhooks wait here; leave yours out, or try later.") { RetryAfterSeconds = 60 });
        }

        var now = Now();
        var id = "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await WriteAsync(new Webhook(id, url, secret.Text, subject, subjectId, now, now, 0, null), cancellationToken);
        _lookAt = default;
        Interlocked.Increment(ref _waiting);
    }

    /// <summary>Looks after everything that is due. Where nothing waits it looks only now and then.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _waiting) == 0 && time.GetUtcNow() < _lookAt)
        {
            return;
        }

        _lookAt = time.GetUtcNow() + Look;
        var due = new List<(Webhook Hook, string Version)>();
        var waiting = 0;
        await foreach (var found in store.ListAsync(Folder, cancellationToken))
        {
            waiting++;
            if (due.Count < SendsAtOnce && await ReadAsync(found.Name, cancellationToken) is { } hook && hook.IsDue(Now()))
            {
                due.Add((hook, found.Version));
            }
        }

        Volatile.Write(ref _waiting, waiting);
        await Task.WhenAll(due.Select(each => StepAsync(each.Hook, each.Version, cancellationToken)));
    }

    private async Task StepAsync(Webhook hook, string version, CancellationToken cancellationToken)
    {
        var claimed = JsonSerializer.SerializeToUtf8Bytes(hook.Claim(Now()), ProtocolJson.Options);
        if (!await store.TryWriteAsync(Folder + hook.Id, claimed, version, cancellationToken))
        {
            return;
        }

        var body = hook.Body ?? await subjects.EventAsync(hook, cancellationToken);
        if (body is null)
        {
            await (hook.IsForgotten(Now()) ? PutAsideAsync(hook, cancellationToken) : WriteAsync(hook.LookAgain(Now()), cancellationToken));
            return;
        }

        hook = hook with { Body = body };
        if (await SendAsync(hook, body, cancellationToken))
        {
            await store.DeleteAsync(Folder + hook.Id, cancellationToken);
        }
        else
        {
            await (hook.Failed(Now(), options.Value.Attempts) is { } later ? WriteAsync(later, cancellationToken) : PutAsideAsync(hook, cancellationToken));
        }
    }

    private async Task<bool> SendAsync(Webhook hook, string body, CancellationToken cancellationToken)
    {
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", hook.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", new WebhookSecret(hook.Secret).Sign(hook.Id, timestamp, body));
        try
        {
            using var answer = await guard.Client.SendAsync(request, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                log.LogInformation("Webhook {Webhook} was answered with {Status}, attempt {Attempt}", hook.Id, (int)answer.StatusCode, hook.Attempts + 1);
            }

            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            log.LogInformation("Webhook {Webhook} could not be sent, attempt {Attempt}: {Reason}", hook.Id, hook.Attempts + 1, failure.Message);
            return false;
        }
    }

    private async Task PutAsideAsync(Webhook hook, CancellationToken cancellationToken)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["expires"] = (time.GetUtcNow() + TimeSpan.FromHours(options.Value.DeadHours)).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        };
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(hook, ProtocolJson.Options));
        await store.WriteAsync(DeadFolder + hook.Id, content, tags, cancellationToken);
        await store.DeleteAsync(Folder + hook.Id, cancellationToken);
        log.LogWarning("Webhook {Webhook} for {Subject} {SubjectId} was given up after {Attempts} attempts", hook.Id, hook.Subject, hook.SubjectId, hook.Attempts + 1);
    }

    private async Task WriteAsync(Webhook hook, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(hook, ProtocolJson.Options));
        await store.WriteAsync(Folder + hook.Id, content, NoTags, cancellationToken);
    }

    private async Task<Webhook?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(name, cancellationToken);
        return content is null ? null : await JsonSerializer.DeserializeAsync<Webhook>(content, ProtocolJson.Options, cancellationToken);
    }

    private ulong Now() => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
}
