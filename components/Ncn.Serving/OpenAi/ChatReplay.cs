using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Serving.Answers;

namespace Ncn.Serving.OpenAi;

/// <summary>A kept chat completion as the chunks of a stream: each choice's message in one chunk, its end in another.</summary>
internal static class ChatReplay
{
    public static IEnumerable<StreamEvent> Of(string body, bool ownUsageChunk)
    {
        var whole = JsonNode.Parse(body)!.AsObject();
        var choices = whole["choices"]!.AsArray();
        for (var index = 0; index < choices.Count; index++)
        {
            var choice = choices[index]!.AsObject();
            yield return Event(Chunk(whole, Choice(index, Delta(choice["message"]!.AsObject()), choice["logprobs"], null)));
            var end = Choice(index, [], null, choice["finish_reason"]);
            if (ownUsageChunk || index < choices.Count - 1)
            {
                yield return Event(Chunk(whole, end));
            }
            else
            {
                yield return Event(Last(whole, new JsonArray(end)));
            }
        }

        if (ownUsageChunk)
        {
            yield return Event(Last(whole, []));
        }
    }

    private static StreamEvent Event(JsonObject chunk) => new(null, JsonSerializer.SerializeToUtf8Bytes(chunk));

    private static JsonObject Delta(JsonObject message)
    {
        var delta = message.DeepClone().AsObject();
        delta.Remove("refusal");
        if (delta["tool_calls"] is JsonArray calls)
        {
            for (var index = 0; index < calls.Count; index++)
            {
                calls[index]!.AsObject().Insert(0, "index", index);
            }
        }

        return delta;
    }

    private static JsonObject Choice(int index, JsonObject delta, JsonNode? logprobs, JsonNode? finish) => new()
    {
        ["index"] = index,
        ["delta"] = delta,
        ["logprobs"] = logprobs?.DeepClone(),
        ["finish_reason"] = finish?.DeepClone(),
    };

    private static JsonObject Chunk(JsonObject whole, JsonObject choice)
    {
        var chunk = Last(whole, new JsonArray(choice));
        chunk.Remove("usage");
        chunk.Remove("ncn");
        return chunk;
    }

    private static JsonObject Last(JsonObject whole, JsonArray choices)
    {
        var chunk = whole.DeepClone().AsObject();
        chunk["object"] = "chat.completion.chunk";
        chunk["choices"] = choices;
        return chunk;
    }
}
