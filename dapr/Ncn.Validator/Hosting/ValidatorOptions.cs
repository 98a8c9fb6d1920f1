using System.ComponentModel.DataAnnotations;
using System.Net;
using Ncn.Consensus;
using Ncn.Hosting.Outbound;
using Ncn.Validator.Duty.Probes;
using Ncn.Verification;

namespace Ncn.Validator.Hosting;

/// <summary>Section <c>Ncn:Validator</c>. What is marked "of the network" must be the same at all validators of the subnet.</summary>
public sealed class ValidatorOptions : IValidatableObject
{
    /// <summary>Subnet that this validator votes in; from 1.</summary>
    [Range(1, int.MaxValue)]
    public int Subnet { get; set; } = 1;

    /// <summary>The validator's number on this machine, 1 to 1,000; default 1. Names its key file, <c>validator-{Index}.key</c>, and its actor.</summary>
    [Range(1, 1_000)]
    public int Index { get; set; } = 1;

    /// <summary>Path of the consensus key, rooted or in <c>{Ncn:Keys:Directory}</c>; default validator-{Index}.key. Made, with its guard, when neither is there.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Azure Key Vault that holds the consensus key instead of a file; default none.</summary>
    public Uri? KeyVault { get; set; }

    /// <summary>Name of the secret: 0x and 64 hex digits; default validator-{Index}.</summary>
    [RegularExpression("^[0-9a-zA-Z-]{1,127}$")]
    public string? KeyVaultSecret { get; set; }

    /// <summary>Key file, as above, of the account that pays for transactions; without one, the default, this validator tells the chain nothing and leaves it to the others.</summary>
    public string? SenderKeyFile { get; set; }

    /// <summary>Folder of the rows; default <c>{Ncn:State:Directory}/apps/{APP_ID}</c>. On a disk that keeps what was synced.</summary>
    public string? Folder { get; set; }

    /// <summary>Public port of the connections between validators, 0 (the system chooses) to 65,535; default 0.</summary>
    [Range(0, 65_535)]
    public int LinkPort { get; set; }

    /// <summary>Address that it listens on; default 127.0.0.1. In a container: 0.0.0.0.</summary>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Base URL under which other validators reach that port; default http://127.0.0.1:{port}.</summary>
    public Uri? LinkUrl { get; set; }

    /// <summary>Base URL under which other validators and readers reach the HTTP API; default http://127.0.0.1:{port}. It is signed and passed on with the link's.</summary>
    public Uri? ApiUrl { get; set; }

    /// <summary>Base URLs of other validators' HTTP APIs, separated by commas. Their keys and links are asked there; who answers proves its key on its link. One that runs is enough: it names the others.</summary>
    public string Peers { get; set; } = string.Empty;

    /// <summary>Base URLs of gateways whose lists of receipts are read and presented, separated by commas; default none: then this validator does no duty in checking work.</summary>
    public string Gateways { get; set; } = string.Empty;

    /// <summary>gRPC endpoint of the worker of the same operator that runs answers again; without one, the default, this validator judges no answer that is shown.</summary>
    public Uri? Verifier { get; set; }

    /// <summary>That worker's own address, 0x and 40 hex digits. The worker takes calls of the keys in its Ncn:Worker:Validators: the sender's key here, or without one the consensus key.</summary>
    [RegularExpression("^0x[0-9a-fA-F]{40}$")]
    public string? VerifierAddress { get; set; }

    /// <summary>Whether peers and nodes at private addresses are called; default false. One whose own URL is on loopback calls this machine's always.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Of the network: heights of an epoch, 4 to 10,000,000; default 3,600.</summary>
    [Range(4, 10_000_000)]
    public int EpochHeights { get; set; } = 3_600;

    /// <summary>Of the network: heights between checkpoints, 1 to 100,000; default 100.</summary>
    [Range(1, 100_000)]
    public int CheckpointInterval { get; set; } = 100;

    /// <summary>The unit of the protocol's timers, milliseconds, 10 to 60,000; default 100. At least twice the delay between validators and four syncs.</summary>
    [Range(10, 60_000)]
    public int UnitMilliseconds { get; set; } = 100;

