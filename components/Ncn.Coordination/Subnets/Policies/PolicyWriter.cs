using System.Buffers;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Coordination.Subnets.Policies;

/// <summary>Writes a policy in its one form: members in ordinal order, nothing that is absent, amounts as decimal text (RFC 8785 for the values that occur).</summary>
internal static class PolicyWriter
{
    internal static byte[] Write(PolicyDocument policy)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            WriteCapacity(json, policy.Capacity);
            WriteNumber(json, PolicyNames.EpochLength, policy.EpochLength);
            WriteNumber(json, PolicyNames.FeeBasisPoints, policy.FeeBasisPoints);
            WriteFreeTier(json, policy.FreeTier);
            WriteModels(json, policy);
            WriteCeilings(json, policy);
            WriteNumber(json, PolicyNames.VerificationFloor, policy.VerificationFloor);
            json.WriteNumber(PolicyNames.Version, PolicyNames.CurrentVersion);
            json.WriteEndObject();
        }

        return text.WrittenSpan.ToArray();
    }

    private static void WriteCapacity(Utf8JsonWriter json, CapacityRule? capacity)
    {
        if (capacity is null)
        {
            return;
        }

        json.WriteStartObject(PolicyNames.Capacity);
        json.WriteNumber(PolicyNames.MaxSlots, capacity.MaxSlots);
        json.WriteNumber(PolicyNames.MinSlots, capacity.MinSlots);
        json.WriteEndObject();
    }

    private static void WriteFreeTier(Utf8JsonWriter json, FreeTier? tier)
    {
        if (tier is null)
        {
            return;
        }

        json.WriteStartObject(PolicyNames.FreeTier);
        json.WriteString(PolicyNames.MaxCeiling, tier.MaxCeiling.ToString());
        json.WriteNumber(PolicyNames.RequestsPerAddress, tier.RequestsPerAddress);
        json.WriteNumber(PolicyNames.RequestsPerPayer, tier.RequestsPerPayer);
        json.WriteEndObject();
    }

    private static void WriteModels(Utf8JsonWriter json, PolicyDocument policy)
    {
        if (policy.Models is not { } models)
        {
            return;
        }

        json.WriteStartArray(PolicyNames.Models);
        foreach (var digest in models)
        {
            json.WriteStringValue(digest.ToString());
        }

        json.WriteEndArray();
    }

    private static void WriteCeilings(Utf8JsonWriter json, PolicyDocument policy)
    {
        if (policy.PriceCeilings.IsEmpty && policy.OtherPriceCeiling is null)
        {
            return;
        }

        json.WriteStartObject(PolicyNames.PriceCeilings);
        if (policy.OtherPriceCeiling is { } other)
        {
            WritePrice(json, PolicyNames.AnyModel, other);
        }

        foreach (var (digest, price) in policy.PriceCeilings)
        {
            WritePrice(json, digest.ToString(), price);
        }

        json.WriteEndObject();
    }

    private static void WritePrice(Utf8JsonWriter json, string name, ModelPrice price)
    {
        json.WriteStartObject(name);
        json.WriteString(PolicyNames.PerCompletionToken, price.PerCompletionToken.ToString());
        json.WriteString(PolicyNames.PerInputRow, price.PerInputRow.ToString());
        json.WriteString(PolicyNames.PerPromptToken, price.PerPromptToken.ToString());
        json.WriteString(PolicyNames.PerRequest, price.PerRequest.ToString());
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, uint? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
