using Microsoft.Azure.Functions.Worker.Core;
using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

[assembly: WorkerExtensionStartup(typeof(TimerStartup))]

namespace Microsoft.Azure.Functions.Worker.OneProcess;

internal sealed class TimerStartup : WorkerExtensionStartup
{
    public override void Configure(IFunctionsWorkerApplicationBuilder applicationBuilder)
    {
        var services = applicationBuilder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<TimerHost>();
        services.AddSingleton<ITriggerHost>(provider => provider.GetRequiredService<TimerHost>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<TimerHost>());
    }
}
