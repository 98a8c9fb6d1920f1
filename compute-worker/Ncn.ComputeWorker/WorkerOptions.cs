using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Ncn.Hosting.Outbound;
using Ncn.Inference;
using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>Section <c>Ncn:Worker</c>: what this node serves, and where.</summary>
public sealed class WorkerOptions : IValidatableObject
{
    /// <summary>The <see cref="Bootstrap"/> of a node that takes its ways in from the chain.</summary>
    internal const string ChainAlone = "chain";

    /// <summary>The node's number on this machine, 1 to 1000; default 1. Names its key file, <c>node-{index}.key</c>.</summary>
    [Range(1, 1000)]
    public int Index { get; set; } = 1;

    /// <summary>Path of the operator's key; default <c>{Ncn:Keys:Directory}/node-{Index}.key</c>, and <c>verifier.key</c> with <see cref="ReRunsOnly"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// Azure Key Vault that holds the operator's key instead of a file, such as https://NAME.vault.azure.net/; default none. It is read with the
    /// node's own identity in Azure (workload identity on Kubernetes), which needs the role Key Vault Secrets User.
    /// </summary>
    public Uri? KeyVault { get; set; }

    /// <summary>Name of the secret: 0x and 64 hex digits; default node-{Index}, and verifier with <see cref="ReRunsOnly"/>.</summary>
    [RegularExpression("^[0-9a-zA-Z-]{1,127}$")]
    public string? KeyVaultSecret { get; set; }

    /// <summary>
    /// Where the keys for sealed requests are kept; made at the first start. Default: beside the operator's key, node-1.sealing for
    /// node-1.key; in the app's state folder when that key comes from a vault.
    /// </summary>
    public string? EncryptionKeyFile { get; set; }

    /// <summary>Hours after which the key for sealed requests is replaced, 2 to 8760; default 168. The old one is accepted for one hour more.</summary>
    [Range(2, 8760)]
    public int EncryptionKeyHours { get; set; } = 168;

    /// <summary>
    /// Whether this node answers a question falsely when a validator of the same operator orders it (POST /ncn/v1/node/plants with the operator's token), to find out who checks answers; default
    /// false. The validator excuses the node for it; when it fails to, the node has one failed check, which accuses nobody.
    /// </summary>
    public bool Plants { get; set; }

    /// <summary>Port of the gRPC endpoint, 0 to 65535; 0 lets the system choose. Default 8090.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; set; } = 8090;

    /// <summary>Address that both endpoints listen on; default 127.0.0.1. In a container: 0.0.0.0.</summary>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Host name or address under which gateways reach this node; default 127.0.0.1.</summary>
    [Required]
    public string AdvertisedHost { get; set; } = "127.0.0.1";

    /// <summary>
    /// Whether the gRPC endpoint speaks TLS, under a certificate that the operator's key vouches for: "on", "off", or "auto", the default:
    /// on unless gateways reach this node on loopback alone.
    /// </summary>
    [RegularExpression("^(auto|on|off)$", ErrorMessage = "Ncn:Worker:Tls must be auto, on or off.")]
    public string Tls { get; set; } = "auto";

    /// <summary>
    /// "required": the process ends at start when it is not contained (user, privileges, capabilities, seccomp, read-only root, memory and
    /// process limits); "reported", the default: the log says what is missing.
    /// </summary>
    [RegularExpression("^(required|reported)$", ErrorMessage = "Ncn:Worker:Containment must be required or reported.")]
    public string Containment { get; set; } = "reported";

    /// <summary>The model repository's folder, absolute or relative to the working directory; default compute-worker/models.</summary>
    [Required]
    public string Models { get; set; } = "compute-worker/models";

    /// <summary>Names of the models to load, separated by commas; empty, the default, means all in the repository.</summary>
    public string ModelNames { get; set; } = "";

    /// <summary>Folder in which models that passed their trial are remembered by digest; default: in the node's state folder.</summary>
    public string? TriedModels { get; set; }

    /// <summary>Base addresses of the gateways to join, separated by commas; at least one, unless <see cref="Bootstrap"/> leads to them.</summary>
    public string Gateways { get; set; } = "";

    /// <summary>
    /// Ways into the discovery network, by which the gateways of <see cref="Subnets"/> are found and joined: URLs and paths of files, separated by
    /// commas, or JSON of signed peer records; "chain" for the bootstrap directory on the chain alone, which is read anyway where the chain's
    /// settings name one. Default none.
    /// </summary>
    public string Bootstrap { get; set; } = "";

    /// <summary>Numbers of the subnets whose gateways are looked for, separated by commas; default 1.</summary>
    [RegularExpression(@"^\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*$", ErrorMessage = "Ncn:Worker:Subnets must be numbers of subnets, separated by commas.")]
    public string Subnets { get; set; } = "1";

