using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Chain;

/// <summary>Which chain, and where on it the network's contracts stand.</summary>
/// <param name="Rpc">JSON-RPC endpoint, http or https.</param>
/// <param name="ChainId">The chain's id, at least 1; every signature is bound to it.</param>
/// <param name="Token">The ERC-20 that is paid in.</param>
/// <param name="InferencePayment">The escrow contract.</param>
/// <param name="ValidatorRegistry">The registry contract.</param>
/// <param name="Confirmations">Blocks on top of a deposit before it counts, 0 to 10,000.</param>
public sealed record ChainSettings(
    Uri Rpc, ulong ChainId, Address Token, Address InferencePayment, Address ValidatorRegistry, uint Confirmations)
{
    /// <summary>Most confirmations that make sense: a day of Arbitrum blocks would never be waited for.</summary>
    public const uint MaxConfirmations = 10_000;

    /// <summary>The domain of channels and vouchers.</summary>
    public Eip712Domain PaymentsDomain => Eip712Domain.Payments(ChainId, InferencePayment);

    /// <summary>The domain of node records, jobs and receipts.</summary>
    public Eip712Domain NetworkDomain => Eip712Domain.Network(ChainId, ValidatorRegistry);

    /// <summary>Reads the keys <c>Ncn:Chain:…</c>, for example with <c>key => configuration[key]</c>.</summary>
    /// <exception cref="FormatException">A setting is missing or malformed; the message names it and what it must be.</exception>
    public static ChainSettings Read(Func<string, string?> configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new ChainSettings(
            ReadUrl("Rpc"), ReadNumber("ChainId", 1, ulong.MaxValue, null), ReadAddress("Token"), ReadAddress("InferencePayment"),
            ReadAddress("ValidatorRegistry"), (uint)ReadNumber("Confirmations", 0, MaxConfirmations, "0"));

        Uri ReadUrl(string name) =>
            Uri.TryCreate(configuration(Key(name)), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
                ? url
                : throw Malformed(name, "an http or https address");

        Address ReadAddress(string name) =>
            Address.TryParse(configuration(Key(name)), out var address) && !address.IsZero
                ? address
                : throw Malformed(name, "0x and 40 hex digits, not all zero");

        ulong ReadNumber(string name, ulong least, ulong most, string? fallback) =>
            ulong.TryParse(configuration(Key(name)) ?? fallback, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
                ? number
                : throw Malformed(name, $"a whole number from {least} to {most}");

        FormatException Malformed(string name, string expected) =>
            new($"The setting {Key(name)} must be {expected}; it is \"{configuration(Key(name)) ?? "missing"}\".");
    }

    private static string Key(string name) => "Ncn:Chain:" + name;
}
