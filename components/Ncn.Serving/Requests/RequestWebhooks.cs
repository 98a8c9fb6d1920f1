using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Responses;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Requests;

/// <summary>Webhooks of requests that are answered later: checked before the request begins, kept before it enters the queue.</summary>
public sealed class RequestWebhooks(WebhookDesk desk)
{
    /// <summary>The call with a webhook that can be kept: its URL may be called and its secret is chosen.</summary>
    internal async Task<ClientCall> CheckAsync(ClientCall call)
    {
        if (call.Webhook is not { } wish)
        {
            return call;
        }

        if (!call.PrefersAsync)
        {
            throw new ApiException(ApiError.BadRequest(
                "webhook_without_later", $"A webhook tells of an answer that comes later: send Prefer: respond-async too, or leave {WebhookWish.Header} out.", "webhook"));
        }

        var (url, secret) = await desk.CheckAsync(wish.Url, wish.Secret, "webhook.url", call.Gone);
        return call with { Webhook = new WebhookWish(url.AbsoluteUri, secret.Text) };
    }

    /// <summary>Keeps the webhook of a request; its message's id, null when it has none.</summary>
    internal async Task<string?> WatchAsync(RequestTicket ticket)
    {
        if (ticket is not { Path: RequestPath.Queued, Call.Webhook: { Secret: { } secret } wish })
        {
            return null;
        }

        var (subject, id) = ticket.Order.Dialect == ResponseRequest.Dialect
            ? (WebhookSubject.Response, ResponseObject.IdOf(ticket.Request))
            : (WebhookSubject.Request, ticket.Request.ToString());
        return await desk.WatchAsync(subject, id, new Uri(wish.Url), new WebhookSecret(secret), ticket.Call.Gone);
    }

    /// <summary>The request came to nothing.</summary>
    internal Task ForgetAsync(string? webhook) => webhook is null ? Task.CompletedTask : desk.ForgetAsync(webhook);
}
