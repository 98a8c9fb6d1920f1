using System.Net.Sockets;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Ncn.StandIns.Tests.Grpc;

/// <summary>Our client against our server: what a gateway and a node rely on.</summary>
public sealed class LoopbackTests : IAsyncLifetime
{
    private const int Limit = 4 * 1024 * 1024;

    private EchoServer server = null!;
    private GrpcChannel channel = null!;
    private Echo.EchoClient client = null!;

    public async Task InitializeAsync()
    {
        server = await EchoServer.StartAsync();
        channel = server.Connect();
        client = new Echo.EchoClient(channel);
    }

    public async Task DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_single_call_returns_the_reply_and_an_ok_status()
    {
        using var call = client.SingleAsync(new EchoRequest { Text = "one" });
        Assert.Equal("one", (await call).Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public void A_blocking_call_returns_the_reply() => Assert.Equal("one", client.Single(new EchoRequest { Text = "one" }).Text);

    [Fact]
    public async Task Messages_of_a_stream_arrive_in_order()
    {
        using var call = client.Expand(new EchoRequest { Text = "x", Count = 500 });
        var seen = new List<int>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            seen.Add(reply.Index);
        }
        Assert.Equal(Enumerable.Range(0, 500), seen);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task The_server_collects_a_request_stream()
    {
        using var call = client.Collect();
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text });
        }
        await call.RequestStream.CompleteAsync();
        Assert.Equal("abc", (await call).Text);
    }

    [Fact]
    public async Task Both_directions_of_a_duplex_call_are_open_at_once()
    {
        using var call = client.Chat();
        for (var index = 0; index < 20; index++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{index}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal((index, $"{index}"), (call.ResponseStream.Current.Index, call.ResponseStream.Current.Text));
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task An_error_carries_its_status_text_and_trailers(int messagesBefore)
    {
        using var call = client.Expand(new EchoRequest { Behaviour = "fail", Count = messagesBefore });
        for (var index = 0; index < messagesBefore; index++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.FailedPrecondition, "nicht möglich: 100 %"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("asked to", error.Trailers.GetValue("reason"));
        Assert.Equal(new byte[] { 1, 2, 250, 251 }, error.Trailers.GetValueBytes("proof-bin"));
    }

    [Fact]
    public async Task An_unexpected_exception_becomes_unknown_and_its_text_stays_on_the_server()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest { Behaviour = "throw" }));
        Assert.Equal(StatusCode.Unknown, error.StatusCode);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_and_trailers_travel_both_ways()
    {
        var headers = new Metadata { { "sent", "text" }, { "sent-bin", [0, 255] } };
        using var call = client.SingleAsync(new EchoRequest { Behaviour = "headers" }, headers);
        var received = await call.ResponseHeadersAsync;
        Assert.Equal("text", received.GetValue("seen"));
        Assert.Equal(new byte[] { 0, 255 }, received.GetValueBytes("seen-bin"));
        await call;
        Assert.Equal("none", call.GetTrailers().GetValue("deadline"));
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        // Connected first, so that the deadline is spent in the server method and not in connecting.
        await client.SingleAsync(new EchoRequest());
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.SingleAsync(new EchoRequest { Behaviour = "wait" }, deadline: DateTime.UtcNow.AddSeconds(3)));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await server.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task A_deadline_in_the_past_is_not_sent()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddSeconds(-1)));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task Cancelling_the_callers_token_cancels_the_server_method()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.Expand(new EchoRequest { Behaviour = "wait", Count = 1 }, cancellationToken: cancellation.Token);
        Assert.True(await call.ResponseStream.MoveNext());
        await cancellation.CancelAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await server.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task Disposing_a_call_cancels_the_server_method()
    {
        var call = client.Expand(new EchoRequest { Behaviour = "wait", Count = 1 });
        Assert.True(await call.ResponseStream.MoveNext());
        call.Dispose();
        await server.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(120));
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_channel_can_throw_the_usual_exception_for_a_cancelled_call()
    {
        using var quiet = server.Connect(options => options.ThrowOperationCanceledOnCancellation = true);
        using var cancellation = new CancellationTokenSource();
        var call = new Echo.EchoClient(quiet).SingleAsync(new EchoRequest { Behaviour = "wait" }, cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await call);
    }

    [Fact]
    public async Task A_request_over_the_servers_limit_is_refused()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest { Payload = ByteString.CopyFrom(new byte[Limit]) }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task A_large_request_under_the_limit_arrives_whole()
    {
        var reply = await client.SingleAsync(new EchoRequest { Payload = ByteString.CopyFrom(new byte[Limit - 64]), Behaviour = "big", Count = 1 });
        Assert.Equal(Limit - 64, reply.Index);
    }

    [Fact]
    public async Task A_response_over_the_clients_limit_is_refused()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest { Behaviour = "big", Count = Limit }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        using var tolerant = server.Connect(options => options.MaxReceiveMessageSize = 2 * Limit);
        Assert.Equal(Limit, (await new Echo.EchoClient(tolerant).SingleAsync(new EchoRequest { Behaviour = "big", Count = Limit })).Payload.Length);
    }

    [Fact]
    public async Task A_request_over_the_clients_own_limit_is_not_sent()
    {
        using var frugal = server.Connect(options => options.MaxSendMessageSize = 100);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(frugal).SingleAsync(new EchoRequest { Payload = ByteString.CopyFrom(new byte[101]) }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task A_client_stream_that_the_server_refuses_gets_the_servers_status()
    {
        using var call = client.Collect();
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "fail" });
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        var late = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoRequest()));
        Assert.Equal(StatusCode.FailedPrecondition, late.StatusCode);
    }

    [Fact]
    public async Task An_unknown_method_is_unimplemented()
    {
        var marshaller = Marshallers.Create(message => message.ToByteArray(), EchoReply.Parser.ParseFrom);
        foreach (var (service, name) in new[] { ("ncn.test.Echo", "Missing"), ("ncn.test.Missing", "Single") })
        {
            var method = new Method<EchoReply, EchoReply>(MethodType.Unary, service, name, marshaller, marshaller);
            var error = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new EchoReply()));
            Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        }
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        using var dead = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(dead).SingleAsync(new EchoRequest()));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task A_server_that_dies_during_a_stream_is_unavailable_or_internal_never_ok()
    {
        using var call = client.Expand(new EchoRequest { Behaviour = "wait", Count = 1 });
        Assert.True(await call.ResponseStream.MoveNext());
        await server.DisposeAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.NotEqual(StatusCode.OK, error.StatusCode);
    }

    [Fact]
    public async Task Tls_works_with_a_handler_of_the_callers()
    {
        await using var secure = await EchoServer.StartAsync(tls: true);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=127.0.0.1";
        using var secureChannel = secure.Connect(options =>
        {
            options.HttpHandler = handler;
            options.DisposeHttpClient = true;
        });
        Assert.Equal("tls", (await new Echo.EchoClient(secureChannel).SingleAsync(new EchoRequest { Text = "tls" })).Text);
    }

    [Fact]
    public async Task Many_calls_share_one_channel()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(async index => (await client.SingleAsync(new EchoRequest { Text = $"{index}" })).Text));
        Assert.Equal(Enumerable.Range(0, 200).Select(index => $"{index}"), replies);
    }
}
