using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>The command that prepares the network (contracts, keys) when chain and storage answer and no app runs yet.</summary>
internal static class BeforeApps
{
    public const string EnvironmentFile = "network.env";

    public static async Task RunAsync(RuntimeOptions options, NetworkPlan plan, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(options.BeforeApps))
        {
            return;
        }

        var environment = AppEnvironment.Network(options, plan);
        environment["NCN_NETWORK_ENV"] = Path.Combine(options.StateDirectory, EnvironmentFile);
        var log = new LogFile(Path.Combine(plan.Logs, "before-apps.log"));
        var spec = new ChildSpec("before-apps", Directory.GetCurrentDirectory(), ["/bin/bash", "-c", options.BeforeApps], environment);
        var child = await ChildProcess.StartAsync(spec, log.WriteLine);
        await using var registration = stop.Register(() => _ = child.StopAsync(TimeSpan.FromSeconds(2)));
        var exitCode = await child.WaitAsync();
        stop.ThrowIfCancellationRequested();
        if (exitCode != 0)
        {
            throw new ConfigurationException($"The command before the apps ended with {exitCode}; {plan.Logs}/before-apps.log says why.");
        }

        RuntimeLog.Write("before-apps", "done");
    }
}
