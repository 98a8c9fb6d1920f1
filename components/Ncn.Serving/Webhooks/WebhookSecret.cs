using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Webhooks;

/// <summary>The key under which events are signed (Standard Webhooks 1.0): "whsec_" and base64 of 24 to 64 bytes.</summary>
public sealed record WebhookSecret(string Text)
{
    private const string Prefix = "whsec_";
    private const int MinBytes = 24;
    private const int MaxBytes = 64;

    /// <summary>A fresh one.</summary>
    public static WebhookSecret Random() => new(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(MinBytes)));

    /// <summary>One that a client chose; an <see cref="ApiException"/> when it is none.</summary>
    public static WebhookSecret Read(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> key = stackalloc byte[MaxBytes + 2];
        return text.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[Prefix.Length..], key, out var length)
            && length is >= MinBytes and <= MaxBytes
            ? new WebhookSecret(text)
            : throw new ApiException(ApiError.BadRequest(
                "invalid_webhook_secret", $"{parameter} must be whsec_ and base64 of {MinBytes} to {MaxBytes} bytes; leave it out to get one.", parameter));
    }

    /// <summary>The header <c>webhook-signature</c> of a message: HMAC-SHA256 over id, time and body.</summary>
    /// <param name="timestamp">Unix seconds.</param>
    public string Sign(string id, long timestamp, string body)
    {
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.{body}"));
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Text[Prefix.Length..]), signed));
    }
}
