namespace Azure.Data.Tables;

/// <summary>Where the service is and how to sign in, as a connection string of a storage account says.</summary>
internal sealed record TableConnectionString(Uri Endpoint, TableSharedKeyCredential Credential)
{
    private const string EmulatorAccount = "devstoreaccount1";

    /// <summary>The key of every storage emulator, published by Microsoft.</summary>
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <exception cref="FormatException">The text is no connection string, or lacks the account, its key or its address.</exception>
    public static TableConnectionString Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        var settings = Split(text);
        return string.Equals(settings.GetValueOrDefault("UseDevelopmentStorage"), "true", StringComparison.OrdinalIgnoreCase)
            ? Emulator(settings)
            : Account(settings);
    }

    private static TableConnectionString Emulator(Dictionary<string, string> settings)
    {
        var proxy = new Uri(settings.GetValueOrDefault("DevelopmentStorageProxyUri", "http://127.0.0.1"));
        var endpoint = new UriBuilder(proxy.Scheme, proxy.Host, 10002, EmulatorAccount).Uri;
        return new TableConnectionString(endpoint, new TableSharedKeyCredential(EmulatorAccount, EmulatorKey));
    }

    private static TableConnectionString Account(Dictionary<string, string> settings)
    {
        var account = Need(settings, "AccountName");
        var protocol = settings.GetValueOrDefault("DefaultEndpointsProtocol", "https");
        var suffix = settings.GetValueOrDefault("EndpointSuffix", "core.windows.net");
        var endpoint = settings.GetValueOrDefault("TableEndpoint", $"{protocol}://{account}.table.{suffix}");
        return new TableConnectionString(new Uri(endpoint), new TableSharedKeyCredential(account, Need(settings, "AccountKey")));
    }

    private static Dictionary<string, string> Split(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var split = part.IndexOf('=', StringComparison.Ordinal);
            settings[split > 0 ? part[..split] : throw new FormatException("A setting of the connection string is not of the form name=value.")] = part[(split + 1)..];
        }

        return settings;
    }

    private static string Need(Dictionary<string, string> settings, string name) =>
        settings.GetValueOrDefault(name) ?? throw new FormatException($"The connection string has no {name}.");
}
