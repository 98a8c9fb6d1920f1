using System.Text.Json.Nodes;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests.ServiceBus;

/// <summary>The file of queues, the key, and what senders may write.</summary>
public sealed class ServiceBusPartsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void The_shipped_file_declares_the_queue_of_chain_events()
    {
        var queue = Assert.Single(QueueFile.Read(Path.Combine(RunningNetwork.Root, "dapr", "servicebus.json")), queue => queue.Name == "chain-events");
        Assert.Equal((10, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)), (queue.MaxDeliveryCount, queue.LockDuration, queue.DuplicateWindow));
        Assert.True(queue.DeadLetteringOnMessageExpiration);
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("""{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"a"},{"Name":"A"}]}]}}""", "declared twice")]
    [InlineData("""{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"a/b"}]}]}}""", "a queue is named")]
    [InlineData("""{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"a","Properties":{"LockDuration":"1m"}}]}]}}""", "LockDuration of a")]
    [InlineData("""{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"a","Properties":{"LockDuration":"PT6M"}}]}]}}""", "LockDuration of a")]
    [InlineData("""{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"a","Properties":{"MaxDeliveryCount":0}}]}]}}""", "MaxDeliveryCount of a")]
    [InlineData("""{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"a","Properties":{"RequiresSession":true}}]}]}}""", "sessions")]
    public void A_wrong_file_is_refused_with_what_is_wrong(string content, string expected)
    {
        var path = Path.Combine(folder, "servicebus.json");
        File.WriteAllText(path, content);
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => QueueFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_file_there_are_no_queues() => Assert.Empty(QueueFile.Read(null));

    [Fact]
    public void The_key_is_made_once_and_is_its_owners_alone()
    {
        var first = SharedKey.OpenOrCreate(folder).ConnectionString(1);
        Assert.Equal(first, SharedKey.OpenOrCreate(folder).ConnectionString(1));
        Assert.StartsWith("Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=local;SharedAccessKey=", first, StringComparison.Ordinal);
        Assert.EndsWith(";UseDevelopmentEmulator=true", first, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, SharedKey.FileName)));
    }

    [Theory]
    [InlineData("SharedAccessSignature sr=http%3A%2F%2F127.0.0.1%2F&sig=ovAiZk0%2FaJPWkUr6bVCVqMKXU6Gmb9209xjt%2FU8%2B7TA%3D&se=2000000000&skn=local", true)]
    [InlineData("SharedAccessSignature sr=http%3A%2F%2F127.0.0.1%2F&sig=ovAiZk0%2FaJPWkUr6bVCVqMKXU6Gmb9209xjt%2FU8%2B7TA%3D&se=2000000001&skn=local", false)]
    [InlineData("SharedAccessSignature sr=http%3A%2F%2F127.0.0.1%2F&sig=ovAiZk0%2FaJPWkUr6bVCVqMKXU6Gmb9209xjt%2FU8%2B7TA%3D&se=2000000000&skn=other", false)]
    [InlineData("SharedAccessSignature sr=http%3A%2F%2F127.0.0.1%2F&sig=short&se=2000000000&skn=local", false)]
    [InlineData("SharedAccessSignature sr=x", false)]
    [InlineData("Bearer x", false)]
    [InlineData(null, false)]
    public void Only_a_signature_by_the_key_gets_in(string? header, bool isAllowed)
    {
        var refusal = new SharedKey("a known key").Refuse(header, "/q/messages", DateTimeOffset.FromUnixTimeSeconds(1_900_000_000));
        Assert.True(isAllowed == (refusal is null), refusal ?? "nothing was refused");
    }

    [Fact]
    public void A_signature_ends_and_holds_for_its_resource_alone()
    {
        var key = new SharedKey("a known key");
        const string Header = "SharedAccessSignature sr=http%3A%2F%2F127.0.0.1%2Fq&sig=JyvMwGysfMDC8UE%2Bj4JtCsTrfw%2B4Vg%2B2aKQ8MMgvsH0%3D&se=2000000000&skn=local";
        var before = DateTimeOffset.FromUnixTimeSeconds(1_999_999_999);
        Assert.Null(key.Refuse(Header, "/q/messages", before));
        Assert.Equal("the signature has expired", key.Refuse(Header, "/q/messages", before.AddSeconds(1)));
        Assert.Equal("the signature is for another resource", key.Refuse(Header, "/q2/messages", before));
    }

    [Theory]
    [InlineData("""{"MessageId":7}""")]
    [InlineData("""{"MessageId":""}""")]
    [InlineData("""{"TimeToLive":-1}""")]
    [InlineData("""{"TimeToLive":"soon"}""")]
    [InlineData("""{"TimeToLiveTimeSpan":"0.00:00:00"}""")]
    [InlineData("""{"ScheduledEnqueueTimeUtc":"tomorrow"}""")]
    [InlineData("""{"Label":"\ud800"}""")]
    [InlineData("""{"Label":"a","Label":"b"}""")]
    [InlineData("""{"ContentType":"a\nb"}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public void Broken_broker_properties_are_the_senders_mistake(string text) =>
        Assert.Equal(400, Assert.Throws<BusException>(() => BrokerProperties.Read(text, [], null, [])).Status);

    [Theory]
    [InlineData("""{"Content-Length":"1"}""")]
    [InlineData("""{"two words":"1"}""")]
    [InlineData("""{"list":[1]}""")]
    [InlineData("""{"none":null}""")]
    public void Broken_user_properties_are_the_senders_mistake(string json) =>
        Assert.Equal(400, Assert.Throws<BusException>(() => UserProperties.Check(JsonNode.Parse(json)!.AsObject())).Status);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
