using System.Buffers;
using System.Text.Json;

namespace Ncn.Payments.X402;

/// <summary>The extension payment-identifier of x402 v2: the payer names its payment, and a repeat under the same name is the same payment.</summary>
/// <remarks>A demand announces it by <see cref="Announcement"/>; the payer adds <c>info.id</c>, 16 to 128 characters of [A-Za-z0-9_-].</remarks>
public static class PaymentIdentifier
{
    /// <summary>The extension's name.</summary>
    public const string Name = "payment-identifier";

    private const int MinLength = 16;
    private const int MaxLength = 128;

    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>The member extensions of a demand: the identifier is taken and not required.</summary>
    public static JsonElement Announcement { get; } = JsonSerializer.SerializeToElement(new Dictionary<string, object>
    {
        [Name] = new
        {
            info = new { required = false },
            schema = new
            {
                type = "object",
                properties = new { required = new { type = "boolean" }, id = new { type = "string", minLength = MinLength, maxLength = MaxLength, pattern = "^[a-zA-Z0-9_-]+$" } },
                required = new[] { "required" },
            },
        },
    });

    /// <summary>True for an id of the extension's form.</summary>
    public static bool IsValid(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Length is >= MinLength and <= MaxLength && id.AsSpan().IndexOfAnyExcept(Characters) < 0;
    }

    /// <summary>The id that a payment states; null when it states none, with a problem when it states one that is no id.</summary>
    internal static string? Read(JsonElement payment, out PaymentProblem? problem)
    {
        problem = null;
        if (Member(Member(Member(payment, "extensions"), Name), "info") is not { } info || !info.TryGetProperty("id", out var stated)
            || stated.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var id = stated.ValueKind == JsonValueKind.String ? stated.GetString()! : string.Empty;
        problem = IsValid(id) ? null : new PaymentProblem(
            BatchSettlementError.InvalidPayload, $"The id of the extension {Name} must have {MinLength} to {MaxLength} letters, digits, _ or -.");
        return problem is null ? id : null;
    }

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { } element && element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;
}
