using Ncn.Benchmarks;
using Ncn.Benchmarks.Generation;
using Ncn.Benchmarks.Reporting;

var benchmarks = new Dictionary<string, Func<BenchmarkOptions, Task<BenchmarkReport>>>
{
    ["batching"] = BatchingBenchmark.RunAsync,
    ["generate"] = GenerateBenchmark.RunAsync,
};

return await BenchmarkProgram.RunAsync(args, benchmarks);
