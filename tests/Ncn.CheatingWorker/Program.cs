using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.CheatingWorker;
using Ncn.ComputeWorker;
using Ncn.Hosting;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args).AddNcnDefaults().AddWorker();
builder.Services.AddSingleton(static provider => SwappedModel.Load(provider.GetRequiredService<IOptions<WorkerOptions>>().Value));
await builder.AddEndpoints().Build().MapWorker().RunAsync();