    /// <summary>How long a leader without operations waits, milliseconds, 10 to 600,000; default 1,000.</summary>
    [Range(10, 600_000)]
    public int IdleMilliseconds { get; set; } = 1_000;

    /// <summary>Time between two looks at the chain, milliseconds, 50 to 600,000; default 2,000.</summary>
    [Range(50, 600_000)]
    public int LookMilliseconds { get; set; } = 2_000;

    /// <summary>Of the network: length of a period of work, milliseconds, 100 to 3,600,000; default 60,000.</summary>
    [Range(100, 3_600_000)]
    public int PeriodMilliseconds { get; set; } = 60_000;

    /// <summary>The block of the chain that the contracts were deployed in; default 0.</summary>
    [Range(0, long.MaxValue)]
    public long StartBlock { get; set; }

    /// <summary>Name of the actor type; default ValidatorActor. Operators that share a placement service give theirs different names.</summary>
    [RegularExpression("^[0-9a-zA-Z-]{1,64}$")]
    public string ActorType { get; set; } = "ValidatorActor";

    /// <summary>Requests of this validator's own; off by default.</summary>
    public ProbeOptions Probes { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(BindAddress, out _))
        {
            yield return new ValidationResult("Ncn:Validator:BindAddress must be an IP address.", [nameof(BindAddress)]);
        }

        if (KeyVault is not null && (KeyFile is not null || KeyVault.Scheme != Uri.UriSchemeHttps))
        {
            yield return new ValidationResult("Ncn:Validator:KeyVault must be an https address, and the only source of the key: set no KeyFile beside it.", [nameof(KeyVault)]);
        }

        if (Verifier is { } verifier && (verifier is not { IsAbsoluteUri: true, Scheme: "http" or "https" } || string.IsNullOrEmpty(VerifierAddress)))
        {
            yield return new ValidationResult(
                "Ncn:Validator:Verifier must be an http or https address, and Ncn:Validator:VerifierAddress the address of the worker there: calls are signed for it.", [nameof(Verifier), nameof(VerifierAddress)]);
        }

        if (PeerUrls().Concat(GatewayUrls()).Any(static url => url is null))
        {
            yield return new ValidationResult("Ncn:Validator:Peers and Gateways must be http or https addresses, separated by commas.", [nameof(Peers), nameof(Gateways)]);
        }

        foreach (var problem in ProblemsOfProbes())
        {
            yield return problem;
        }
    }

    private IEnumerable<ValidationResult> ProblemsOfProbes()
    {
        var problems = new List<ValidationResult>();
        System.ComponentModel.DataAnnotations.Validator.TryValidateObject(Probes, new ValidationContext(Probes), problems, validateAllProperties: true);
        var problem = Probes.Problem() ?? (Probes.IsOn && !GatewayUrls().Any() ? "Ncn:Validator:Probes:Budget pays for requests to Ncn:Validator:Gateways, and none are named." : null);
        return problem is null ? problems : problems.Append(new ValidationResult(problem, [nameof(Probes)]));
    }

    /// <summary>Which addresses others may name.</summary>
    internal AddressRules Calls => AddressRules.Of((LinkUrl ?? new Uri("http://127.0.0.1")).ToString(), AllowPrivate);

    internal IEnumerable<Uri?> PeerUrls() => UrlsOf(Peers);

    internal IEnumerable<Uri?> GatewayUrls() => UrlsOf(Gateways);

    private static IEnumerable<Uri?> UrlsOf(string setting) => setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(static text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null);

    internal ConsensusLimits Limits => new()
    {
        UnitMilliseconds = (ulong)UnitMilliseconds,
        ResendMilliseconds = (ulong)Math.Max(100, UnitMilliseconds),
        IdleMilliseconds = (ulong)IdleMilliseconds,
        CheckpointInterval = (ulong)CheckpointInterval,
    };

    // The floor is the ledger's to say: all begin with the same one, and follow the chain's from the epoch after it was observed.
    internal VerificationRules Rules => new() { PeriodMs = (ulong)PeriodMilliseconds };
}
