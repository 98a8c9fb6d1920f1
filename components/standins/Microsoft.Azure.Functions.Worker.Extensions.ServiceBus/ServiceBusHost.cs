using Azure.Messaging.ServiceBus;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>
/// Runs every Service Bus function on a processor of its own: a message is locked, its function runs, and it is completed; when
/// the function throws it is given back. A stop takes no more messages and waits for the functions that run.
/// </summary>
internal sealed partial class ServiceBusHost(FunctionSet functions, IConfiguration configuration, IServiceScopeFactory scopes, ILogger<ServiceBusHost> logger)
    : IHostedService, ITriggerHost, IAsyncDisposable
{
    private readonly Dictionary<string, ServiceBusClient> clients = [];
    private readonly List<ServiceBusProcessor> processors = [];

    public Type TriggerType => typeof(ServiceBusTriggerAttribute);

    public void Attach(WebApplication app)
    {
        var settings = ServiceBusHostFile.Read(HostSettings.ApplicationDirectory());
        foreach (var function in functions.TriggeredBy<ServiceBusTriggerAttribute>())
        {
            processors.Add(Listen(function, (ServiceBusTriggerAttribute)function.Trigger, settings));
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(processors.Select(processor => processor.StartProcessingAsync(cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(processors.Select(processor => processor.StopProcessingAsync(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients.Values)
        {
            await client.DisposeAsync();
        }
    }

    private ServiceBusProcessor Listen(FunctionDescriptor function, ServiceBusTriggerAttribute trigger, ServiceBusHostFile settings)
    {
        var queue = HostSettings.Resolve(trigger.QueueName, configuration, function.Name);
        var processor = Client(function.Name, trigger.Connection).CreateProcessor(queue, settings.ToOptions(ChosenCompletion(function)));
        var body = ServiceBusParameters.Compile(function);
        processor.ProcessMessageAsync += args => RunAsync(function, body, args);
        processor.ProcessErrorAsync += args =>
        {
            LogFailure(logger, args.Exception, function.Name, args.ErrorSource, args.EntityPath);
            return Task.CompletedTask;
        };
        return processor;
    }

    private async Task RunAsync(FunctionDescriptor function, FunctionBody body, ProcessMessageEventArgs args)
    {
        await using var scope = scopes.CreateAsyncScope();
        await functions.Pipeline(new ServiceBusInvocationContext(function, body, scope.ServiceProvider, args));
    }

    /// <summary>What the function's own attribute says, if it says anything: host.json holds only for the others.</summary>
    private static bool? ChosenCompletion(FunctionDescriptor function) => function.TriggerParameter
        .GetCustomAttributesData().Single(attribute => attribute.AttributeType == typeof(ServiceBusTriggerAttribute))
        .NamedArguments.Where(argument => argument.MemberName == nameof(ServiceBusTriggerAttribute.AutoCompleteMessages))
        .Select(argument => (bool?)argument.TypedValue.Value).FirstOrDefault();

    private ServiceBusClient Client(string functionName, string? connection)
    {
        var text = ConnectionString(functionName, string.IsNullOrEmpty(connection) ? "ServiceBus" : connection);
        if (!clients.TryGetValue(text, out var client))
        {
            clients[text] = client = new ServiceBusClient(text);
        }

        return client;
    }

    /// <summary>The setting as the Functions host looks for it: with its own prefix, among the connection strings, and as it is.</summary>
    private string ConnectionString(string functionName, string name) =>
        configuration["AzureWebJobs" + name] ?? configuration.GetConnectionString(name) ?? configuration[name] ?? throw FunctionDiscovery.Invalid(
            functionName, $"needs a Service Bus connection string in the setting '{name}', and no configuration source has it; an identity instead of a key needs the official packages");

    [LoggerMessage(Level = LogLevel.Error, Message = "Service Bus function {Function} failed ({Source}) on {Queue}; an unfinished message comes again")]
    private static partial void LogFailure(ILogger logger, Exception exception, string function, ServiceBusErrorSource source, string queue);
}
