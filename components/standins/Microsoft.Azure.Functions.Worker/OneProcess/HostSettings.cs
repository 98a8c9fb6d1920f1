using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>What a real Functions host would decide for the worker: its directory, and settings named in attributes.</summary>
internal static partial class HostSettings
{
    private static readonly string[] HostEndpointKeys = ["Functions:Worker:HostEndpoint", "functions-uri"];

    public static string ApplicationDirectory()
    {
        var configured = Environment.GetEnvironmentVariable("FUNCTIONS_APPLICATION_DIRECTORY");
        if (!string.IsNullOrEmpty(configured))
        {
            return configured;
        }

        return File.Exists(Path.Combine(AppContext.BaseDirectory, "host.json")) ? AppContext.BaseDirectory : Directory.GetCurrentDirectory();
    }

    /// <exception cref="InvalidOperationException">The configuration names a Functions host.</exception>
    public static void RefuseRealHost(IConfiguration configuration)
    {
        foreach (var key in HostEndpointKeys)
        {
            if (!string.IsNullOrEmpty(configuration[key]))
            {
                throw new InvalidOperationException(
                    $"A Functions host is configured ({key} = {configuration[key]}), but this build runs functions in its own process and cannot talk to one. " +
                    "Build with -p:OfficialPackages=true to use the package Microsoft.Azure.Functions.Worker.");
            }
        }
    }

    /// <summary>Replaces each <c>%Name%</c> by the setting of that name, as the Functions host does for attribute values.</summary>
    /// <exception cref="InvalidOperationException">A named setting is missing.</exception>
    public static string Resolve(string text, IConfiguration configuration, string functionName) =>
        SettingName().Replace(text, match => configuration[match.Groups[1].Value] ?? throw new InvalidOperationException(
            $"Function '{functionName}' needs the setting '{match.Groups[1].Value}' for '{text}', and no configuration source has it."));

    [GeneratedRegex("%([A-Za-z0-9_:.-]+)%")]
    private static partial Regex SettingName();
}
