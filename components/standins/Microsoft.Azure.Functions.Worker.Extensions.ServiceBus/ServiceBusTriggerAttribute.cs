using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

public sealed class ServiceBusTriggerAttribute(string queueName) : TriggerBindingAttribute
{
    /// <summary>The queue; <c>%Setting%</c> is read from the configuration.</summary>
    public string QueueName { get; } = queueName;

    /// <summary>The setting that holds the connection string; AzureWebJobsServiceBus when it is empty.</summary>
    public string? Connection { get; set; }

    /// <summary>Completes the message when the function ended well. Not set: as host.json says, which is by default true.</summary>
    public bool AutoCompleteMessages { get; set; } = true;
}
