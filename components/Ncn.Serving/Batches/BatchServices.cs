using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.Storage;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Batches;

/// <summary>Composes what outlives a request: files, batches and webhooks, over the subnet's container.</summary>
internal static class BatchServices
{
    public static IServiceCollection AddNcnBatches(this IServiceCollection services)
    {
        services.AddOptions<FilesOptions>().BindConfiguration("Ncn:Gateway:Files").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<BatchOptions>().BindConfiguration("Ncn:Gateway:Batches").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WebhookOptions>().BindConfiguration("Ncn:Gateway:Webhooks").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<IObjectStore>(static provider => new BlobObjectStore(
                provider.GetRequiredService<IConfiguration>()["Ncn:Blobs"], $"ncn-subnet-{provider.GetRequiredService<IOptions<GatewayOptions>>().Value.Subnet}"))
            .AddSingleton<Accounts>().AddSingleton<FileStore>().AddSingleton<FilesEndpoint>()
            .AddSingleton<WebhookSubjects>().AddSingleton<WebhookDesk>()
            .AddSingleton<LineOrders>().AddSingleton<BatchLines>().AddSingleton<BatchDesk>().AddSingleton<BatchResults>().AddSingleton<BatchRunner>()
            .AddSingleton<BatchAdmission>().AddSingleton<BatchesEndpoint>().AddSingleton<Chores>();
    }
}
