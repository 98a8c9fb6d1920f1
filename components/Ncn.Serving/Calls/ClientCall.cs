using System.Net;
using Ncn.Protocol;
using Ncn.Serving.Observability;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Calls;

/// <summary>What a client says beside its request's body, whatever the transport: HTTP headers, gRPC metadata or a frame's members.</summary>
public sealed record ClientCall
{
    /// <summary>The path of the endpoint that is asked, such as <c>/v1/chat/completions</c>: under one idempotency key it tells requests apart.</summary>
    public required string Route { get; init; }

    /// <summary>The resource's URL as the client knows it: a demand for payment names it.</summary>
    public required string ResourceUrl { get; init; }

    /// <summary>The payment, as it came (base64 of JSON); null when none did.</summary>
    public string? Payment { get; init; }

    /// <summary>The x402 version that the client speaks: 1 or 2.</summary>
    public int PaymentVersion { get; init; } = 2;

    /// <summary>Repeats with the same key and body get the first answer; null when the request may not be repeated.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>A quote that the gateway is held to (base64 of JSON); null when none came.</summary>
    public string? Quote { get; init; }

    /// <summary>The answer may come later (RFC 7240, <c>respond-async</c>).</summary>
    public bool PrefersAsync { get; init; }

    /// <summary>The caller's own queued request whose place this one takes, paying more; null for none.</summary>
    public RequestId? Replaces { get; init; }

    /// <summary>Where to tell that the later answer is there; null when the client asks for it itself.</summary>
    public WebhookWish? Webhook { get; init; }

    /// <summary>Where the client is; null when that is not known.</summary>
    public IPAddress? Remote { get; init; }

    /// <summary>What is to be held at first instead of the whole ceiling, atomic units; null for the ceiling.</summary>
    public TokenAmount? Reserve { get; init; }

    /// <summary>Where larger vouchers come from while the request runs; null where the transport carries none.</summary>
    public IVoucherSource? Vouchers { get; init; }

    /// <summary>What is noticed of the call; null when nobody wants to know.</summary>
    public CallWatch? Watch { get; init; }

    /// <summary>Fires when the client goes away.</summary>
    public CancellationToken Gone { get; init; }
}
