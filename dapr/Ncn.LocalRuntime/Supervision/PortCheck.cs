using System.Net.NetworkInformation;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>Before anything starts: nobody else may listen where this network is to listen.</summary>
internal static class PortCheck
{
    /// <summary>The children of a runtime that was killed a moment ago take an instant to end.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Throws <see cref="ConfigurationException"/> that names the first port in use, and whose it was to be.</summary>
    public static async Task RequireFreeAsync(IReadOnlyList<(int Port, string Owner)> wanted, TimeSpan patience, CancellationToken stop)
    {
        for (var waited = TimeSpan.Zero; ; waited += Interval)
        {
            var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(static listener => listener.Port).ToHashSet();
            var conflict = wanted.FirstOrDefault(port => taken.Contains(port.Port));
            if (conflict.Owner is null)
            {
                return;
            }

            if (waited >= patience)
            {
                throw new ConfigurationException(
                    $"Port {conflict.Port} of {conflict.Owner} is in use by another program. Stop that program, or move this network's ports: NCN_PORT_OFFSET=n.");
            }

            await Task.Delay(Interval, stop);
        }
    }
}
