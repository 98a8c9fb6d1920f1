using Ncn.Hosting;
using Ncn.Validator.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddNcnDefaults();
builder.AddNcnValidator();
var app = builder.Build();
app.MapNcnValidator();
await app.RunAsync();
