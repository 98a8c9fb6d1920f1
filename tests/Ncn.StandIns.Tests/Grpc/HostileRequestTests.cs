using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Ncn.StandIns.Tests.Grpc;

/// <summary>Bytes that no gRPC library would send, against our server.</summary>
public sealed class HostileRequestTests : IAsyncLifetime
{
    private const string Ok = "0";
    private const string DeadlineExceeded = "4";
    private const string ResourceExhausted = "8";
    private const string Unimplemented = "12";
    private const string Internal = "13";

    private static readonly HttpClient Http = new();

    private EchoServer server = null!;

    public async Task InitializeAsync() => server = await EchoServer.StartAsync();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task A_well_formed_request_is_answered() => Assert.Equal(Ok, await StatusAsync(Frame(new EchoRequest { Text = "x" }.ToByteArray())));

    [Fact]
    public async Task The_server_keeps_the_deadline_of_a_caller_that_does_not()
    {
        Assert.Equal(DeadlineExceeded, await StatusAsync(Frame(new EchoRequest { Behaviour = "wait" }.ToByteArray()), ("grpc-timeout", "3S")));
        await server.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task A_deadline_that_is_no_number_is_ignored() =>
        Assert.Equal(Ok, await StatusAsync(Frame(new EchoRequest().ToByteArray()), ("grpc-timeout", "soon")));

    [Fact]
    public async Task A_length_over_the_limit_is_refused_before_the_bytes_come() =>
        Assert.Equal(ResourceExhausted, await StatusAsync([0, 0x7f, 0xff, 0xff, 0xff]));

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })]
    [InlineData(new byte[] { 7, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    public async Task A_broken_frame_is_an_internal_error(byte[] body) => Assert.Equal(Internal, await StatusAsync(body));

    [Fact]
    public async Task An_unknown_compression_is_unimplemented() =>
        Assert.Equal(Unimplemented, await StatusAsync(Frame([]), ("grpc-encoding", "snappy")));

    [Fact]
    public async Task A_message_that_inflates_over_the_limit_is_refused()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(new byte[64 * 1024 * 1024]);
        }
        Assert.Equal(ResourceExhausted, await StatusAsync(Frame(packed.ToArray(), compressed: 1), ("grpc-encoding", "gzip")));
    }

    [Fact]
    public async Task Bytes_that_do_not_inflate_are_an_internal_error() =>
        Assert.Equal(Internal, await StatusAsync(Frame([1, 2, 3], compressed: 1), ("grpc-encoding", "gzip")));

    [Fact]
    public async Task Another_content_type_is_refused()
    {
        using var response = await SendAsync(Frame([]), "application/json");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    private static byte[] Frame(byte[] message, byte compressed = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = compressed;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private async Task<string> StatusAsync(byte[] body, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(body, "application/grpc", headers);
        return (response.TrailingHeaders.TryGetValues("grpc-status", out var trailers) ? trailers : response.Headers.GetValues("grpc-status")).Single();
    }

    private async Task<HttpResponseMessage> SendAsync(byte[] body, string contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address + "/ncn.test.Echo/Single")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        return await Http.SendAsync(request);
    }
}
