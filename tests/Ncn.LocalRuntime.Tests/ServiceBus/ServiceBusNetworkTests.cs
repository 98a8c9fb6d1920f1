using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests.ServiceBus;

/// <summary>The client that apps use, against a runtime in a process of its own that is killed and started again.</summary>
public sealed class ServiceBusNetworkTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Apps_are_told_where_Service_Bus_and_tables_are()
    {
        using var network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil", "azurite");
        var settings = File.ReadAllText($"/proc/{network.App(1).GetProperty("processId").GetInt32()}/environ").Split('\0');
        Assert.Contains("Ncn__ServiceBus=" + ConnectionString(network), settings);
        var tables = network.Report.GetProperty("azurite").GetProperty("tables").GetString();
        Assert.Contains(settings, line => line.StartsWith("Ncn__Tables=", StringComparison.Ordinal) && line.Contains($"TableEndpoint={tables}/devstoreaccount1;", StringComparison.Ordinal));
        Assert.Equal("orders", Assert.Single(network.Report.GetProperty("serviceBus").GetProperty("queues").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task After_a_kill_what_was_sent_is_there_what_was_completed_is_gone_and_a_repeat_is_known()
    {
        using var network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil", "azurite");
        await using (var client = new ServiceBusClient(ConnectionString(network)))
        {
            await client.CreateSender("orders").SendMessagesAsync([New("done"), New("held"), New("waiting")]);
            var receiver = client.CreateReceiver("orders");
            await receiver.CompleteMessageAsync((await receiver.ReceiveMessageAsync(Soon))!);
            Assert.Equal("held", (await receiver.ReceiveMessageAsync(Soon))!.MessageId);
            network.Kill();
        }

        await network.StartAsync();
        await using var again = new ServiceBusClient(ConnectionString(network));
        await again.CreateSender("orders").SendMessagesAsync([New("done"), New("waiting"), New("last")]);
        var messages = new List<ServiceBusReceivedMessage>();
        var second = again.CreateReceiver("orders");
        while (messages.Count < 3)
        {
            var message = await second.ReceiveMessageAsync(Soon);
            Assert.NotNull(message);
            messages.Add(message);
            await second.CompleteMessageAsync(message);
        }

        Assert.Equal(["held", "last", "waiting"], messages.Select(message => message.MessageId).Order());
        Assert.Equal(2, messages.Single(message => message.MessageId == "held").DeliveryCount);
        Assert.Null(await second.ReceiveMessageAsync(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Messages_sent_at_the_moment_of_the_kill_are_either_refused_or_kept_once()
    {
        using var network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil", "azurite");
        var acknowledged = new List<string>();
        var options = new ServiceBusClientOptions { RetryOptions = new ServiceBusRetryOptions { MaxRetries = 0 } };
        await using (var client = new ServiceBusClient(ConnectionString(network), options))
        {
            var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteAsync(client.CreateSender("orders"), writer, acknowledged))).ToList();
            await network.WaitAsync(() => Task.FromResult(Count(acknowledged) > 200), "no progress");
            network.Kill();
            var failures = await Task.WhenAll(writers.Select(writer => Assert.ThrowsAsync<ServiceBusException>(() => writer)));
            Assert.All(failures, failure => Assert.Equal(ServiceBusFailureReason.ServiceCommunicationProblem, failure.Reason));
        }

        await network.StartAsync();
        await using var again = new ServiceBusClient(ConnectionString(network));
        var receiver = again.CreateReceiver("orders", new ServiceBusReceiverOptions { ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete });
        var received = (await receiver.ReceiveMessagesAsync(10_000, Soon)).Select(message => message.MessageId!).ToList();
        Assert.Empty(acknowledged.Except(received));
        Assert.Equal(received.Count, received.Distinct().Count());
    }

    private static ServiceBusMessage New(string id) => new($"body of {id}") { MessageId = id };

    private static string ConnectionString(RunningNetwork network)
    {
        JsonElement bus = network.Report.GetProperty("serviceBus");
        var endpoint = new Uri(bus.GetProperty("endpoint").GetString()!);
        var key = File.ReadAllText(bus.GetProperty("keyFile").GetString()!);
        return $"Endpoint=sb://{endpoint.Authority};SharedAccessKeyName=local;SharedAccessKey={key};UseDevelopmentEmulator=true";
    }

    private static async Task WriteAsync(ServiceBusSender sender, int writer, List<string> acknowledged)
    {
        for (var i = 0; ; i++)
        {
            var id = $"{writer}-{i}";
            await sender.SendMessageAsync(New(id));
            lock (acknowledged)
            {
                acknowledged.Add(id);
            }
        }
    }

    private static int Count(List<string> acknowledged)
    {
        lock (acknowledged)
        {
            return acknowledged.Count;
        }
    }
}
