using Microsoft.Extensions.Configuration;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Where Kestrel listens: ASPNETCORE_URLS (or --urls), else loopback on the first port setting that is there, else 7071, the port of the Functions tools.</summary>
internal static class ListeningAddress
{
    private static readonly string[] PortSettings = ["FUNCTIONS_HTTPWORKER_PORT", "APP_PORT"];

    public static void ApplyDefault(IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration["urls"]) || !string.IsNullOrEmpty(configuration["http_ports"]))
        {
            return;
        }

        var setting = PortSettings.FirstOrDefault(name => !string.IsNullOrEmpty(configuration[name]));
        var port = setting is null ? 7071 : ParsePort(setting, configuration[setting]!);
        configuration["urls"] = $"http://127.0.0.1:{port}";
    }

    private static ushort ParsePort(string setting, string text) => ushort.TryParse(text, out var port)
        ? port
        : throw new InvalidOperationException($"The setting {setting} is '{text}', which is not a port from 0 to 65535.");
}
