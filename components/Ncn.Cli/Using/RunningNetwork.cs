using Ncn.Cli.Network;

namespace Ncn.Cli.Using;

/// <summary>The gateway that serves a model, in the network that runs.</summary>
internal static class RunningNetwork
{
    /// <summary>The gateway of the subnet named, or the first.</summary>
    /// <exception cref="CliException">Nothing runs, or the network has no such subnet.</exception>
    public static Uri Gateway(StateFolder state, string? subnet)
    {
        var gateways = NetworkLauncher.Running(state) is null ? null : RuntimeReport.Read(state)?.Gateways.ToList();
        if (gateways is null)
        {
            throw new CliException("The network is not running. Start it: ./ncn up");
        }

        return gateways.FirstOrDefault(gateway => subnet is null || gateway.AppId == $"gateway-{subnet}")?.Address
            ?? throw new CliException($"The network has no subnet '{subnet}'; there are: {string.Join(", ", gateways.Select(gateway => gateway.AppId["gateway-".Length..]))}.");
    }

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
