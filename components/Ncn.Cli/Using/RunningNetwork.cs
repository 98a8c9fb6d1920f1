using Ncn.Cli.Network;

namespace Ncn.Cli.Using;

/// <summary>The gateway that serves a model, in the network that runs.</summary>
internal static class RunningNetwork
{
    /// <exception cref="CliException">Nothing runs, or no gateway serves the model.</exception>
    public static async Task<Uri> GatewayOfAsync(StateFolder state, string model, CancellationToken cancellation)
    {
        using var probe = new NetworkProbe(state);
        var network = await probe.DescribeAsync(NetworkLauncher.Running(state), cancellation);
        var gateway = network.Gateways.FirstOrDefault(candidate => candidate.Models.Contains(model))
            ?? throw new CliException($"No gateway serves the model '{model}'; there are: {string.Join(", ", network.Gateways.SelectMany(candidate => candidate.Models))}.");
        return new Uri(gateway.Http + "/");
    }
}
