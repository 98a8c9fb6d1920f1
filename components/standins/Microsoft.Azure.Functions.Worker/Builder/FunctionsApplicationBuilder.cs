using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

public class FunctionsApplicationBuilder : IHostApplicationBuilder, IFunctionsWorkerApplicationBuilder
{
    private readonly WebApplicationBuilder inner;
    private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware = [];

    internal FunctionsApplicationBuilder(string[] args)
    {
        inner = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = HostSettings.ApplicationDirectory() });
        inner.Configuration.AddEnvironmentVariables("AZURE_FUNCTIONS_");
        HostSettings.RefuseRealHost(inner.Configuration);
        inner.Services.AddSingleton<IServer, ListenNowhere>();
    }

    public ConfigurationManager Configuration => inner.Configuration;

    IConfigurationManager IHostApplicationBuilder.Configuration => inner.Configuration;

    public IHostEnvironment Environment => inner.Environment;

    public ILoggingBuilder Logging => inner.Logging;

    public IMetricsBuilder Metrics => inner.Metrics;

    public IServiceCollection Services => inner.Services;

    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)inner).Properties;

    public void ConfigureContainer<TContainerBuilder>(IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull =>
        ((IHostApplicationBuilder)inner).ConfigureContainer(factory, configure);

    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
    {
        this.middleware.Add(middleware);
        return this;
    }

    public IHost Build()
    {
        FunctionDescriptor[] functions = [.. FunctionDiscovery.InApplication(Environment.ApplicationName).Where(IsEnabled)];
        ExtensionStartup.Run(functions, this);
        Services.AddSingleton(new FunctionSet(functions, FunctionPipeline.Build(middleware)));
        var app = inner.Build();
        var hosts = app.Services.GetServices<ITriggerHost>().ToArray();
        TriggerCoverage.Check(functions, hosts);
        foreach (var host in hosts)
        {
            host.Attach(app);
        }

        return app;
    }

    // https://learn.microsoft.com/azure/azure-functions/disable-function
    private bool IsEnabled(FunctionDescriptor function) =>
        (Configuration[$"AzureWebJobs.{function.Name}.Disabled"] ?? Configuration[$"AzureWebJobs:{function.Name}:Disabled"]) is not ("1" or "true" or "True");
}
