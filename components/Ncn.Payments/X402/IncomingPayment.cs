using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>A payment as it came in: well-formed, its content not yet checked.</summary>
/// <param name="Version">x402 version, 1 or 2.</param>
/// <param name="Terms">What the payer says it accepted; null when a v2 payer says nothing.</param>
public abstract record IncomingPayment(int Version, AcceptedTerms? Terms)
{
    private const int MaxDepth = 16;

    /// <summary>The id of the extension payment-identifier: a repeat with the same one is the same request. Null when the payer sent none.</summary>
    public string? Identifier { get; init; }

    /// <summary>One transfer.</summary>
    public sealed record Exact(int Version, AcceptedTerms? Terms, ExactPayload Payload) : IncomingPayment(Version, Terms);

    /// <summary>A voucher, with or without a deposit, or the wish for a refund.</summary>
    public sealed record Batch(int Version, AcceptedTerms? Terms, BatchPayload Payload) : IncomingPayment(Version, Terms);

    /// <summary>Reads the JSON of a payment header or of a facilitator's <c>paymentPayload</c>. Null with a problem when it is none.</summary>
    public static IncomingPayment? Parse(ReadOnlyMemory<byte> json, out PaymentProblem? problem)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return Read(document.RootElement, out problem);
        }
        catch (JsonException malformed)
        {
            problem = new PaymentProblem(
                BatchSettlementError.InvalidPayload, $"The payment is no JSON that can be read (byte {malformed.BytePositionInLine}).");
            return null;
        }
        catch (InvalidOperationException)
        {
            problem = new PaymentProblem(BatchSettlementError.InvalidPayload, "The payment has a text that is not valid UTF-8.");
            return null;
        }
    }

    /// <summary>Reads a payment that was parsed already.</summary>
    public static IncomingPayment? Read(JsonElement root, out PaymentProblem? problem)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("payload", out var payload) || payload.ValueKind != JsonValueKind.Object)
        {
            problem = new PaymentProblem(BatchSettlementError.InvalidPayload, "The payment has no member payload that is an object.");
            return null;
        }

        if (!root.TryGetProperty("x402Version", out var stated) || stated.ValueKind != JsonValueKind.Number
            || !stated.TryGetInt32(out var version) || version is not (1 or 2))
        {
            problem = new PaymentProblem(BatchSettlementError.InvalidVersion, "The payment's x402Version is neither 1 nor 2.");
            return null;
        }

        var identifier = PaymentIdentifier.Read(root, out problem);
        var terms = problem is null ? ReadTerms(root, version, out problem) : null;
        var payment = problem is not null ? null
            : SchemeOf(terms, payload) switch
            {
                X402Header.Exact => Deserialize<ExactPayload>(payload, out problem) is { } exact ? new Exact(version, terms, exact) : null,
                X402Header.BatchSettlement when version == 2 =>
                    Deserialize<BatchPayload>(payload, out problem) is { } batch ? new Batch(version, terms, batch) : null,
                var scheme => Unsupported(scheme, version, out problem),
            };
        return payment is null ? null : payment with { Identifier = identifier };
    }

    private static AcceptedTerms? ReadTerms(JsonElement root, int version, out PaymentProblem? problem)
    {
        problem = null;
        if (version == 1)
        {
            return Deserialize<AcceptedTerms>(root, out problem);
        }

        return root.TryGetProperty("accepted", out var accepted) && accepted.ValueKind != JsonValueKind.Null
            ? Deserialize<AcceptedTerms>(accepted, out problem)
            : null;
    }

    // A v2 payload without "accepted" is known by its members.
    private static string SchemeOf(AcceptedTerms? terms, JsonElement payload) => terms?.Scheme
        ?? (payload.TryGetProperty("channelConfig", out _) ? X402Header.BatchSettlement : X402Header.Exact);

    private static T? Deserialize<T>(JsonElement element, out PaymentProblem? problem)
        where T : class
    {
        var value = X402Header.Read<T>(JsonSerializer.SerializeToUtf8Bytes(element), out var reason);
        problem = value is null ? new PaymentProblem(BatchSettlementError.InvalidPayload, $"The payment cannot be read: {reason}.") : null;
        return value;
    }

    private static IncomingPayment? Unsupported(string scheme, int version, out PaymentProblem? problem)
    {
        var name = scheme.Length <= 32 ? scheme : scheme[..32];
        problem = new PaymentProblem(BatchSettlementError.UnsupportedScheme, $"The scheme {name} of x402 version {version} is not taken here.");
        return null;
    }
}

/// <summary>What a payer says it accepted; of it only what binds is read.</summary>
public sealed record AcceptedTerms(string Scheme, string Network, TokenAmount? Amount = null, Address? Asset = null, Address? PayTo = null);

/// <summary>Why a payment is not taken.</summary>
/// <param name="Code">An x402 error code.</param>
/// <param name="Message">The same for a person.</param>
public sealed record PaymentProblem(string Code, string Message);
