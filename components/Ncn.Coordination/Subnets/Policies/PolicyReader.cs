using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets.Policies;

/// <summary>Reads a policy document from outside. White space and order are free, everything else is fixed: a rule that is not known is an error.</summary>
public static class PolicyReader
{
    /// <summary>Longest document, bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxDigests = 1024;
    private const uint MaxSlots = 4096;
    private const uint MaxRequests = 1_000_000;
    private const uint AllBasisPoints = 10_000;
    private static readonly TokenAmount MaxAmount = new(ulong.MaxValue);
    private static readonly JsonDocumentOptions Form = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>False with a problem that names the member at fault, when it is no policy.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out PolicyDocument? policy, out string problem)
    {
        (policy, problem) = (null, string.Empty);
        if (utf8.Length > MaxBytes)
        {
            problem = $"the document has {utf8.Length} bytes; a policy has at most {MaxBytes}";
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(utf8, Form);
            policy = Read(json.RootElement);
            return true;
        }
        catch (JsonException malformed)
        {
            problem = malformed.Message;
            return false;
        }
        catch (InvalidOperationException)
        {
            // A name or text of invalid UTF-8, or with half a surrogate pair: the reader of tokens lets it pass.
            problem = "a text in it is not Unicode";
            return false;
        }
    }

    private static PolicyDocument Read(JsonElement root)
    {
        var policy = Object(root, "the document").Aggregate(new PolicyDocument(), Read);
        return root.TryGetProperty(PolicyNames.Version, out _) ? policy : throw new JsonException($"{PolicyNames.Version} is missing; this is version {PolicyNames.CurrentVersion}");
    }

    private static PolicyDocument Read(PolicyDocument read, JsonProperty member) => member.Name switch
    {
        PolicyNames.Version => Number(member, 0, uint.MaxValue) == PolicyNames.CurrentVersion
            ? read
            : throw new JsonException($"{PolicyNames.Version} is not known; this program knows {PolicyNames.CurrentVersion}"),
        PolicyNames.Models => read with { Models = Digests(member) },
        PolicyNames.PriceCeilings => Ceilings(read, member),
        PolicyNames.VerificationFloor => read with { VerificationFloor = Number(member, 1, AllBasisPoints) },
        PolicyNames.FeeBasisPoints => read with { FeeBasisPoints = Number(member, 0, AllBasisPoints) },
        PolicyNames.EpochLength => read with { EpochLength = Number(member, 600, 2_592_000) },
        PolicyNames.FreeTier => read with { FreeTier = Tier(member) },
        PolicyNames.Capacity => read with { Capacity = Size(member) },
        _ => throw Unknown(member.Name, "the document"),
    };

    private static ImmutableSortedSet<Hash32> Digests(JsonProperty member)
    {
        if (member.Value.ValueKind != JsonValueKind.Array || member.Value.GetArrayLength() is 0 or > MaxDigests)
        {
            throw new JsonException($"{member.Name} must be a list of 1 to {MaxDigests} model digests; leave it out to allow any");
        }

        return [.. member.Value.EnumerateArray().Select(digest => Digest(digest.ValueKind == JsonValueKind.String ? digest.GetString()! : string.Empty, member.Name))];
    }

    private static PolicyDocument Ceilings(PolicyDocument read, JsonProperty member)
    {
        var all = Object(member.Value, member.Name);
        if (all.Count > MaxDigests)
        {
            throw new JsonException($"{member.Name} has more than {MaxDigests} members");
        }

        foreach (var ceiling in all)
        {
            var price = Price(ceiling);
            read = ceiling.Name == PolicyNames.AnyModel
                ? read with { OtherPriceCeiling = price }
                : read with { PriceCeilings = read.PriceCeilings.SetItem(Digest(ceiling.Name, member.Name), price) };
        }

        return read;
    }

    private static ModelPrice Price(JsonProperty of) => Object(of.Value, of.Name).Aggregate(ModelPrice.Free, static (price, member) => member.Name switch
    {
        PolicyNames.PerRequest => price with { PerRequest = Amount(member) },
        PolicyNames.PerPromptToken => price with { PerPromptToken = Amount(member) },
        PolicyNames.PerCompletionToken => price with { PerCompletionToken = Amount(member) },
        PolicyNames.PerInputRow => price with { PerInputRow = Amount(member) },
        _ => throw Unknown(member.Name, PolicyNames.PriceCeilings),
    });

    private static FreeTier Tier(JsonProperty of) => Object(of.Value, of.Name).Aggregate(new FreeTier(0, 0, default), static (tier, member) => member.Name switch
    {
        PolicyNames.RequestsPerAddress => tier with { RequestsPerAddress = Number(member, 0, MaxRequests) },
        PolicyNames.RequestsPerPayer => tier with { RequestsPerPayer = Number(member, 0, MaxRequests) },
        PolicyNames.MaxCeiling => tier with { MaxCeiling = Amount(member) },
        _ => throw Unknown(member.Name, PolicyNames.FreeTier),
    });

    private static CapacityRule Size(JsonProperty of)
    {
        var size = Object(of.Value, of.Name).Aggregate(new CapacityRule(1, MaxSlots), static (size, member) => member.Name switch
        {
            PolicyNames.MinSlots => size with { MinSlots = Number(member, 1, MaxSlots) },
            PolicyNames.MaxSlots => size with { MaxSlots = Number(member, 1, MaxSlots) },
            _ => throw Unknown(member.Name, PolicyNames.Capacity),
        });
        return size.MinSlots <= size.MaxSlots ? size : throw new JsonException($"{of.Name}.{PolicyNames.MinSlots} is above {PolicyNames.MaxSlots}");
    }

    private static List<JsonProperty> Object(JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.Object ? [.. value.EnumerateObject()] : throw new JsonException($"{Clip(what)} must be an object");

    private static uint Number(JsonProperty member, uint least, uint most) =>
        member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetUInt32(out var number) && number >= least && number <= most
            ? number
            : throw new JsonException($"{member.Name} must be a whole number from {least} to {most}");

    private static TokenAmount Amount(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String && TokenAmount.TryParse(member.Value.GetString(), out var amount) && amount <= MaxAmount
            ? amount
            : throw new JsonException($"{member.Name} must be a text with atomic units in decimal digits, at most {MaxAmount}");

    private static Hash32 Digest(string text, string where) =>
        Hash32.TryParse(text, out var digest) ? digest : throw new JsonException($"{where} has something that is no model digest: 0x and 64 hex digits are expected");

    private static JsonException Unknown(string name, string where) => new($"{Clip(name)} is not a rule of {where} that this program knows");

    private static string Clip(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
