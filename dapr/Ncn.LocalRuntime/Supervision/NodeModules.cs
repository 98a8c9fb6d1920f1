using System.Runtime.InteropServices;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>Finds the native tools that npm installed. The scripts in <c>.bin</c> only start these, as a child that could be orphaned.</summary>
internal static class NodeModules
{
    public static string Anvil(string from)
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        return Find(from, $"@foundry-rs/anvil-{system}-{machine}/bin/anvil");
    }

    public static string Azurite(string from) => Find(from, "azurite/dist/src/azurite.js");

    private static string Find(string from, string name)
    {
        for (var directory = from; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            var path = Path.Combine(directory, "node_modules", name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new ConfigurationException($"node_modules/{name} is not there; run npm ci in the repository root.");
    }
}
