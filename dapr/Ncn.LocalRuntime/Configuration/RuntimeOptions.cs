namespace Ncn.LocalRuntime.Configuration;

/// <summary>What the command line asks for. Ports are the named ones, before <see cref="PortMap"/>.</summary>
internal sealed record RuntimeOptions
{
    public required string RunFile { get; init; }

    public required string Resources { get; init; }

    public required string StateDirectory { get; init; }

    public string? ConfigFile { get; init; }

    public string? ResiliencyFile { get; init; }

    public string? BeforeApps { get; init; }

    public int? Replicas { get; init; }

    public int? Validators { get; init; }

    public int AnvilPort { get; init; } = 8545;

    public IReadOnlyList<int> AzuritePorts { get; init; } = [10000, 10001, 10002];

    /// <summary>Declares the queues of Service Bus; null: there are none.</summary>
    public string? ServiceBusFile { get; init; }

    public int ServiceBusPort { get; init; } = 10003;

    public string? ForkUrl { get; init; }

    /// <summary>A chain that runs already; null: this network starts its own.</summary>
    public string? Rpc { get; init; }

    /// <summary>The apps to run beside the workers; empty: all of the run template.</summary>
    public IReadOnlySet<string> Apps { get; init; } = new HashSet<string>();

    public string? ReadyFile { get; init; }

    public bool SystemPorts { get; init; }

    public int PortOffset { get; init; }

    public IReadOnlySet<string> Without { get; init; } = new HashSet<string>();

    /// <summary>Returns the options, or null with an exit code when the line asks for help or is wrong (both already printed).</summary>
    public static RuntimeOptions? Parse(string[] arguments, out int exitCode)
    {
        RuntimeOptions? options = null;
        var line = new OptionLine();
        var command = line.ToCommand(parsed => options = line.Read(parsed));
        exitCode = command.Parse(arguments).Invoke();
        return exitCode == 0 ? options : null;
    }
}
