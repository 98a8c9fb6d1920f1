using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Ncn.ChainEvents.Hosting;
using Ncn.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.AddNcnDefaults();
builder.AddChainEvents();
await builder.Build().RunAsync();
