using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Sealing;

namespace Ncn.ComputeWorker.Keys;

/// <summary>Where this node's keys come from.</summary>
internal static class KeySetup
{
    /// <summary>The operator's key and those for sealed requests. A test brings its own credential and transport for the vault.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.TryAddSingleton<TokenCredential>(static _ => new DefaultAzureCredential());
        services.TryAddSingleton(static _ => new SecretClientOptions());
        services.AddSingleton(KeyOf);
        services.AddSingleton(EncryptionKeysOf);
        return services;
    }

    /// <summary>Where this app keeps its own files.</summary>
    public static string StateFolder(IServiceProvider provider)
    {
        string app = provider.GetRequiredService<IConfiguration>()["APP_ID"] ?? $"compute-{Options(provider).Index}";
        return Path.Combine(provider.GetRequiredService<IOptions<NetworkOptions>>().Value.State.Directory, "apps", app);
    }

    private static WorkerOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<WorkerOptions>>().Value;

    private static OperatorKey KeyOf(IServiceProvider provider)
    {
        WorkerOptions worker = Options(provider);
        if (worker.KeyVault is null)
        {
            return OperatorKey.FromFile(KeyPath(provider));
        }

        if (worker.KeyFile is not null)
        {
            throw new InvalidOperationException("Ncn:Worker:KeyFile and Ncn:Worker:KeyVault are both set, and a node has one key: set one of them.");
        }

        if (worker.KeyVault.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException($"Ncn:Worker:KeyVault is {worker.KeyVault}; it must be an https address such as https://NAME.vault.azure.net/.");
        }

        var vault = new SecretClient(worker.KeyVault, provider.GetRequiredService<TokenCredential>(), provider.GetRequiredService<SecretClientOptions>());
        return OperatorKey.FromVault(vault, worker.KeyVaultSecret ?? NameOf(worker));
    }

    private static string KeyPath(IServiceProvider provider) => Options(provider).KeyFile
        ?? Path.Combine(provider.GetRequiredService<IOptions<NetworkOptions>>().Value.Keys.Directory, $"{NameOf(Options(provider))}.key");

    private static string NameOf(WorkerOptions worker) => worker.ReRunsOnly ? "verifier" : $"node-{worker.Index}";

    private static EncryptionKeys EncryptionKeysOf(IServiceProvider provider)
    {
        WorkerOptions worker = Options(provider);
        string path = worker.EncryptionKeyFile
            ?? (worker.KeyVault is null ? Path.ChangeExtension(KeyPath(provider), ".sealing") : Path.Combine(StateFolder(provider), "node.sealing"));
        return new EncryptionKeys(new EncryptionKeyFile(path), TimeSpan.FromHours(worker.EncryptionKeyHours), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EncryptionKeys>>());
    }
}
