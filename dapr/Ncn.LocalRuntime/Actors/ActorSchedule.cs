using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Actors;

/// <summary>
/// A timer or reminder: when it is due next, how often it repeats, and the texts that the app gave and gets back.
/// <paramref name="Remaining"/> counts the firings that are left (null: no limit).
/// </summary>
internal sealed record ActorSchedule(
    DateTimeOffset Due, TimeSpan? Period, int? Remaining, DateTimeOffset? Expires, string DueText, string PeriodText, string? Data, string? Callback)
{
    /// <summary>Reads the body of the reminder and timer API. Throws <see cref="FormatException"/>.</summary>
    public static ActorSchedule Parse(JsonElement body, DateTimeOffset now)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("the body is not an object");
        }

        var dueText = Text(body, "dueTime") ?? "";
        var periodText = Text(body, "period") ?? "";
        var (period, repetitions) = ParsePeriod(periodText);
        var due = ParseTime(dueText, now);
        var data = body.TryGetProperty("data", out var given) && given.ValueKind != JsonValueKind.Null ? given.GetRawText() : null;
        var expires = Text(body, "ttl") is { Length: > 0 } ttl ? ParseTime(ttl, now) : (DateTimeOffset?)null;
        return expires <= now
            ? throw new FormatException($"ttl '{Text(body, "ttl")}' is already over")
            : new ActorSchedule(due, period, repetitions, expires, dueText, periodText, data, Text(body, "callback"));
    }

    /// <summary>The schedule after one firing; null when that was the last.</summary>
    public ActorSchedule? AfterFiring(DateTimeOffset now)
    {
        if (Period is not { } period || Remaining == 1)
        {
            return null;
        }

        // Firings that were missed while nothing ran are made up for by one, not by all of them.
        var next = Due + period;
        var due = next < now ? now + period : next;
        return due >= Expires ? null : this with { Due = due, Remaining = Remaining - 1 };
    }

    /// <summary>What the app is sent when it fires, and what reading a reminder answers.</summary>
    public byte[] ToBody()
    {
        var body = new JsonObject { ["dueTime"] = DueText, ["period"] = PeriodText };
        if (Data is not null)
        {
            body["data"] = JsonNode.Parse(Data);
        }

        if (Callback is not null)
        {
            body["callback"] = Callback;
        }

        return JsonSerializer.SerializeToUtf8Bytes(body);
    }

    public static (TimeSpan? Period, int? Repetitions) ParsePeriod(string text)
    {
        if (text.Length == 0)
        {
            return (null, null);
        }

        int? repetitions = null;
        var rest = text.StartsWith("@every ", StringComparison.Ordinal) ? text["@every ".Length..].Trim() : text;
        if (rest.StartsWith('R'))
        {
            var parts = rest.Split('/', 2);
            repetitions = int.TryParse(parts[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
                ? count
                : throw new FormatException($"period '{text}' does not start with a number of repetitions such as R4/");
            rest = parts.Length > 1 ? parts[1] : "";
        }

        var period = rest.Length > 0 ? Durations.Parse(rest) : TimeSpan.Zero;
        return (period > TimeSpan.Zero ? period : null, repetitions);
    }

    private static DateTimeOffset ParseTime(string text, DateTimeOffset now)
    {
        if (text.Length == 0)
        {
            return now;
        }

        if (Durations.TryParse(text, out var delay))
        {
            return now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new FormatException($"'{text}' is neither a duration nor a time");
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
