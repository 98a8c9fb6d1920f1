using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OneProcess;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Ncn.AzureStandIns.Tests.ServiceBus;

namespace Ncn.AzureStandIns.Tests.Functions;

/// <summary>Functions in an app, triggered by the local runtime's Service Bus.</summary>
public sealed class ServiceBusTriggerTests : IAsyncLifetime
{
    private readonly BusLog log = new();
    private LocalBus bus = null!;
    private ServiceBusClient client = null!;
    private IHost app = null!;

    public async Task InitializeAsync()
    {
        bus = await LocalBus.StartAsync();
        client = bus.Connect();
        app = Builder(bus.ConnectionString).Build();
        await app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        log.MayEnd.TrySetResult();
        await app.StopAsync();
        app.Dispose();
        await client.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task A_function_gets_its_message_once_and_again_when_it_throws()
    {
        await client.CreateSender(LocalBus.Slow).SendMessagesAsync([New("fine"), New("throws")]);
        var seen = await ReadAsync(6);
        Assert.Equal(1, seen.Count(entry => entry.Equals("ReadOrders fine 1")));
        Assert.Equal(Enumerable.Range(1, 5).Select(i => $"ReadOrders throws {i}"), seen.OfType<string>().Where(entry => entry.Contains("throws", StringComparison.Ordinal)));
        var dead = client.CreateReceiver(LocalBus.Slow, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        Assert.Equal("throws", (await dead.ReceiveMessageAsync())!.MessageId);
    }

    [Fact]
    public async Task A_class_is_read_from_JSON_whatever_the_case_of_its_names()
    {
        await client.CreateSender(LocalBus.Plain).SendMessageAsync(new ServiceBusMessage("""{"name":"cup","Quantity":2}"""));
        Assert.Equal(new Order("cup", 2), Assert.Single(await ReadAsync(1)));
    }

    [Fact]
    public async Task Where_the_attribute_says_so_only_the_function_settles()
    {
        await client.CreateSender(LocalBus.Quick).SendMessageAsync(New("a"));
        Assert.Equal(["SettleOrders a 1", "SettleOrders a 2"], await ReadAsync(2));
        var dead = client.CreateReceiver(LocalBus.Quick, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        Assert.Equal("twice", (await dead.ReceiveMessageAsync())!.DeadLetterReason);
    }

    [Fact]
    public async Task A_stop_waits_for_the_function_and_completes_its_message()
    {
        await client.CreateSender(LocalBus.Slow).SendMessageAsync(New("waits"));
        await ReadAsync(1);
        var stopping = app.StopAsync();
        await log.Stopping.Task;
        Assert.False(stopping.IsCompleted);
        log.MayEnd.SetResult();
        await stopping;
        Assert.Equal(true, Assert.Single(await ReadAsync(1)));
        Assert.Null(await client.CreateReceiver(LocalBus.Slow).ReceiveMessageAsync(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void A_missing_connection_string_stops_the_start_and_is_named()
    {
        var error = Assert.Throws<InvalidOperationException>(Builder(null).Build);
        Assert.Contains("'Test:Bus'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", true, 16, 300)]
    [InlineData("""{"extensions":{"serviceBus":{"maxConcurrentCalls":4,"autoCompleteMessages":false,"maxAutoLockRenewalDuration":"00:01:00"}}} // said""", false, 4, 60)]
    public void Host_json_sets_what_it_names(string content, bool completes, int calls, int seconds)
    {
        var directory = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(directory.FullName, "host.json"), content);
        var file = ServiceBusHostFile.Read(directory.FullName);
        Assert.Equal(new ServiceBusHostFile(completes, calls, TimeSpan.FromSeconds(seconds)), file);
        Assert.False(file.ToOptions(false).AutoCompleteMessages);
        Assert.Equal(completes, file.ToOptions(null).AutoCompleteMessages);
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"extensions":{"serviceBus":{"maxConcurrentCalls":"many"}}}""")]
    public void A_broken_host_json_is_refused(string content)
    {
        var directory = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(directory.FullName, "host.json"), content);
        Assert.Throws<InvalidOperationException>(() => ServiceBusHostFile.Read(directory.FullName));
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(nameof(Kinds.Text), "{\"Name\":\"a\"}")]
    [InlineData(nameof(Kinds.Data), "{\"Name\":\"a\"}")]
    [InlineData(nameof(Kinds.Bytes), "{\"Name\":\"a\"}")]
    [InlineData(nameof(Kinds.Class), "a")]
    public async Task Every_kind_of_parameter_gets_the_body(string function, string expected)
    {
        var descriptor = FunctionDiscovery.InTypes([typeof(Kinds)]).Single(entry => entry.Name == function);
        var body = ServiceBusParameters.Compile(descriptor);
        var message = ServiceBusModelFactory.ServiceBusReceivedMessage(BinaryData.FromString("""{"Name":"a"}"""), messageId: "m");
        await using var services = new ServiceCollection().AddOptions().BuildServiceProvider();
        var context = new ServiceBusInvocationContext(descriptor, body, services, new ProcessMessageEventArgs(message, client.CreateReceiver(LocalBus.Slow), CancellationToken.None));
        Assert.Equal(expected, await body(context));
    }

    private static ServiceBusMessage New(string id) => new(id) { MessageId = id };

    private FunctionsApplicationBuilder Builder(string? connection)
    {
        var builder = FunctionsApplication.CreateBuilder(["--applicationName", typeof(ServiceBusTriggerTests).Assembly.GetName().Name!, "--QuickQueue", LocalBus.Quick]);
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Test:Bus", connection)]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(log);
        return builder;
    }

    private async Task<List<object>> ReadAsync(int count)
    {
        var entries = new List<object>();
        while (entries.Count < count)
        {
            entries.Add(await log.Seen.Reader.ReadAsync());
        }

        return entries;
    }

    private static class Kinds
    {
        [Function(nameof(Text))]
        public static string Text([ServiceBusTrigger("q")] string body) => body;

        [Function(nameof(Data))]
        public static string Data([ServiceBusTrigger("q")] BinaryData body) => body.ToString();

        [Function(nameof(Bytes))]
        public static string Bytes([ServiceBusTrigger("q")] byte[] body) => System.Text.Encoding.UTF8.GetString(body);

        [Function(nameof(Class))]
        public static string Class([ServiceBusTrigger("q")] Order body) => body.Name;
    }
}
