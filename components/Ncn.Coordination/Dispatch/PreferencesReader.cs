using System.Collections.Immutable;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>Reads the member <c>provider</c> of a request: the names are OpenRouter's, the nodes are addresses.</summary>
/// <remarks>
/// Prices are written as there, in whole currency units: <c>prompt</c> and <c>completion</c> for a million tokens, <c>request</c> and
/// <c>image</c> (a row) for one. With six decimals, a unit for a million tokens is one atomic unit for a token. A wish that is not
/// known is an error: to ignore it would be to run the request against the client's will.
/// </remarks>
internal static class PreferencesReader
{
    private const string Root = "provider";
    private const int MaxEntries = 64;
    private const decimal MaxPrice = 1_000_000_000_000m;
    private const decimal AtomicUnits = 1_000_000m;

    internal static RoutingPreferences Read(JsonElement provider)
    {
        if (provider.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return RoutingPreferences.None;
        }

        if (provider.ValueKind != JsonValueKind.Object)
        {
            throw new PreferencesException(Root, "must be an object.");
        }

        return provider.EnumerateObject().Aggregate(RoutingPreferences.None, Read);
    }

    private static RoutingPreferences Read(RoutingPreferences read, JsonProperty member)
    {
        var field = $"{Root}.{member.Name}";
        if (member.Value.ValueKind == JsonValueKind.Null)
        {
            return read;
        }

        return member.Name switch
        {
            "order" => read with { Order = Addresses(member.Value, field) },
            "only" => read with { Only = Addresses(member.Value, field) },
            "ignore" => read with { Ignore = Addresses(member.Value, field) },
            "allow_fallbacks" => read with { AllowFallbacks = Flag(member.Value, field) },
            "require_parameters" => read with { RequireParameters = Flag(member.Value, field) },
            "max_price" => read with { MaxPrice = Cap(member.Value, field) },
            "quantizations" => read with { Quantizations = List(member.Value, field, Quantization) },
            "digests" => read with { Digests = List(member.Value, field, Digest) },
            "sort" => read with { Sort = Sort(member.Value, field) },
            "data_collection" => read with { DenyDataCollection = read.DenyDataCollection || Choice(member.Value, field, "allow", "deny") == "deny" },
            "verified" => read with { VerifiedOnly = Flag(member.Value, field) },
            "zdr" => read with { DenyDataCollection = read.DenyDataCollection || Flag(member.Value, field) },
            _ => throw new PreferencesException(
                Clip(field),
                "is not known; known are order, only, ignore, allow_fallbacks, require_parameters, max_price, quantizations, digests, sort, data_collection, verified and zdr."),
        };
    }

    private static ImmutableArray<Address> Addresses(JsonElement value, string field) => List(value, field, static (text, at) =>
        Address.TryParse(text, out var address) ? address : throw new PreferencesException(at, "must be a node's address, 0x and 40 hexadecimal digits."));

    private static string Quantization(string text, string field) => text.Length > 0 && ModelOffer.IsQuantization(text.ToLowerInvariant())
        ? text.ToLowerInvariant()
        : throw new PreferencesException(field, "must be the name of a quantization, such as fp16 or int4.");

    private static ModelDigest Digest(string text, string field) => Hash32.TryParse(text, out var digest)
        ? new ModelDigest(digest)
        : throw new PreferencesException(field, "must be a model digest, 0x and 64 hexadecimal digits.");

    private static ImmutableArray<T> List<T>(JsonElement value, string field, Func<string, string, T> read)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxEntries)
        {
            throw new PreferencesException(field, $"must be a list of at most {MaxEntries} texts.");
        }

        return [.. value.EnumerateArray().Select((entry, index) => read(Text(entry, $"{field}[{index}]"), $"{field}[{index}]")).Distinct()];
    }

    private static PriceCap Cap(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new PreferencesException(field, "must be an object with prompt, completion, request or image.");
        }

        return value.EnumerateObject().Aggregate(new PriceCap(null, null, null, null), (cap, member) => member.Name switch
        {
            "prompt" => cap with { PerPromptToken = Price(member.Value, $"{field}.prompt", 1) },
            "completion" => cap with { PerCompletionToken = Price(member.Value, $"{field}.completion", 1) },
            "request" => cap with { PerRequest = Price(member.Value, $"{field}.request", AtomicUnits) },
            "image" => cap with { PerInputRow = Price(member.Value, $"{field}.image", AtomicUnits) },
            _ => throw new PreferencesException(Clip($"{field}.{member.Name}"), "is not known; known are prompt, completion, request and image."),
        });
    }

    // Rounded down: a price is a whole number of units, so no node above the bound passes.
    private static TokenAmount Price(JsonElement value, string field, decimal scale)
    {
        var isRead = value.ValueKind == JsonValueKind.Number ? value.TryGetDecimal(out var price)
            : decimal.TryParse(Text(value, field), System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out price);
        return isRead && price is >= 0 and <= MaxPrice
            ? new TokenAmount((UInt128)decimal.Floor(price * scale))
            : throw new PreferencesException(field, $"must be a price from 0 to {MaxPrice}.");
    }

    private static RoutingSort Sort(JsonElement value, string field)
    {
        var by = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("by", out var inner) ? inner : value;
        return Choice(by, field, "price", "throughput", "latency") switch
        {
            "price" => RoutingSort.Price,
            "throughput" => RoutingSort.Throughput,
            _ => RoutingSort.Latency,
        };
    }

    private static string Choice(JsonElement value, string field, params string[] choices) => Text(value, field) is var text && choices.Contains(text)
        ? text
        : throw new PreferencesException(field, $"must be one of {string.Join(", ", choices)}.");

    private static bool Flag(JsonElement value, string field) => value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw new PreferencesException(field, "must be true or false.");

    private static string Text(JsonElement value, string field) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new PreferencesException(field, "must be a text.");

    private static string Clip(string field) => field.Length <= 64 ? field : field[..64] + "…";
}
