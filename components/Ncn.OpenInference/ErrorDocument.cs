using System.Text.Json;

namespace Ncn.OpenInference;

/// <summary>How the protocol says over REST that something went wrong: <c>{"error": text}</c>, with a status of 400 or more.</summary>
public static class ErrorDocument
{
    /// <summary>The body.</summary>
    public static byte[] Of(string message) => JsonSerializer.SerializeToUtf8Bytes(new { error = message });
}
