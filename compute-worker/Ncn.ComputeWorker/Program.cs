using Ncn.ComputeWorker;
using Ncn.Hosting;
using Ncn.Inference.Repository.Trials;

if (args is [TrialProcess.Argument])
{
    return TrialProcess.Run(Console.In, Console.Out);
}

WebApplication.CreateBuilder(args)
    .AddNcnDefaults()
    .AddWorker()
    .AddEndpoints()
    .Build()
    .MapWorker()
    .Run();
return 0;
