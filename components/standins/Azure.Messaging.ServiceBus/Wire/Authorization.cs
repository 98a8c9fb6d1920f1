using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;

namespace Azure.Messaging.ServiceBus;

/// <summary>What a connection string says, as the REST API needs it.</summary>
internal sealed record ConnectionAddress(Uri Namespace, string? KeyName, string? Key, string? Signature, string? EntityPath)
{
    public static ConnectionAddress Parse(string connectionString)
    {
        var properties = ServiceBusConnectionStringProperties.Parse(connectionString);
        if (properties.SharedAccessSignature is null && (properties.SharedAccessKeyName is null || properties.SharedAccessKey is null))
        {
            throw new FormatException("The connection string has neither SharedAccessKeyName and SharedAccessKey nor SharedAccessSignature.");
        }

        var address = new UriBuilder(properties.Endpoint) { Scheme = properties.IsEmulator ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, Path = "/" };
        return new ConnectionAddress(
            address.Uri, properties.SharedAccessKeyName, properties.SharedAccessKey, properties.SharedAccessSignature, properties.EntityPath);
    }
}

/// <summary>Gives the value of the header <c>Authorization</c>.</summary>
internal interface IAuthorization
{
    ValueTask<string> GetAsync(CancellationToken cancellationToken);
}

/// <summary>A signature of the namespace by its key, made anew before it expires: https://learn.microsoft.com/rest/api/eventhub/generate-sas-token.</summary>
internal sealed class SharedAccessSignature(ConnectionAddress address) : IAuthorization
{
    private static readonly TimeSpan Validity = TimeSpan.FromHours(1);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);
    private (string Text, DateTimeOffset Until) current;
    private readonly Lock gate = new();

    public ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (address.Signature is { } given)
        {
            return new(given);
        }

        lock (gate)
        {
            var now = DateTimeOffset.UtcNow;
            if (current.Until < now + Margin)
            {
                current = (Sign(now + Validity), now + Validity);
            }

            return new(current.Text);
        }
    }

    private string Sign(DateTimeOffset expiry)
    {
        var resource = Uri.EscapeDataString(address.Namespace.AbsoluteUri);
        var seconds = expiry.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(address.Key!), Encoding.UTF8.GetBytes($"{resource}\n{seconds}"));
        var signed = Uri.EscapeDataString(Convert.ToBase64String(signature));
        return $"SharedAccessSignature sr={resource}&sig={signed}&se={seconds}&skn={Uri.EscapeDataString(address.KeyName!)}";
    }
}

/// <summary>A token of Microsoft Entra; the credential caches it.</summary>
internal sealed class BearerToken(TokenCredential credential) : IAuthorization
{
    private static readonly TokenRequestContext Scope = new(["https://servicebus.azure.net/.default"]);

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken) =>
        "Bearer " + (await credential.GetTokenAsync(Scope, cancellationToken).ConfigureAwait(false)).Token;
}