    /// <summary>
    /// Whether gateways and peers that were found are called at private addresses; default false: public ones, and this machine's where the node itself
    /// is reached on loopback.
    /// </summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Addresses that may ask this node to re-run answers, besides its gateways, separated by commas; default none.</summary>
    [RegularExpression(@"^(\s*0x[0-9a-fA-F]{40}\s*(,\s*0x[0-9a-fA-F]{40}\s*)*)?$", ErrorMessage = "Ncn:Worker:Validators must be addresses (0x and 40 hex digits), separated by commas.")]
    public string Validators { get; set; } = "";

    /// <summary>Whether this node is a validator's verifier: it joins no gateway, takes no job, and re-runs answers for <see cref="Validators"/>; default false.</summary>
    public bool ReRunsOnly { get; set; }

    /// <summary>
    /// Hours for which prompts, answers and receipts of this node are kept on its own disk, 0 to 720; default 24. A gateway that does not show them when they
    /// are checked is at fault alone only if the node does. With 0, and of models whose manifest promises to retain nothing, nothing is kept.
    /// </summary>
    [Range(0, 720)]
    public int EvidenceHours { get; set; } = 24;

    /// <summary>Most disk space for that, MiB, 16 to 1,048,576; default 256. The oldest is removed first.</summary>
    [Range(16, 1 << 20)]
    public int EvidenceMegabytes { get; set; } = 256;

    /// <summary>Whether <c>GET /metrics</c> on the app port answers other machines too; default false: this machine alone.</summary>
    public bool MetricsOpen { get; set; }

    /// <summary>Requests that this node runs at once, 1 to 1024; default 16.</summary>
    [Range(1, 1024)]
    public int Slots { get; set; } = 16;

    /// <summary>Longest time that a job may ask for, in seconds, 1 to 86400; default 3600.</summary>
    [Range(1, 86400)]
    public int MaxJobSeconds { get; set; } = 3600;

    /// <summary>Largest body of an infer call that the operator makes over REST, bytes, 1 KiB to 1 GiB; default 64 MiB.</summary>
    [Range(1024, 1 << 30)]
    public int MaxInferBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Milliseconds between two heartbeats, 100 to 10,000; default 1,000. A dead node is found after less than three of them.</summary>
    [Range(100, 10_000)]
    public int HeartbeatMilliseconds { get; set; } = 1_000;

    /// <summary>Seconds that running jobs get after SIGTERM, 0 to 3600; default 30.</summary>
    [Range(0, 3600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Minutes between two looks at what is worth claiming, 1 to 1440; default 10.</summary>
    [Range(1, 1440)]
    public int ClaimMinutes { get; set; } = 10;

    /// <summary>A channel is claimed once it owes this many atomic units; default 1000000.</summary>
    [Range(1, long.MaxValue)]
    public long ClaimMinimum { get; set; } = 1_000_000;

    /// <summary>A channel is claimed once its oldest charge is this many minutes old, whatever it owes, 1 to 50; default 20. A gateway's withdrawal takes 60.</summary>
    [Range(1, 50)]
    public int ClaimAgeMinutes { get; set; } = 20;

    /// <summary>How ONNX Runtime runs the models; its slots are the node's.</summary>
    public InferenceOptions Runtime { get; set; } = new();

    /// <summary>Whether the gRPC endpoint speaks TLS.</summary>
    public bool IsTlsOn => Tls == "on" || (Tls == "auto" && !new NodeEndpoint(AdvertisedHost, 1, IsTls: false).IsLoopback);

    /// <summary>The gateways as addresses.</summary>
    public IReadOnlyList<Uri> GatewayUrls => [.. Words(Gateways).Select(text => new Uri(text.TrimEnd('/') + "/"))];

    /// <summary>The subnets as numbers.</summary>
    public IReadOnlyList<uint> SubnetNumbers => [.. Words(Subnets).Select(static text => uint.Parse(text, CultureInfo.InvariantCulture))];

    /// <summary>Which addresses are called when others name them.</summary>
    public AddressRules Addresses => AddressRules.Of($"http://{AdvertisedHost}", AllowPrivate);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ReRunsOnly && (Gateways.Length > 0 || Bootstrap.Length > 0))
        {
            yield return new ValidationResult(
                "With Ncn:Worker:ReRunsOnly no gateway is joined: leave Ncn:Worker:Gateways and Ncn:Worker:Bootstrap empty.", [nameof(ReRunsOnly)]);
        }

        if (!ReRunsOnly && Gateways.Length == 0 && Bootstrap.Length == 0)
        {
            yield return new ValidationResult(
                "Ncn:Worker:Gateways must name at least one gateway, such as http://127.0.0.1:8080, or Ncn:Worker:Bootstrap a way to find them.", [nameof(Gateways)]);
        }
    }

    /// <summary>The validators as addresses.</summary>
    public IReadOnlyList<Address> ValidatorAddresses => [.. Words(Validators).Select(Address.Parse)];

    /// <summary>The models to load; none means all.</summary>
    public IReadOnlyList<string> WantedModels => Words(ModelNames);

    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
