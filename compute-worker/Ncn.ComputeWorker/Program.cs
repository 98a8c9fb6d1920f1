using Ncn.ComputeWorker;
using Ncn.Hosting;

WebApplication.CreateBuilder(args)
    .AddNcnDefaults()
    .AddWorker()
    .AddEndpoints()
    .Build()
    .MapWorker()
    .Run();
