namespace Azure.Messaging.ServiceBus;

public class ServiceBusConnectionStringProperties
{
    public Uri Endpoint { get; private set; } = null!;

    public string FullyQualifiedNamespace => Endpoint.Host;

    public string? EntityPath { get; private set; }

    public string? SharedAccessKeyName { get; private set; }

    public string? SharedAccessKey { get; private set; }

    public string? SharedAccessSignature { get; private set; }

    internal bool IsEmulator { get; private set; }

    /// <exception cref="FormatException">The text is not of the form <c>Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…</c>.</exception>
    public static ServiceBusConnectionStringProperties Parse(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var properties = new ServiceBusConnectionStringProperties();
        foreach (var part in connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var split = part.IndexOf('=', StringComparison.Ordinal);
            if (split <= 0)
            {
                throw new FormatException("A setting of the connection string is not of the form name=value.");
            }

            properties.Set(part[..split].Trim(), part[(split + 1)..].Trim());
        }

        return properties.Endpoint is null ? throw new FormatException("The connection string has no Endpoint.") : properties;
    }

    private void Set(string name, string value)
    {
        switch (name.ToUpperInvariant())
        {
            case "ENDPOINT":
                Endpoint = Uri.TryCreate(value, UriKind.Absolute, out var endpoint) && endpoint.Scheme == "sb"
                    ? endpoint
                    : throw new FormatException("The Endpoint of the connection string is not of the form sb://host.");
                break;
            case "ENTITYPATH":
                EntityPath = value;
                break;
            case "SHAREDACCESSKEYNAME":
                SharedAccessKeyName = value;
                break;
            case "SHAREDACCESSKEY":
                SharedAccessKey = value;
                break;
            case "SHAREDACCESSSIGNATURE":
                SharedAccessSignature = value;
                break;
            case "USEDEVELOPMENTEMULATOR":
                IsEmulator = bool.TryParse(value, out var isEmulator) && isEmulator;
                break;
            default:
                break;
        }
    }
}
