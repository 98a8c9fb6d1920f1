using System.Runtime.CompilerServices;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Client.Inference;

/// <summary>Reads chat answers in the OpenAI form, whole and streamed.</summary>
internal static class ChatReader
{
    public static ChatAnswer Whole(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0)
        {
            throw new NcnException("The gateway's answer is no chat completion: it has no choices.");
        }

        var choice = choices[0];
        return new ChatAnswer(
            Text(choice.GetProperty("message"), "content"), FinishReason(choice), Usage(answer), NcnMember.Read(answer));
    }

    /// <summary>The pieces of a stream of server-sent events. An event with an error ends it with an exception.</summary>
    public static async IAsyncEnumerable<ChatPiece> PiecesAsync(Stream events, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var data in ServerEvents.ReadAsync(events, cancellation))
        {
            yield return Piece(data ?? throw new NcnException(ServerEvents.BrokenOff));
        }
    }

    private static ChatPiece Piece(string data)
    {
        using var document = Parse(data);
        var root = document.RootElement;
        if (root.TryGetProperty("error", out var error))
        {
            throw new NcnException("The stream failed: " + Text(error, "message"));
        }

        var hasChoice = root.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0;
        return new ChatPiece(
            hasChoice ? Text(choices[0].GetProperty("delta"), "content") : string.Empty,
            hasChoice ? FinishReason(choices[0]) : null,
            Usage(root),
            NcnMember.Read(root));
    }

    private static JsonDocument Parse(string data)
    {
        try
        {
            return JsonDocument.Parse(data);
        }
        catch (JsonException exception)
        {
            throw new NcnException("The gateway sent an event that is not JSON.", exception);
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;

    private static string? FinishReason(JsonElement choice) =>
        choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String ? reason.GetString() : null;

    private static TokenUsage? Usage(JsonElement answer) =>
        answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            ? usage.Deserialize<TokenUsage>(ProtocolJson.Options) : null;
}
