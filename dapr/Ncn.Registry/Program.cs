using Ncn.Hosting;
using Ncn.Registry.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddNcnDefaults();
builder.AddNcnRegistry();
var app = builder.Build();
app.MapNcnRegistry();
await app.RunAsync();
