using System.CommandLine;

namespace Ncn.Cli.Network;

/// <summary>How a network of this machine stands beside others: whose chain it uses, whom it asks first, where it listens, what it runs.</summary>
/// <param name="Chain">RPC address of a chain that runs already; null: a local chain is started.</param>
/// <param name="Bootstrap">Discovery addresses of other operators; empty: it is the first.</param>
/// <param name="Apps">The apps to run beside the workers; empty: all.</param>
internal sealed record Joining(string? Chain, IReadOnlyList<string> Bootstrap, IReadOnlyList<string> Apps)
{
    /// <summary>Nobody else is there.</summary>
    public static Joining Nobody { get; } = new(null, [], []);
}

/// <summary>The options of <c>up</c> that make it one operator among several.</summary>
internal sealed class JoiningOptions
{
    private readonly Option<string?> chain = new("--chain") { Description = "RPC address of a chain that runs already, for example that of another network on this machine; none is started then." };
    private readonly Option<string[]> bootstrap = new("--bootstrap") { Description = "Discovery address of another operator's network; may be given several times.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> apps = new("--apps") { Description = "Apps to run beside the workers, separated by commas, for example registry,gateway-text; default all." };

    public JoiningOptions()
    {
        chain.Validators.Add(result => RequireUrl(result, result.GetValueOrDefault<string?>() is { } url ? [url] : []));
        bootstrap.Validators.Add(result => RequireUrl(result, result.GetValueOrDefault<string[]>() ?? []));
    }

    public void AddTo(Command command)
    {
        command.Add(chain);
        command.Add(bootstrap);
        command.Add(apps);
        command.Validators.Add(result =>
        {
            if (result.GetValue<string?>("--fork") is not null && result.GetValue(chain) is not null)
            {
                result.AddError("--fork and --chain exclude each other: a chain that runs already is not forked.");
            }
        });
    }

    public Joining Read(ParseResult parsed) => new(
        parsed.GetValue(chain)?.TrimEnd('/'),
        parsed.GetValue(bootstrap) ?? [],
        (parsed.GetValue(apps) ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static void RequireUrl(System.CommandLine.Parsing.OptionResult result, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            {
                result.AddError($"{result.Option.Name} is '{text}'; it takes an http or https address.");
            }
        }
    }
}
