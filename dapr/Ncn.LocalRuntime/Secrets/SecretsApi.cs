using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Secrets;

/// <summary>The secrets API: https://docs.dapr.io/reference/api/secrets_api/.</summary>
internal sealed class SecretsApi(IEnumerable<Component> components, string directory) : IBuildingBlock
{
    private readonly Dictionary<string, Component> stores = components
        .Where(component => component.Type == LocalFileSecrets.ComponentType)
        .ToDictionary(component => component.Name);

    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0", "secrets", var store, "bulk"] when call.IsGet => call.JsonAsync(Open(call, store).All),
        ["v1.0", "secrets", var store, .. { Length: > 0 } name] when call.IsGet => GetAsync(call, Open(call, store), string.Join('/', name)),
        _ => null,
    };

    public string? Find(string store, string? key, string name) =>
        stores.TryGetValue(store, out var component) && LocalFileSecrets.Read(component, directory).Find(name) is { } values && values.TryGetValue(key ?? name, out var value) ? value : null;

    private static Task GetAsync(ApiCall call, LocalFileSecrets store, string name) =>
        store.Find(name) is { } values ? call.JsonAsync(values) : call.NoContentAsync();

    private LocalFileSecrets Read(Component store)
    {
        try
        {
            return LocalFileSecrets.Read(store, directory);
        }
        catch (ConfigurationException error)
        {
            throw new ApiException(500, "ERR_SECRET_GET", error.Message, error);
        }
    }

    private LocalFileSecrets Open(ApiCall call, string name)
    {
        if (stores.Count == 0)
        {
            throw new ApiException(500, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured");
        }

        return call.App.Find(name, "secretstores.") is not null && stores.TryGetValue(name, out var store)
            ? Read(store)
            : throw new ApiException(400, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {name}");
    }
}
