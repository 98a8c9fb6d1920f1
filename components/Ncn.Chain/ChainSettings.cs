using System.Collections.Immutable;
using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Chain;

/// <summary>Which chain, and where on it the network's contracts stand.</summary>
/// <param name="Rpc">JSON-RPC endpoint, http or https. The setting may list several with commas: the first is this one, and the others stand in for it.</param>
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

    /// <summary>Most endpoints.</summary>
    public const int MaxEndpoints = 8;

    /// <summary>The endpoints that stand in for <see cref="Rpc"/>, in this order.</summary>
    public ImmutableArray<Uri> FallbackRpcs { get; init; } = [];

    /// <summary>How patient and how frugal the connection is.</summary>
    public ChainLimits Limits { get; init; } = new();

    /// <summary>Folder of the journals of sent transactions (<c>Ncn:Chain:JournalDirectory</c>); null remembers while the process lives.</summary>
    public string? JournalDirectory { get; init; }

    /// <summary>The contract that says where a subnet's operators can be asked for the others (<c>Ncn:Chain:BootstrapDirectory</c>); null when it is not used.</summary>
    public Address? BootstrapDirectory { get; init; }

    /// <summary>All endpoints, first choice first.</summary>
    public IEnumerable<Uri> Endpoints => [Rpc, .. FallbackRpcs];

    /// <summary>The domain of channels and vouchers.</summary>
    public Eip712Domain PaymentsDomain => Eip712Domain.Payments(ChainId, InferencePayment);

    /// <summary>The domain of node records, jobs and receipts.</summary>
    public Eip712Domain NetworkDomain => Eip712Domain.Network(ChainId, ValidatorRegistry);

    /// <summary>Reads the keys <c>Ncn:Chain:…</c>, for example with <c>key => configuration[key]</c>.</summary>
    /// <exception cref="FormatException">A setting is missing or malformed; the message names it and what it must be.</exception>
    public static ChainSettings Read(Func<string, string?> configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var urls = ReadUrls("Rpc");
        return new ChainSettings(
            urls[0], ReadNumber("ChainId", 1, ulong.MaxValue, null), ReadAddress("Token"), ReadAddress("InferencePayment"),
            ReadAddress("ValidatorRegistry"), (uint)ReadNumber("Confirmations", 0, MaxConfirmations, "0"))
        {
            FallbackRpcs = urls[1..],
            JournalDirectory = configuration(Key("JournalDirectory")) is { Length: > 0 } folder ? folder : null,
            BootstrapDirectory = configuration(Key("BootstrapDirectory")) is { Length: > 0 } ? ReadAddress("BootstrapDirectory") : null,
            Limits = ReadLimits(new ChainLimits()),
        };

        ChainLimits ReadLimits(ChainLimits standard) => new()
        {
            RequestsPerSecond = ReadLimit(nameof(standard.RequestsPerSecond), 0, 100_000, standard.RequestsPerSecond),
            RequestTimeoutSeconds = ReadLimit(nameof(standard.RequestTimeoutSeconds), 1, 120, standard.RequestTimeoutSeconds),
            Rounds = ReadLimit(nameof(standard.Rounds), 1, 10, standard.Rounds),
            MaxLagBlocks = ReadLimit(nameof(standard.MaxLagBlocks), 1, 10_000, standard.MaxLagBlocks),
            LogRangeBlocks = ReadLimit(nameof(standard.LogRangeBlocks), 1, 100_000, standard.LogRangeBlocks),
            MaxAnswerBytes = ReadLimit(nameof(standard.MaxAnswerBytes), 65_536, 268_435_456, standard.MaxAnswerBytes),
            MaxFeePerGas = ReadNumber(nameof(standard.MaxFeePerGas), 1, long.MaxValue, standard.MaxFeePerGas.ToString(CultureInfo.InvariantCulture)),
            PatienceSeconds = ReadLimit(nameof(standard.PatienceSeconds), 1, 3_600, standard.PatienceSeconds),
            ResendAfterSeconds = ReadLimit(nameof(standard.ResendAfterSeconds), 1, 3_600, standard.ResendAfterSeconds),
            BumpAfterSeconds = ReadLimit(nameof(standard.BumpAfterSeconds), 1, 86_400, standard.BumpAfterSeconds),
        };

        uint ReadLimit(string name, uint least, uint most, uint standard) =>
            (uint)ReadNumber(name, least, most, standard.ToString(CultureInfo.InvariantCulture));

        ImmutableArray<Uri> ReadUrls(string name)
        {
            var texts = (configuration(Key(name)) ?? "").Split(',', StringSplitOptions.TrimEntries);
            return texts.Length <= MaxEndpoints
                ? [.. texts.Select(text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw Malformed(name, UrlForm))]
                : throw Malformed(name, UrlForm);
        }

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

    private static readonly string UrlForm = $"an http or https address, or up to {MaxEndpoints} of them separated by commas";

    private static string Key(string name) => "Ncn:Chain:" + name;
}
