using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Ncn.LocalRuntime.State;

/// <summary>Parses the bodies of the state API into operations. Throws <see cref="FormatException"/> with what is wrong.</summary>
internal static class StateRequests
{
    public const int MostOperations = 1000;

    public static List<StateOperation> ParseSave(JsonElement body, Func<string, string> toKey, long? defaultTtl)
    {
        if (body.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("the body is not an array of {key, value, etag, metadata, options}");
        }

        return [.. Bounded(body).Select(item => ParseUpsert(item, toKey, defaultTtl))];
    }

    public static List<StateOperation> ParseTransaction(JsonElement operations, Func<string, string> toKey)
    {
        if (operations.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("operations is not an array of {operation, request}");
        }

        return [.. Bounded(operations).Select(item => ParseOperation(item, toKey))];
    }

    public static long? ParseTtl(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && seconds <= int.MaxValue
            ? seconds <= 0 ? null : seconds
            : throw new FormatException($"ttlInSeconds is '{text}', which is not a number of seconds");
    }

    public static bool ParseFirstWrite(string? concurrency) => concurrency switch
    {
        null or "" or "last-write" => false,
        "first-write" => true,
        _ => throw new FormatException($"unrecognized concurrency model '{concurrency}'; it is first-write or last-write"),
    };

    public static void CheckConsistency(string? consistency)
    {
        // One machine and one file: both levels are met by the same write.
        if (consistency is not (null or "" or "strong" or "eventual"))
        {
            throw new FormatException($"unrecognized consistency model '{consistency}'; it is strong or eventual");
        }
    }

    private static StateOperation ParseOperation(JsonElement item, Func<string, string> toKey)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("request", out var request))
        {
            throw new FormatException("an operation has no request");
        }

        return Text(item, "operation") switch
        {
            "upsert" => ParseUpsert(request, toKey, null),
            "delete" => new Delete(toKey(Key(request)), ETag(request), Options(request)),
            var other => throw new FormatException($"operation type '{other}' is not supported; it is upsert or delete"),
        };
    }

    private static Upsert ParseUpsert(JsonElement item, Func<string, string> toKey, long? defaultTtl)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("an item is not an object");
        }

        var value = item.TryGetProperty("value", out var found) ? JsonMarshal.GetRawUtf8Value(found).ToArray() : "null"u8.ToArray();
        var ttl = item.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            ? ParseTtl(Scalar(metadata, "ttlInSeconds"))
            : null;
        return new Upsert(toKey(Key(item)), value, ETag(item), Options(item), ttl ?? defaultTtl);
    }

    private static bool Options(JsonElement item)
    {
        if (!item.TryGetProperty("options", out var options) || options.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        CheckConsistency(Text(options, "consistency"));
        return ParseFirstWrite(Text(options, "concurrency"));
    }

    // An empty ETag is none, as in daprd.
    private static string? ETag(JsonElement item) => Text(item, "etag") is { Length: > 0 } etag ? etag : null;

    private static string Key(JsonElement item) =>
        Text(item, "key") is { Length: > 0 and <= 1024 } key ? key : throw new FormatException("an item has no key, or one of more than 1024 characters");

    private static string? Scalar(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(item, name);

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement.ArrayEnumerator Bounded(JsonElement array) =>
        array.GetArrayLength() <= MostOperations
            ? array.EnumerateArray()
            : throw new FormatException($"{array.GetArrayLength()} operations in one request; at most {MostOperations}");
}
