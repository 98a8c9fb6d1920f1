using System.Globalization;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>The Service Bus namespace of the network: its queues, its port and its key. There is none where no queue is declared.</summary>
internal sealed record LocalNamespace(IReadOnlyList<QueueSpec> Queues, int Port, SharedKey Key)
{
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    public string ConnectionString => Key.ConnectionString(Port);

    public static LocalNamespace? Read(RuntimeOptions options, PortMap ports)
    {
        var queues = QueueFile.Read(options.ServiceBusFile);
        return queues.Count == 0 ? null : new LocalNamespace(queues, ports[options.ServiceBusPort], SharedKey.OpenOrCreate(options.StateDirectory));
    }
}
