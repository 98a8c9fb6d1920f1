using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Ncn.Registry.Discovery;

/// <summary>How this operator's peer takes part in discovery (section <c>Ncn:Discovery</c>).</summary>
public sealed class DiscoveryOptions : IValidatableObject
{
    /// <summary>The public port of the discovery protocol, 0 (the system chooses) to 65,535; without one, the default, the operator keeps to itself.</summary>
    [Range(0, 65_535)]
    public int? Port { get; set; }

    /// <summary>Address that the port listens on; default 127.0.0.1. In a container: 0.0.0.0.</summary>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Base URL under which other operators reach the port, https except on loopback; default http://127.0.0.1:{Port}.</summary>
    public Uri? Url { get; set; }

    /// <summary>Ways into the network: URLs and paths of files, separated by commas, or JSON of signed peer records; default none.</summary>
    public string Bootstrap { get; set; } = string.Empty;

    /// <summary>Whether peers at private addresses are called; default false. A peer whose own URL is on loopback calls this machine's always.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>This peer's own key, made when missing; default {Ncn:Keys:Directory}/discovery.key. One for each process.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The operator's key, which vouches for the peer; default {Ncn:Keys:Directory}/gateway.key.</summary>
    public string? OperatorKeyFile { get; set; }

    /// <summary>Where the known peers are kept over a restart; default discovery-peers.json in the app's state folder.</summary>
    public string? PeersFile { get; set; }

    /// <summary>Requests a second that one address block (a /24, or a /48 of IPv6) gets answered: 1 to 10,000, default 100; from loopback ten times as many.</summary>
    [Range(1, 10_000)]
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>How long the peer's signed record is good, minutes: 2 to 1,440, default 1,440; it is renewed at half of it.</summary>
    [Range(2, 1_440)]
    public int RecordMinutes { get; set; } = 1_440;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(BindAddress, out _))
        {
            yield return new ValidationResult("Ncn:Discovery:BindAddress must be an IP address.", [nameof(BindAddress)]);
        }

        if (Url is { } url && (!url.IsAbsoluteUri || !Protocol.PublicUrl.IsWellFormed(url.ToString()) || (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback && !AllowPrivate)))
        {
            yield return new ValidationResult("Ncn:Discovery:Url must be an https URL without query; http is taken for this machine alone.", [nameof(Url)]);
        }
    }
}
