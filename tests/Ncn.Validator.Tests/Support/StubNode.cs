using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Validator.Tests.Support;

/// <summary>A node that shows evidence over gRPC as it is told to.</summary>
internal sealed class StubNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubNode(WebApplication app) => _app = app;

    internal string Endpoint => new Uri(_app.Urls.Single()).Authority;

    internal static async Task<StubNode> StartAsync(Func<Signed<EvidenceCall>, ReceiptEvidence> answer)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new Service(answer));
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
        return new StubNode(app);
    }

    internal static RpcException Refusal(StatusCode code) => new(new Status(code, "not shown"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal sealed class Service(Func<Signed<EvidenceCall>, ReceiptEvidence> answer) : Compute.ComputeBase
    {
        public override Task<EvidenceReply> Evidence(EvidenceRequest request, ServerCallContext context)
        {
            var call = JsonSerializer.Deserialize<Signed<EvidenceCall>>(request.CallerJson, ProtocolJson.Strict)!;
            return Task.FromResult(new EvidenceReply { EvidenceJson = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(answer(call), ProtocolJson.Options)) });
        }
    }
}
