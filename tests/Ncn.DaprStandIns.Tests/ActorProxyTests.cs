using System.Security.Authentication;
using System.Text;
using System.Xml.Linq;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;

namespace Ncn.DaprStandIns.Tests;

public class ActorProxyTests
{
    private static readonly XNamespace Ns = "urn:actors";

    internal static IShopActor Proxy(RecordingSidecar sidecar, bool json = true) =>
        new ActorProxyFactory(Options(sidecar, json)).CreateActorProxy<IShopActor>(new ActorId("s1"), "Shop");

    [Fact]
    public async Task A_typed_call_is_a_put_with_wrapped_arguments()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, """{"value":{"retVal":{"id":"z","qty":14}}}"""));

        var bought = await Proxy(sidecar).BuyAsync(new Item("z", 7), 2, CancellationToken.None);

        Assert.Equal(new Item("z", 14), bought);
        Assert.Equal("PUT", sidecar.Single.Method);
        Assert.Equal("/v1.0/actors/Shop/s1/method/BuyAsync", sidecar.Single.Target);
        Assert.Equal("application/octet-stream; charset=utf-8", sidecar.Single.ContentType);
        Assert.Equal("""{"value":{"item":{"id":"z","qty":7},"times":2}}""", sidecar.Single.Text);
        Assert.Equal("secret", sidecar.Single.Headers["dapr-api-token"]);
    }

    [Fact]
    public async Task The_request_header_names_interface_method_and_actor()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200));

        await Proxy(sidecar).CloseAsync();

        var header = XElement.Parse(sidecar.Single.Headers["X-DaprRequestHeader"]);
        Assert.Equal(["MethodId", "InterfaceId", "ActorId", "CallContext", "Headers", "MethodName", "ActorType"], header.Elements().Select(element => element.Name.LocalName));
        Assert.All(header.Elements(), element => Assert.Equal(Ns, element.Name.Namespace));
        Assert.Equal(LowCrc64("IShopActorNcn.DaprStandIns.TestsCloseAsync"), (int)header.Element(Ns + "MethodId")!);
        Assert.Equal(LowCrc64("Ncn.DaprStandIns.TestsIShopActor"), (int)header.Element(Ns + "InterfaceId")!);
        Assert.Equal("s1", header.Element(Ns + "ActorId")!.Value);
        Assert.Equal("CloseAsync", header.Element(Ns + "MethodName")!.Value);
        Assert.Equal("Shop", header.Element(Ns + "ActorType")!.Value);
        Assert.EndsWith("ActorHeader", header.Attribute(XName.Get("type", "http://www.w3.org/2001/XMLSchema-instance"))!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_without_arguments_has_no_body_and_no_content_type()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200));

        await Proxy(sidecar).CloseAsync();

        Assert.Empty(sidecar.Single.Body);
        Assert.Null(sidecar.Single.ContentType);
    }

    [Fact]
    public async Task A_null_result_is_null()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, """{"value":{"retVal":null}}"""));

        Assert.Null(await Proxy(sidecar).FindAsync("k"));
    }

    [Fact]
    public async Task What_the_actor_throws_arrives_as_type_and_message()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));
        await using var sidecar = await RecordingSidecar.StartAsync(app.ForwardAsync);

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => Proxy(sidecar).SpoilAsync());

        Assert.StartsWith("Remote Actor Method Exception,  DETAILS: Exception: InvalidOperationException, Method Name: ", failure.Message, StringComparison.Ordinal);
        var inner = Assert.IsType<ActorInvokeException>(failure.InnerException);
        Assert.Equal("System.InvalidOperationException", inner.ActualExceptionType);
        Assert.Equal("the till is jammed", inner.Message);
    }

    [Fact]
    public async Task A_typed_call_reaches_an_actor_and_its_answer_returns()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));
        await using var sidecar = await RecordingSidecar.StartAsync(app.ForwardAsync);
        var shop = Proxy(sidecar);

        Assert.Equal(new Item("z", 14), await shop.BuyAsync(new Item("z", 7), 2, CancellationToken.None));
        Assert.Equal(new Item("z", 14), await shop.FindAsync("item"));
        Assert.Null(await shop.FindAsync("other"));
    }

    [Fact]
    public async Task A_call_by_name_carries_bare_json_and_no_header()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200, "5"));
        var proxy = new ActorProxyFactory(Options(sidecar, false)).Create(new ActorId("s1"), "Shop");

        Assert.Equal(5, await proxy.InvokeMethodAsync<Item, int>("Count", new Item("z", 7)));
        Assert.Equal("application/json; charset=utf-8", sidecar.Single.ContentType);
        Assert.Equal("""{"id":"z","qty":7}""", sidecar.Single.Text);
        Assert.DoesNotContain("X-DaprRequestHeader", sidecar.Single.Headers.Keys);
    }

    [Theory]
    [InlineData(500, """{"errorCode":"ERR_X","message":"bad"}""", "bad", "ERR_X")]
    [InlineData(404, "", "ErrorMessageHTTP404", "ERR_DOES_NOT_EXIST")]
    [InlineData(500, "", "ServerErrorNoMeaningFulResponse", "UNKNOWN")]
    [InlineData(500, "<html>", "ServerErrorNoMeaningFulResponse", "UNKNOWN")]
    public async Task Errors_of_the_sidecar_are_api_exceptions(int status, string body, string message, string code)
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(status, body));

        var failure = await Assert.ThrowsAsync<DaprApiException>(() => Proxy(sidecar).CloseAsync());

        Assert.Equal((message, code, false), (failure.Message, failure.ErrorCode, failure.IsTransient));
    }

    [Fact]
    public async Task A_refused_token_is_an_authentication_failure()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(401));

        await Assert.ThrowsAsync<AuthenticationException>(() => Proxy(sidecar).CloseAsync());
    }

    [Theory]
    [InlineData("a/../b")]
    [InlineData("a?b")]
    [InlineData("..")]
    public async Task An_id_that_would_change_the_path_is_refused(string id)
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200));
        var proxy = new ActorProxyFactory(Options(sidecar, true)).Create(new ActorId(id), "Shop");

        await Assert.ThrowsAsync<ArgumentException>(() => proxy.InvokeMethodAsync("Close"));
        Assert.Empty(sidecar.Requests);
    }

    [Fact]
    public async Task Binary_remoting_is_refused_with_what_to_do()
    {
        await using var sidecar = await RecordingSidecar.StartAsync(new Answer(200));

        var failure = Assert.Throws<NotSupportedException>(() => Proxy(sidecar, json: false));

        Assert.Contains("UseJsonSerialization = true", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(INoTask))]
    [InlineData(typeof(IOverloads))]
    [InlineData(typeof(IGenericMethod))]
    [InlineData(typeof(IOptional))]
    [InlineData(typeof(ITokenFirst))]
    [InlineData(typeof(IHidden))]
    [InlineData(typeof(INotAnActor))]
    [InlineData(typeof(IMixed))]
    public void Interfaces_that_cannot_travel_are_refused(Type type) =>
        Assert.Throws<ArgumentException>(() => new ActorProxyFactory(new ActorProxyOptions { UseJsonSerialization = true }).CreateActorProxy(new ActorId("s1"), type, "Shop"));

    private static ActorProxyOptions Options(RecordingSidecar sidecar, bool json) =>
        new() { HttpEndpoint = sidecar.Endpoint, DaprApiToken = "secret", UseJsonSerialization = json };

    /// <summary>CRC-64/WE, bit by bit; its check value is in the catalogue of CRC algorithms.</summary>
    private static int LowCrc64(string text)
    {
        Assert.Equal(0x62EC59E3F1A4F00AUL, Crc64("123456789"));
        return unchecked((int)Crc64(text));
    }

    private static ulong Crc64(string text)
    {
        var crc = ulong.MaxValue;
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                var carry = (crc >> 63) ^ (((ulong)value >> bit) & 1);
                crc = (crc << 1) ^ (carry * 0x42F0E1EBA9EA3693);
            }
        }
        return ~crc;
    }

    public interface INoTask : IActor
    {
        ValueTask RunAsync();
    }

    public interface IOverloads : IActor
    {
        Task RunAsync();

        Task RunAsync(int times);
    }

    public interface IGenericMethod : IActor
    {
        Task RunAsync<T>(T value);
    }

    public interface IOptional : IActor
    {
        Task RunAsync(int times = 1);
    }

    public interface ITokenFirst : IActor
    {
#pragma warning disable CA1068 // The wrong order is what the test is about.
        Task RunAsync(CancellationToken cancellationToken, int times);
#pragma warning restore CA1068
    }

    internal interface IHidden : IActor
    {
        Task RunAsync();
    }

    public interface INotAnActor
    {
        Task RunAsync();
    }

    public interface IMixed : IActor, IDisposable
    {
        Task RunAsync();
    }
}
