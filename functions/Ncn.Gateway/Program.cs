using Dapr.Client;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.AddNcnDefaults();
builder.AddNcnServing();
builder.Services.AddSingleton(_ => new DaprClientBuilder().UseJsonSerializationOptions(ProtocolJson.Options).Build());
await builder.Build().RunAsync();
