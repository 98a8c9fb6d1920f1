using Dapr.Client;
using Ncn.GatewayStream;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Streaming;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddNcnDefaults();
builder.AddNcnServing();
builder.Services.AddNcnStreams();
builder.Services.AddSingleton(_ => new DaprClientBuilder().UseJsonSerializationOptions(ProtocolJson.Options).Build());
builder.AddStreamEdge();
var app = builder.Build();
app.MapStreamEdge();
await app.RunAsync();
